"""Sorts as annotations write them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import expressions
from .context import constant
from .errors import Code
from .model import SortDecl, StateDecl
from .scope import Builtin, Module
from .sorts import (
    BOOL,
    IndexSort,
    IntSort,
    OptionSort,
    QueueSort,
    RangeSort,
    SetSort,
    Sort,
    StateSort,
    TableSort,
    ValueSort,
    is_scalar,
    is_value,
    named,
    title,
)
from .tree import Expr, Literal

if TYPE_CHECKING:
    from .declarations import Reader

BOUNDED = "write Annotated[int, Between(lo, hi)]"


def annotation(reader: Reader, module: Module, node: ast.expr) -> Sort:
    """The sort that an annotation names; raises `Refusal`."""
    match node:
        case ast.Name(id=name):
            return _named(reader, module, node, name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            inner = value_annotation(reader, module, left)
            if isinstance(inner, OptionSort):
                message = "an optional of an optional"
                raise module.source.refusal(Code.NO_SORT, node, message, "one None is enough")
            return OptionSort(inner)
        case ast.Subscript(value=ast.Name() as head, slice=inner_node):
            return _generic(reader, module, node, head, inner_node)
        case _:
            help = "sorts are bool, Annotated[int, Between(lo, hi)], enumerations, index sorts, records, T | None, ..."
            raise module.source.refusal(Code.NO_SORT, node, f'"{ast.unparse(node)}" is no sort', help)


def value_annotation(reader: Reader, module: Module, node: ast.expr) -> ValueSort:
    """The sort of a value; raises `Refusal` for places."""
    sort = annotation(reader, module, node)
    if not is_value(sort):
        message = f"{named(sort)} is a place, not a value"
        raise module.source.refusal(Code.PLACE_AS_SORT, node, message, "places live only in a State")
    return sort  # type: ignore[return-value]


def _named(reader: Reader, module: Module, node: ast.Name, name: str) -> Sort:
    from .declarations import Alias, RecordDecl, StructDecl

    if name == "bool":
        return BOOL
    if name == "int":
        raise module.source.refusal(Code.BOUNDS, node, "an integer needs bounds here", BOUNDED)
    if name in ("str", "float", "list", "dict", "set", "tuple", "bytes", "object"):
        help = "an Enum, a frozenset, a Record, a Table or a bounded integer"
        raise module.source.refusal(Code.VALUE_KIND, node, f'"{name}" is no sort of the language', help)
    match reader.lookup(module, node):
        case Builtin("Device"):
            return IndexSort("Device")
        case SortDecl(sort=sort) | RecordDecl(sort) | StructDecl(sort) | Alias(sort):
            return sort
        case StateDecl(name=state):
            return StateSort(state)
        case _:
            raise module.source.refusal(Code.NO_SORT, node, f'"{name}" is no sort', "name a class or a sort alias")


def _generic(reader: Reader, module: Module, node: ast.Subscript, head: ast.Name, inner: ast.expr) -> Sort:
    refusal = module.source.refusal
    match reader.builtin(module, head, "Annotated", "frozenset", "Range", "Table", "Queue"):
        case "Annotated":
            return _bounded(reader, module, node, inner)
        case "frozenset":
            element = value_annotation(reader, module, inner)
            if not is_scalar(element):
                help = "an enumeration, index, truth or bounded integer"
                raise refusal(Code.SET_ELEMENT, inner, f"a set cannot hold values of {title(element)}", help)
            return SetSort(element)
        case "Range":
            index = value_annotation(reader, module, inner)
            if not isinstance(index, IndexSort) or not index.ordered:
                help = f"class {title(index)}(Index, ordered=True)"
                raise refusal(Code.UNORDERED_RANGE, inner, f"{title(index)} is no ordered index", help)
            return RangeSort(index)
        case "Queue":
            return QueueSort(value_annotation(reader, module, inner))
        case "Table":
            return _table(reader, module, node, inner)
        case _:
            raise refusal(
                Code.NO_SORT, node, f'"{ast.unparse(node)}" is no sort', "section 1 of docs/language.md lists the sorts"
            )


def _table(reader: Reader, module: Module, node: ast.Subscript, inner: ast.expr) -> Sort:
    match inner:
        case ast.Tuple(elts=[key, value]):
            pass
        case _:
            help = "write Table[Key, Value] or Table[tuple[Key1, Key2], Value]"
            raise module.source.refusal(Code.NO_SORT, node, "a table has a key and a value", help)
    keys = [key]
    if isinstance(key, ast.Subscript) and isinstance(key.value, ast.Name) and key.value.id == "tuple":
        keys = list(key.slice.elts) if isinstance(key.slice, ast.Tuple) else [key.slice]
    sorts: list[ValueSort] = []
    for part in keys:
        sort = value_annotation(reader, module, part)
        if not is_scalar(sort):
            help = "keys are index sorts, enumerations, truths and bounded integers"
            raise module.source.refusal(Code.TABLE_KEY, part, f"{title(sort)} cannot be a key", help)
        sorts.append(sort)
    held = annotation(reader, module, value)
    if isinstance(held, TableSort | StateSort):
        raise module.source.refusal(Code.PLACE_AS_SORT, value, "a table of tables", "use a tuple of keys")
    return TableSort(tuple(sorts), held)


def _bounded(reader: Reader, module: Module, node: ast.Subscript, inner: ast.expr) -> Sort:
    match inner:
        case ast.Tuple(elts=[ast.Name(id="int"), ast.Call(func=func, args=[low, high], keywords=[])]) if reader.builtin(
            module, func, "Between"
        ):
            bounds = (_bound(reader, module, low), _bound(reader, module, high))
            match bounds:
                case (Literal(value=int(a)), Literal(value=int(b))) if a > b:
                    message = f"no integer is between {a} and {b}"
                    raise module.source.refusal(Code.BOUNDS, node, message, "the lower bound comes first")
            return IntSort(*bounds)
        case _:
            raise module.source.refusal(Code.BOUNDS, node, "not a bounded integer", BOUNDED)


def _bound(reader: Reader, module: Module, node: ast.expr) -> Expr:
    expr = expressions.expression(constant(reader, module), node)
    if not isinstance(expr.sort, IntSort):
        raise module.source.refusal(Code.BOUNDS, node, "a bound is an integer", "a literal, constant or size(Sort)")
    return expr
