"""Checks the functions of the language that are ordinary expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable

from . import expressions, places
from .context import Context, Mode
from .errors import Code
from .model import MechanismDecl, SortDecl
from .scope import Builtin
from .sorts import (
    BOOL,
    INT,
    EnumSort,
    IndexSort,
    OptionSort,
    QueueSort,
    RangeSort,
    SetSort,
    ValueSort,
    named,
    title,
)
from .tree import (
    Abs,
    Binary,
    Count,
    Expr,
    MakeRange,
    Nth,
    Operation,
    Ordinal,
    QueueQuestion,
    QueueRead,
    Size,
    Some,
    Var,
    Way,
)


def call(ctx: Context, node: ast.Call, name: str) -> Expr:
    """A call of one of these functions."""
    made = TABLE.get(name)
    if made is None:
        message = f'"{name}" is not called in an expression'
        raise ctx.refusal(Code.EXPRESSION, node, message, "see docs/language.md for where it stands")
    count, function = made
    if node.keywords or (count and len(node.args) != count) or not node.args:
        needed = f"{count} argument{'s' if count > 1 else ''}" if count else "arguments"
        raise ctx.refusal(Code.ARITY, node, f'"{name}" takes {needed}, without names', f"{name}(...)")
    return function(ctx, node, name)


def sort_of(ctx: Context, node: ast.expr) -> ValueSort | None:
    """The index sort, enumeration or truth that an expression names."""
    from .declarations import Alias

    if not isinstance(node, ast.Name) or node.id in ctx.sorts or node.id in ctx.bound:
        return None
    if node.id == "bool":
        return BOOL
    if node.id not in ctx.module.names:
        return None
    found = ctx.reader.lookup(ctx.module, node)
    if isinstance(found, Builtin) and found.name == "Device":
        return IndexSort("Device")
    sort = found.sort if isinstance(found, SortDecl | Alias) else None
    return sort if isinstance(sort, EnumSort | IndexSort) or sort == BOOL else None


def _needed_sort(ctx: Context, node: ast.expr) -> ValueSort:
    sort = sort_of(ctx, node)
    if sort is None:
        message = f'"{ast.unparse(node)}" is no index sort, enumeration or bool'
        raise ctx.refusal(Code.DOMAIN, node, message, "name a sort")
    return sort


def _size(ctx: Context, node: ast.Call, _: str) -> Expr:
    return Size(INT, ctx.module.source.span(node), _needed_sort(ctx, node.args[0]))


def _ordinal(ctx: Context, node: ast.Call, _: str) -> Expr:
    operand = expressions.expression(ctx, node.args[0])
    if isinstance(operand.sort, OptionSort):
        raise ctx.refusal(Code.OPTIONAL, node, "None has no position", expressions.NARROW)
    if not isinstance(operand.sort, EnumSort | IndexSort):
        message = f"{named(operand.sort)} has no position"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "only index and enumeration values have one")
    expressions.asymmetric(ctx, operand.sort, node, "ordinal() tells its values apart")
    return Ordinal(INT, ctx.module.source.span(node), operand)


def _nth(ctx: Context, node: ast.Call, _: str) -> Expr:
    if ctx.mode is Mode.PROPERTY:
        raise ctx.refusal(Code.PARTIAL, node, "nth might be out of range in a property", "quantify over the sort")
    sort = _needed_sort(ctx, node.args[0])
    expressions.asymmetric(ctx, sort, node, "nth() tells its values apart")
    return Nth(sort, ctx.module.source.span(node), sort, expressions.integer(ctx, node.args[1]))


def _some(ctx: Context, node: ast.Call, _: str) -> Expr:
    if ctx.mode is Mode.PROPERTY:
        raise ctx.refusal(Code.PARTIAL, node, "some() might meet None in a property", "test `is not None` first")
    operand = expressions.expression(ctx, node.args[0])
    if not isinstance(operand.sort, OptionSort):
        if isinstance(operand, Var) and operand.unwrap:
            return operand
        message = f"{named(operand.sort)} is never None"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "use it as it is")
    return Some(operand.sort.inner, ctx.module.source.span(node), operand)


def _extreme(ctx: Context, node: ast.Call, name: str) -> Expr:
    where = ctx.module.source.span(node)
    operation = Operation.MIN if name == "min" else Operation.MAX
    if len(node.args) < 2:
        raise ctx.refusal(Code.ARITY, node, f'"{name}" takes two or more integers', f"{name}(a, b)")
    made = expressions.integer(ctx, node.args[0])
    for arg in node.args[1:]:
        made = Binary(INT, where, operation, made, expressions.integer(ctx, arg))
    return made


def _abs(ctx: Context, node: ast.Call, _: str) -> Expr:
    return Abs(INT, ctx.module.source.span(node), expressions.integer(ctx, node.args[0]))


def _len(ctx: Context, node: ast.Call, _: str) -> Expr:
    arg, where = node.args[0], ctx.module.source.span(node)
    if places.is_place(ctx, arg):
        owner = places.place(ctx, arg)
        if isinstance(owner.sort, QueueSort):
            return QueueRead(INT, where, owner, QueueQuestion.LENGTH)
    operand = expressions.expression(ctx, arg)
    if not isinstance(operand.sort, SetSort):
        message = f"{named(operand.sort)} has no length"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "sets and queues have one")
    return Count(INT, where, operand)


def _range(ctx: Context, node: ast.Call, name: str) -> Expr:
    first = expressions.expression(ctx, node.args[0])
    last = expressions.expression(ctx, node.args[1])
    if ctx.mode is Mode.PROPERTY and name == "inclusive":
        raise ctx.refusal(Code.PARTIAL, node, "inclusive() might fail in a property", "compare the ends")
    sort = first.sort
    if not isinstance(sort, IndexSort) or last.sort != sort:
        message = f"no range from {title(first.sort)} to {title(last.sort)}"
        raise ctx.refusal(Code.WRONG_SORT, node, message, "two values of one ordered index")
    if not sort.ordered:
        message = f"{sort.name} has no order"
        raise ctx.refusal(Code.UNORDERED_RANGE, node, message, f"class {sort.name}(Index, ordered=True)")
    return MakeRange(RangeSort(sort), ctx.module.source.span(node), sort, name == "inclusive", first, last)


def _way(ctx: Context, node: ast.Call, name: str) -> Expr:
    state, arg = places.state_of(ctx, node.args[0]), node.args[1]
    if state is None:
        raise ctx.refusal(Code.WRONG_SORT, node.args[0], f"{name} takes a state first", f"{name}(k, mechanism)")
    found = ctx.reader.lookup(ctx.module, arg) if isinstance(arg, ast.Name) and arg.id not in ctx.sorts else None
    if not isinstance(found, MechanismDecl):
        message = f'"{ast.unparse(arg)}" is no mechanism'
        raise ctx.refusal(Code.WRONG_SORT, arg, message, "declare it with Mechanism(...)")
    if (name == "has") != (found.sort == BOOL):
        help = f"{'way' if name == 'has' else 'has'}(k, {found.name})"
        raise ctx.refusal(Code.WRONG_SORT, node, f"{found.name} is {named(found.sort)}", help)
    return Way(found.sort, ctx.module.source.span(node), found)


TABLE: dict[str, tuple[int, Callable[[Context, ast.Call, str], Expr]]] = {
    "size": (1, _size),
    "ordinal": (1, _ordinal),
    "nth": (2, _nth),
    "some": (1, _some),
    "min": (0, _extreme),
    "max": (0, _extreme),
    "abs": (1, _abs),
    "len": (1, _len),
    "inclusive": (2, _range),
    "exclusive": (2, _range),
    "has": (2, _way),
    "way": (2, _way),
}
"""Number of arguments (0: any) and the function that checks a call."""
