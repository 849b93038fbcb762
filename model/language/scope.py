"""Names of a file: what its imports and definitions declare, before anything is resolved."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .errors import Code, Diagnostic, nearest
from .source import Refusal, Source, imported, parse, title

LANGUAGE = frozenset(
    [
        "Annotated",
        "Between",
        "Device",
        "DeviceType",
        "Enum",
        "Index",
        "Mechanism",
        "Queue",
        "Range",
        "Record",
        "Result",
        "State",
        "Steps",
        "Struct",
        "Table",
        "always",
        "at_end",
        "atomic",
        "auto",
        "check",
        "choose",
        "each_device",
        "exclusive",
        "given",
        "hardware",
        "has",
        "inclusive",
        "note",
        "nothing",
        "nth",
        "operation",
        "ordinal",
        "pick",
        "place",
        "queue",
        "replace",
        "size",
        "slot",
        "some",
        "sometimes",
        "step_assertion",
        "table",
        "wait",
        "way",
    ]
)
"""What `shootdown.model` declares."""

PYTHON = frozenset(["abs", "all", "any", "bool", "frozenset", "int", "len", "max", "min", "range", "sum"])
"""The built-in names of Python that the language has."""


def to_declare(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is not declared: import it from the language, or write one that is known."""
    if name in LANGUAGE:
        return f"from shootdown.model import {name}"
    return nearest(name, known) or "declare it or import it"


@dataclass(frozen=True, eq=False)
class Builtin:
    """A name of the language."""

    name: str


@dataclass(frozen=True, eq=False)
class Definition:
    """A class, function or assignment at module level."""

    name: str
    node: ast.ClassDef | ast.FunctionDef | ast.Assign | ast.AnnAssign
    module: Module


@dataclass(eq=False)
class Module:
    """A file and its names. A name that maps to None was refused already."""

    source: Source
    names: dict[str, Builtin | Definition | None] = field(default_factory=dict)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """What the file itself declares, in order."""
        return tuple(item for item in self.names.values() if isinstance(item, Definition) and item.module is self)


class Modules:
    """Reads files and the files that they import, each once; `kernel` stands for the bundled kernel."""

    def __init__(self, kernel: Path | None = None) -> None:
        self.kernel = kernel
        self.read: dict[Path, Module] = {}
        self.reading: list[Path] = []
        self.problems: list[Diagnostic] = []

    def load(self, path: Path) -> Module:
        """The module of a file; raises `Refusal` if it cannot be parsed."""
        path = path.resolve()
        if path not in self.read:
            source = parse(path)
            module = self.read[path] = Module(source)
            self.reading.append(path)
            defined = False
            for statement in source.tree.body:
                try:
                    defined = self._statement(module, statement, defined) or defined
                except Refusal as refusal:
                    self.problems += [refusal.diagnostic] if refusal.diagnostic else []
            self.reading.pop()
        return self.read[path]

    def _statement(self, module: Module, node: ast.stmt, defined: bool) -> bool:
        """Declare the names of a statement; whether it is a definition."""
        source = module.source
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                return False
            case ast.ImportFrom():
                if defined:
                    help = "imports come first in a file"
                    raise source.refusal(Code.LATE_IMPORT, node, "an import behind a definition", help)
                self._import(module, node)
                return False
            case ast.Import():
                help = "write from .FILE import NAME; nothing of Python's library is there in a model"
                raise source.refusal(Code.PLAIN_IMPORT, node, "a module cannot be imported as a whole", help)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                self._declare(module, name, node)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                self._declare(module, name, node)
            case _:
                help = "only imports, classes, functions, constants, sort aliases, Mechanism(...) and DeviceType(...)"
                message = f"{_kind(node)} may not stand at module level"
                raise source.refusal(Code.MODULE_STATEMENT, node, message, help)
        return True

    def _declare(
        self, module: Module, name: str, node: ast.ClassDef | ast.FunctionDef | ast.Assign | ast.AnnAssign
    ) -> None:
        before = module.names.get(name)
        if name in module.names or name in PYTHON:
            note = f"first declared at line {before.node.lineno}" if isinstance(before, Definition) else "taken already"
            raise module.source.refusal(
                Code.DUPLICATE, node, f'"{name}" is declared twice', "choose another name", note
            )
        module.names[name] = Definition(name, node, module)

    def _import(self, module: Module, node: ast.ImportFrom) -> None:
        source = module.source
        if node.module == "__future__":
            return
        for alias in node.names:
            module.names[alias.asname or alias.name] = None
        file = imported(source, node, self.kernel)
        if file in self.reading:
            cycle = [*self.reading[self.reading.index(file) :], file]
            way = " -> ".join(title(step) for step in cycle)
            help = "declare what both need in a third file"
            raise source.refusal(Code.CIRCULAR_IMPORT, node, f"circular import: {way}", help)
        found: dict[str, Builtin | Definition | None] = (
            {name: Builtin(name) for name in LANGUAGE} if file is None else dict(self.load(file).names)
        )
        for alias in node.names:
            here = source.refusal
            if alias.name == "*":
                raise here(Code.PLAIN_IMPORT, alias, 'names are imported one by one, not by "*"', "list them")
            target = found.get(alias.name)
            if alias.name not in found or (file and isinstance(target, Builtin)):
                message = f'"{node.module or ""}" declares no "{alias.name}"'
                self.problems.append(_problem(here(Code.MISSING_NAME, alias, message, nearest(alias.name, found))))
                continue
            if file and isinstance(target, Definition) and target.module.source.path != file:
                message = f'"{alias.name}" is declared in {target.module.source.title}'
                self.problems.append(_problem(here(Code.MISSING_NAME, alias, message, "import it from there")))
            module.names[alias.asname or alias.name] = target


def _problem(refusal: Refusal) -> Diagnostic:
    assert refusal.diagnostic is not None
    return refusal.diagnostic


def _kind(node: ast.stmt) -> str:
    words = {
        "AsyncFunctionDef": "an async function",
        "Expr": "an expression",
        "If": "if",
        "For": "for",
        "Assign": "this assignment",
        "AnnAssign": "this",
    }
    name = type(node).__name__
    return words.get(name, f'"{name.lower()}"')
