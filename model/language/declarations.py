"""Resolves the definitions of model files, each when it is first needed."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from ..ir.source import Span
from . import classes, constants, signatures
from .context import Mode
from .errors import Code, Diagnostic
from .model import DeviceTypeDecl, Function, MechanismDecl, SortDecl, StateDecl
from .scope import PYTHON, Builtin, Definition, Module, to_declare
from .sorts import RecordSort, Sort, StructSort, ValueSort
from .source import Refusal
from .tree import Body, Call, Expr


@dataclass(frozen=True, eq=False)
class RecordDecl:
    """A record class."""

    sort: RecordSort


@dataclass(frozen=True, eq=False)
class StructDecl:
    """A struct class and its methods."""

    sort: StructSort
    methods: dict[str, Function]


@dataclass(frozen=True, eq=False)
class Constant:
    """A module constant."""

    value: Expr


@dataclass(frozen=True, eq=False)
class Alias:
    """A name for a sort."""

    sort: Sort


Entity = SortDecl | RecordDecl | StructDecl | StateDecl | Function | MechanismDecl | DeviceTypeDecl | Constant | Alias


@dataclass(eq=False)
class Reader:
    """Definitions resolved so far, and what was refused."""

    problems: list[Diagnostic] = field(default_factory=list)
    entities: dict[Definition, Entity | None] = field(default_factory=dict)
    sources: dict[int, tuple[Module, ast.FunctionDef]] = field(default_factory=dict)
    """The text of each function, by its identity."""
    fills: list[tuple[Module, ast.expr, Function, Function]] = field(default_factory=list)
    asymmetries: dict[str, list[tuple[Span, str]]] = field(default_factory=dict)
    calls: list[tuple[Module, ast.Call, Mode, Call]] = field(default_factory=list)
    """Plain calls, with what may stand there."""
    walks: list[tuple[ValueSort, Span, Body]] = field(default_factory=list)
    """Loops over sorts."""
    assertions: list[tuple[Module, ast.expr, str]] = field(default_factory=list)
    """Names of properties in checks."""
    resolving: list[Definition] = field(default_factory=list)

    def refuse(self, refusal: Refusal) -> None:
        """Record a refusal and go on."""
        if refusal.diagnostic is not None:
            self.problems.append(refusal.diagnostic)

    def entity(self, definition: Definition, module: Module, node: ast.AST) -> Entity:
        """What a definition declares; raises `Refusal` if it was refused or contains itself."""
        if definition in self.resolving:
            names = [item.name for item in self.resolving[self.resolving.index(definition) :]] + [definition.name]
            message = f'"{definition.name}" is declared with itself: {" -> ".join(names)}'
            raise module.source.refusal(Code.RECURSIVE_SORT, node, message, "a table holds what records cannot")
        if definition not in self.entities:
            self.resolving.append(definition)
            self.entities[definition] = None
            try:
                self.entities[definition] = self._resolve(definition)
            except Refusal as refusal:
                self.refuse(refusal)
            finally:
                self.resolving.pop()
        found = self.entities[definition]
        if found is None:
            raise Refusal(None)
        return found

    def _resolve(self, definition: Definition) -> Entity:
        match definition.node:
            case ast.ClassDef() as node:
                return classes.declare(self, definition.module, node)
            case ast.FunctionDef() as node:
                return signatures.declare(self, definition.module, node)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return constants.declare(self, definition, value)
            case _:
                raise Refusal(None)

    def lookup(self, module: Module, node: ast.Name) -> Builtin | Entity:
        """What a name means in a file."""
        if node.id in module.names:
            target = module.names[node.id]
            if target is None:
                raise Refusal(None)
            return target if isinstance(target, Builtin) else self.entity(target, module, node)
        if node.id in PYTHON:
            return Builtin(node.id)
        help = to_declare(node.id, [*module.names, *PYTHON])
        raise module.source.refusal(Code.UNKNOWN_NAME, node, f'"{node.id}" is not declared', help)

    def builtin(self, module: Module, node: ast.expr, *names: str) -> str | None:
        """The name of the language that an expression is, if it is one of these."""
        if isinstance(node, ast.Name):
            target = module.names.get(node.id, Builtin(node.id) if node.id in PYTHON else None)
            if isinstance(target, Builtin) and target.name in names:
                return target.name
        return None

    def value_sort(self, module: Module, node: ast.AST, sort: Sort) -> ValueSort:
        """A sort that values may have; raises `Refusal` for places."""
        return classes.value_sort(module, node, sort)
