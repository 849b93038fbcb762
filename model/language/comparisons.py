"""Checks comparisons: equality, order, identity with None, membership."""

from __future__ import annotations

import ast

from . import expressions
from .context import Context, Mode
from .errors import Code
from .sorts import BOOL, IndexSort, IntSort, OptionSort, RangeSort, SetSort, join, named, title
from .tree import Among, Binary, Expr, IsNone, Literal, Logic, Not, Operation, Var, Within

ORDER = {ast.Lt: Operation.LT, ast.LtE: Operation.LE, ast.Gt: Operation.GT, ast.GtE: Operation.GE}


def compare(ctx: Context, node: ast.Compare) -> Expr:
    """The checked form of a comparison, a chain of them included."""
    parts: list[Expr] = []
    left = expressions.expression(ctx, node.left)
    chained = Mode.PURE if len(node.ops) > 1 else ctx.mode
    for position, (operator, item) in enumerate(zip(node.ops, node.comparators, strict=True)):
        with ctx.within(chained):
            parts.append(_comparison(ctx, node, left, operator, item))
            left = expressions.expression(ctx, item) if position + 1 < len(node.ops) else left
    if len(parts) == 1:
        return parts[0]
    return Logic(BOOL, ctx.module.source.span(node), True, tuple(parts))


def _comparison(ctx: Context, node: ast.Compare, left: Expr, operator: ast.cmpop, item: ast.expr) -> Expr:
    where = ctx.module.source.span(node)
    match operator:
        case ast.Is() | ast.IsNot():
            return _is(ctx, node, left, isinstance(operator, ast.Is), item)
        case ast.In() | ast.NotIn():
            found = _within(ctx, node, left, item)
            return found if isinstance(operator, ast.In) else Not(BOOL, where, found)
        case ast.Eq() | ast.NotEq():
            right = expressions.expression(ctx, item)
            if isinstance(right, Literal) and right.value is None:
                raise ctx.refusal(Code.COMPARISON, node, "None is compared with is", "x is None, x is not None")
            if join(left.sort, right.sort) is None:
                message = f"{title(left.sort)} and {title(right.sort)} are never equal"
                raise ctx.refusal(Code.COMPARISON, node, message, "compare values of one sort")
            operation = Operation.EQ if isinstance(operator, ast.Eq) else Operation.NE
            return Binary(BOOL, where, operation, left, right)
        case _:
            return _ordered(ctx, node, left, operator, expressions.expression(ctx, item))


def _is(ctx: Context, node: ast.Compare, left: Expr, positive: bool, item: ast.expr) -> Expr:
    where = ctx.module.source.span(node)
    if not isinstance(item, ast.Constant) or item.value is not None:
        raise ctx.refusal(Code.COMPARISON, node, "only None is compared with is", "write ==")
    if isinstance(left, Var) and left.unwrap:
        left = Var(OptionSort(left.sort), left.where, left.name)
    if not isinstance(left.sort, OptionSort):
        message = f"{named(left.sort)} is never None"
        raise ctx.refusal(Code.COMPARISON, node, message, "remove the test")
    test = IsNone(BOOL, where, left)
    return test if positive else Not(BOOL, where, test)


def _ordered(ctx: Context, node: ast.Compare, left: Expr, operator: ast.cmpop, right: Expr) -> Expr:
    where = ctx.module.source.span(node)
    if isinstance(left.sort, SetSort) and isinstance(right.sort, SetSort) and isinstance(operator, ast.LtE):
        expressions.same_sets(ctx, node, left.sort, right.sort)
        return Binary(BOOL, where, Operation.SUBSET, left, right)
    for side in (left.sort, right.sort):
        if isinstance(side, OptionSort):
            raise ctx.refusal(Code.OPTIONAL, node, f"an order on {title(side)}, which may be None", expressions.NARROW)
        if isinstance(side, IndexSort) and not side.ordered:
            help = f"class {side.name}(Index, ordered=True)"
            raise ctx.refusal(Code.UNORDERED, node, f"{side.name} has no order", help)
    if left.sort != right.sort or not isinstance(left.sort, IntSort | IndexSort):
        message = f"no order between {title(left.sort)} and {title(right.sort)}"
        raise ctx.refusal(Code.UNORDERED, node, message, "only integers and ordered indices have one")
    if isinstance(left.sort, IndexSort):
        expressions.asymmetric(ctx, left.sort, node, "its values are ordered")
    return Binary(BOOL, where, ORDER[type(operator)], left, right)


def _within(ctx: Context, node: ast.Compare, left: Expr, item: ast.expr) -> Expr:
    where = ctx.module.source.span(node)
    if isinstance(item, ast.Tuple):
        options = [expressions.expression(ctx, option) for option in item.elts]
        for option, part in zip(options, item.elts, strict=True):
            if join(option.sort, left.sort) is None:
                message = f"{title(left.sort)} and {title(option.sort)} are never equal"
                raise ctx.refusal(Code.COMPARISON, part, message, "compare values of one sort")
        return Among(BOOL, where, left, tuple(options))
    container = expressions.expression(ctx, item)
    match container.sort:
        case SetSort(element):
            wanted = element
        case RangeSort(index):
            wanted = index
        case other:
            help = "in works on sets, ranges and tuples of values"
            raise ctx.refusal(Code.WRONG_SORT, item, f"nothing is in {named(other)}", help)
    if wanted is not None and left.sort != wanted:
        if isinstance(left.sort, OptionSort) and left.sort.inner == wanted:
            raise ctx.refusal(
                Code.OPTIONAL,
                node.left,
                f"this may be None, and None is in no {title(container.sort)}",
                expressions.NARROW,
            )
        message = f"{named(left.sort)} is never in {named(container.sort)}"
        raise ctx.refusal(Code.COMPARISON, node, message, f"test {named(wanted)}")
    return Within(BOOL, where, left, container)
