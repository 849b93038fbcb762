"""Simplification of one expression node whose arguments are already simple; it keeps the value in every state."""

from __future__ import annotations

from dataclasses import replace

from .evaluate import apply
from .expr import FALSE, TRUE, Bound, Const, Expr, Fold, FoldKind, Op, Operator
from .interval import HIGHEST_BIT
from .walk import Rewriter, Rule

ZERO, ONE = Const(0), Const(1)


def simplify(expr: Expr) -> Expr:
    """The node in its simplest form, constants computed."""
    match expr:
        case Op(Operator.AND | Operator.OR):
            return _junction(expr)
        case Op():
            return _operation(expr)
        case Fold():
            return _fold(expr)
        case _:
            return expr


def _junction(expr: Op) -> Expr:
    """A conjunction (disjunction) without neutral parts; the first absorbing constant is all of it."""
    neutral, absorbing = (TRUE, FALSE) if expr.operator is Operator.AND else (FALSE, TRUE)
    args: list[Expr] = []
    for arg in expr.args:
        if arg == absorbing:
            return absorbing
        if isinstance(arg, Op) and arg.operator is expr.operator:
            args += arg.args
        elif arg != neutral:
            args.append(arg)
    if len(args) <= 1:
        return args[0] if args else neutral
    return replace(expr, args=tuple(args)) if tuple(args) != expr.args else expr


def _operation(expr: Op) -> Expr:
    values = [arg.value for arg in expr.args if isinstance(arg, Const)]
    if _no_bit(expr):
        return ZERO
    if len(values) == len(expr.args):
        return Const(apply(expr.operator, values), expr.where)
    match expr.operator, expr.args:
        case Operator.NOT, (Op(Operator.NOT, (inner,)),):
            return inner
        case Operator.IMPLIES, (Const(value), then):
            return then if value else TRUE
        case Operator.IMPLIES, (cond, Const(value)):
            return TRUE if value else simplify(Op(Operator.NOT, (cond,), expr.where))
        case Operator.ITE, (Const(value), then, orelse):
            return then if value else orelse
        case Operator.ITE, (cond, Const(1), Const(0)):
            return cond
        case Operator.ITE, (_, then, orelse) if then == orelse:
            return then
        case (Operator.ADD, (other, Const(0)) | (Const(0), other)) | (Operator.SUB, (other, Const(0))):
            return other
        case (Operator.MUL, (other, Const(1)) | (Const(1), other)) | (Operator.DIV, (other, Const(1))):
            return other
        case (Operator.MUL, (_, Const(0)) | (Const(0), _)) | (Operator.MOD, (_, Const(1))):
            return ZERO
        case _:
            return expr


def _no_bit(expr: Op) -> bool:
    """Whether the operator asks for a bit that does not exist: nobody looks at the value, a check in front fails."""
    position = {Operator.BIT: 1, Operator.SHIFT: 0}.get(expr.operator)
    amount = None if position is None else expr.args[position]
    return isinstance(amount, Const) and not 0 <= amount.value <= HIGHEST_BIT


def _fold(fold: Fold) -> Expr:
    count = max(0, fold.hi - fold.lo + 1)
    if count == 0:
        return ONE if fold.kind is FoldKind.ALL else ZERO
    if isinstance(fold.body, Const):
        return Const(count * fold.body.value) if fold.kind is FoldKind.SUM else fold.body
    return instance(fold, fold.lo, simplify) if count == 1 else fold


def instance(fold: Fold, value: int, rule: Rule) -> Expr:
    """The body for one value of the variable, every node of it rewritten by the rule."""
    return Rewriter(lambda part: Const(value) if part == Bound(fold.name) else rule(part))(fold.body)
