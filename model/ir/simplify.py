"""Simplification of one expression node whose arguments are already simple; it keeps the value in every state.

All that builds or rewrites expressions comes here: the lowering, the passes, the native engine.
"""

from __future__ import annotations

from .evaluate import apply
from .expr import FALSE, TRUE, Bound, Const, Expr, Fold, FoldKind, Op, Operator
from .interval import HIGHEST_BIT
from .source import NOWHERE, Span
from .walk import Rewriter, Rule

ZERO, ONE = Const(0), Const(1)


def simplify(expr: Expr) -> Expr:
    """The node in its simplest form, constants computed; itself if there is no simpler one."""
    if isinstance(expr, Op):
        return _simpler(expr.operator, expr.args, expr.where) or expr
    return _fold(expr) if isinstance(expr, Fold) else expr


def operation(operator: Operator, args: tuple[Expr, ...], where: Span = NOWHERE) -> Expr:
    """An operator applied to arguments, in its simplest form."""
    return _simpler(operator, args, where) or Op(operator, args, where)


def instance(fold: Fold, value: int, rule: Rule) -> Expr:
    """The body for one value of the variable, every node of it rewritten by the rule."""
    return Rewriter(lambda part: Const(value) if part == Bound(fold.name) else rule(part))(fold.body)


def _fold(fold: Fold) -> Expr:
    count = max(0, fold.hi - fold.lo + 1)
    if count == 0:
        return ONE if fold.kind is FoldKind.ALL else ZERO
    if isinstance(fold.body, Const):
        return Const(count * fold.body.value) if fold.kind is FoldKind.SUM else fold.body
    return instance(fold, fold.lo, simplify) if count == 1 else fold


def _simpler(operator: Operator, args: tuple[Expr, ...], where: Span) -> Expr | None:
    """A simpler expression of the same value, if there is one."""
    if operator is Operator.AND or operator is Operator.OR:
        return _junction(operator, args, where)
    if _no_bit(operator, args):
        return ZERO
    values = [arg.value for arg in args if isinstance(arg, Const)]
    if len(values) == len(args):
        return Const(apply(operator, values), where)
    match args:
        case (arg,):
            return _negation(arg, where) if operator is Operator.NOT else None
        case (left, right):
            return _binary(operator, left, right, where)
        case (cond, then, orelse):
            return _conditional(cond, then, orelse)
        case _:
            return None


def _no_bit(operator: Operator, args: tuple[Expr, ...]) -> bool:
    """Whether the operator asks for a bit that does not exist: nobody looks at the value, a check in front fails."""
    if operator is not Operator.BIT and operator is not Operator.SHIFT:
        return False
    amount = args[-1]
    return isinstance(amount, Const) and not 0 <= amount.value <= HIGHEST_BIT


def _junction(operator: Operator, args: tuple[Expr, ...], where: Span) -> Expr | None:
    """A conjunction (disjunction) without neutral parts; the first absorbing constant is all of it."""
    neutral, absorbing = (TRUE, FALSE) if operator is Operator.AND else (FALSE, TRUE)
    parts: list[Expr] = []
    changed = len(args) < 2
    for arg in args:
        if isinstance(arg, Const):
            if arg == absorbing:
                return absorbing
            changed = True
        elif isinstance(arg, Op) and arg.operator is operator:
            parts += arg.args
            changed = True
        else:
            parts.append(arg)
    if not changed:
        return None
    if len(parts) < 2:
        return parts[0] if parts else neutral
    return Op(operator, tuple(parts), where)


def _negation(arg: Expr, where: Span) -> Expr | None:
    match arg:
        case Op(Operator.NOT, (inner,)):
            return inner
        case Op(Operator.EQ, pair):
            return Op(Operator.NE, pair, where)
        case Op(Operator.NE, pair):
            return Op(Operator.EQ, pair, where)
        case _:
            return None


def _conditional(cond: Expr, then: Expr, orelse: Expr) -> Expr | None:
    if isinstance(cond, Const):
        return then if cond.value else orelse
    if then == orelse:
        return then
    return cond if then == ONE and orelse == ZERO else None


def _binary(operator: Operator, left: Expr, right: Expr, where: Span) -> Expr | None:
    match operator:
        case Operator.EQ | Operator.NE:
            return _equality(operator, left, right, where)
        case Operator.LT | Operator.LE:
            return Const(int(operator is Operator.LE), where) if left == right else None
        case Operator.ADD | Operator.SUB:
            return _sum(operator, left, right, where)
        case Operator.IMPLIES:
            return _implication(left, right, where)
        case Operator.MIN | Operator.MAX:
            return left if left == right else None
        case Operator.MUL | Operator.DIV | Operator.MOD:
            return _product(operator, left, right)
        case Operator.BITS_OR:
            return right if left == ZERO else left if right == ZERO else None
        case _:
            return None


def _implication(premise: Expr, conclusion: Expr, where: Span) -> Expr | None:
    if isinstance(premise, Const):
        return conclusion if premise.value else TRUE
    if isinstance(conclusion, Const):
        return TRUE if conclusion.value else operation(Operator.NOT, (premise,), where)
    return None


def _product(operator: Operator, left: Expr, right: Expr) -> Expr | None:
    match operator, left, right:
        case (Operator.MUL, Const(0), _) | (Operator.MUL, _, Const(0)) | (Operator.MOD, _, Const(1)):
            return ZERO
        case Operator.MUL, Const(1), other:
            return other
        case Operator.MUL | Operator.DIV, other, Const(1):
            return other
        case _:
            return None


def _sum(operator: Operator, left: Expr, right: Expr, where: Span) -> Expr | None:
    """Constants are added up and stand on the right, with the sign that makes them positive."""
    if isinstance(right, Const):
        inner, amount = left, right.value if operator is Operator.ADD else -right.value
    elif isinstance(left, Const) and operator is Operator.ADD:
        inner, amount = right, left.value
    else:
        return None
    match inner:
        case Op(Operator.ADD, (further, Const(value))):
            return _shifted(further, amount + value, where)
        case Op(Operator.SUB, (further, Const(value))):
            return _shifted(further, amount - value, where)
        case _:
            as_given = inner is left and amount and (amount > 0) == (operator is Operator.ADD)
            return None if as_given else _shifted(inner, amount, where)


def _shifted(expr: Expr, amount: int, where: Span) -> Expr:
    if amount == 0:
        return expr
    operator = Operator.ADD if amount > 0 else Operator.SUB
    return Op(operator, (expr, Const(abs(amount))), where)


def _equality(operator: Operator, left: Expr, right: Expr, where: Span) -> Expr | None:
    """Constants stand on the right, and are brought there: x + 1 = 3 is x = 2."""
    if left == right:
        return Const(int(operator is Operator.EQ), where)
    swapped = isinstance(left, Const)
    if swapped:
        left, right = right, left
    match left, right:
        case Op(Operator.ADD, (inner, Const(a))), Const(b):
            return operation(operator, (inner, Const(b - a)), where)
        case Op(Operator.SUB, (inner, Const(a))), Const(b):
            return operation(operator, (inner, Const(b + a)), where)
        case Op(Operator.ADD, (first, Const(a))), Op(Operator.ADD, (second, Const(b))) if a == b:
            return operation(operator, (first, second), where)
    return Op(operator, (left, right), where) if swapped else None
