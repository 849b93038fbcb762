"""Assignments at module level: constants, sort aliases, mechanisms, device types."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import expressions, fits
from .annotations import annotation, value_annotation
from .context import constant
from .errors import Code
from .model import DeviceTypeDecl, Function, MechanismDecl, Role, SortDecl
from .scope import Definition, Module
from .sorts import BOOL, EnumSort, ValueSort

if TYPE_CHECKING:
    from .declarations import Entity, Reader

EVIDENCE = ("read", "recalled", "inferred")


def declare(reader: Reader, definition: Definition, value: ast.expr) -> Entity:
    """What a module-level assignment declares."""
    from .declarations import Alias, Constant

    module = definition.module
    match value:
        case ast.Call(func=func) if reader.builtin(module, func, "Mechanism"):
            return _mechanism(reader, definition, value)
        case ast.Call(func=func) if reader.builtin(module, func, "DeviceType"):
            return _device_type(reader, definition, value)
    if _is_alias(reader, module, value):
        return Alias(annotation(reader, module, value))
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        raise module.source.refusal(Code.VALUE_KIND, value, "a string is no value", "an Enum has named values")
    _in_order(module, definition, value)
    return Constant(expressions.expression(constant(reader, module), value))


def _is_alias(reader: Reader, module: Module, node: ast.expr) -> bool:
    from .declarations import Alias, RecordDecl, StructDecl

    if isinstance(node, ast.Name):
        if node.id == "bool" or reader.builtin(module, node, "Device"):
            return True
        return isinstance(reader.lookup(module, node), SortDecl | RecordDecl | StructDecl | Alias)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return True
    return isinstance(node, ast.Subscript) and bool(
        reader.builtin(module, node.value, "Annotated", "frozenset", "Range", "Table", "Queue")
    )


def _in_order(module: Module, definition: Definition, value: ast.expr) -> None:
    for node in ast.walk(value):
        if isinstance(node, ast.Name):
            used = module.names.get(node.id)
            if isinstance(used, Definition) and used.module is module and used.node.lineno > definition.node.lineno:
                message = f'"{node.id}" is used before it is declared at line {used.node.lineno}'
                raise module.source.refusal(Code.UNKNOWN_NAME, node, message, "move the declaration up")


def _keywords(
    module: Module, call: ast.Call, positional: tuple[str, ...], known: tuple[str, ...]
) -> dict[str, ast.expr]:
    found = dict(zip(positional, call.args, strict=False))
    if len(call.args) > len(positional):
        message = f"at most {len(positional)} arguments without a name"
        raise module.source.refusal(Code.OPTION, call.args[len(positional)], message, "name the others")
    for keyword in call.keywords:
        if keyword.arg not in known or keyword.arg in found:
            message = f'"{keyword.arg or "**"}" is no option here'
            raise module.source.refusal(Code.OPTION, keyword, message, f"options are {', '.join(known)}")
        found[keyword.arg] = keyword.value
    return found


def literal(module: Module, node: ast.expr, what: str) -> str:
    """A string literal of a declaration."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise module.source.refusal(Code.OPTION, node, f"{what} is a string literal", f'{what}="..."')


def _mechanism(reader: Reader, definition: Definition, call: ast.Call) -> MechanismDecl:
    module, refusal = definition.module, definition.module.source.refusal
    texts = ("meaning", "since", "commit", "prevents", "evidence")
    found = _keywords(module, call, ("sort",), ("sort", *texts))
    if "sort" not in found:
        raise refusal(Code.MECHANISM, call, "a mechanism is bool or an enumeration", "Mechanism(bool, meaning=...)")
    sort: ValueSort = value_annotation(reader, module, found["sort"])
    if sort != BOOL and not isinstance(sort, EnumSort):
        raise refusal(Code.MECHANISM, found["sort"], "a mechanism is bool or an enumeration", "Mechanism(bool, ...)")
    said = {name: literal(module, found[name], name) if name in found else "" for name in texts}
    if not said["meaning"]:
        raise refusal(Code.MECHANISM, call, "a mechanism without a meaning", 'meaning="what the kernel does with it"')
    if said["evidence"] and said["evidence"] not in EVIDENCE:
        message = f'evidence is {", ".join(EVIDENCE)}, not "{said["evidence"]}"'
        raise refusal(Code.MECHANISM, found["evidence"], message, 'evidence="read"')
    where = module.source.span(definition.node)
    return MechanismDecl(definition.name, said["meaning"], where, sort, **said)


def _device_type(reader: Reader, definition: Definition, call: ast.Call) -> DeviceTypeDecl:
    module, refusal = definition.module, definition.module.source.refusal
    found = _keywords(module, call, ("name", "fills", "needs"), ("name", "fills", "needs"))
    if "name" not in found:
        raise refusal(Code.DEVICE_TYPE, call, "a device type without a name", 'DeviceType("mirror", ...)')
    pairs = found.get("fills", ast.Dict([], []))
    needs = found.get("needs", ast.Tuple([]))
    if not isinstance(pairs, ast.Dict) or not isinstance(needs, ast.Tuple):
        help = "fills={slot: function, ...}, needs=(mechanism, ...)"
        raise refusal(Code.DEVICE_TYPE, call, "fills is a dict and needs a tuple", help)
    fills: dict[str, Function] = {}
    for key, value in zip(pairs.keys, pairs.values, strict=True):
        slot = _function(reader, module, key)
        if slot is None or slot.role is not Role.SLOT:
            shown = ast.unparse(key) if key is not None else "**"
            raise refusal(Code.DEVICE_TYPE, key or value, f'"{shown}" is no slot', "declare it with @slot")
        function = _function(reader, module, value)
        if function is None:
            raise refusal(Code.DEVICE_TYPE, value, f'"{ast.unparse(value)}" is no function', "name a function")
        fits.check(module, value, slot, function)
        fills[slot.name] = function
    names = [_needed(reader, module, node) for node in needs.elts]
    where = module.source.span(definition.node)
    return DeviceTypeDecl(literal(module, found["name"], "name"), definition.name, where, fills, tuple(names))


def _function(reader: Reader, module: Module, node: ast.expr | None) -> Function | None:
    if not isinstance(node, ast.Name):
        return None
    found = reader.lookup(module, node)
    return found if isinstance(found, Function) else None


def _needed(reader: Reader, module: Module, node: ast.expr) -> str:
    found = reader.lookup(module, node) if isinstance(node, ast.Name) else None
    if not isinstance(found, MechanismDecl):
        raise module.source.refusal(Code.DEVICE_TYPE, node, f'"{ast.unparse(node)}" is no mechanism', "needs=(m,)")
    return found.name
