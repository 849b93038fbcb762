"""Builds IR expressions, folding what is constant."""

from __future__ import annotations

from collections.abc import Iterable

from ...ir.evaluate import apply
from ...ir.expr import FALSE, TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from ...ir.interval import HIGHEST_BIT

_COMPARISONS = {Operator.EQ: True, Operator.LE: True, Operator.NE: False, Operator.LT: False}


def op(operator: Operator, *args: Expr) -> Expr:
    """An operator applied to arguments."""
    values = [arg.value for arg in args if isinstance(arg, Const)]
    if _no_bit(operator, args):
        return Const(0)
    if len(values) == len(args):
        return Const(apply(operator, values))
    match operator, args:
        case Operator.AND | Operator.OR, _:
            return _junction(operator, args)
        case Operator.NOT, (Op(Operator.NOT, (inner,)),):
            return inner
        case Operator.NOT, (Op(Operator.EQ, pair),):
            return Op(Operator.NE, pair)
        case Operator.NOT, (Op(Operator.NE, pair),):
            return Op(Operator.EQ, pair)
        case Operator.IMPLIES, (Const(value), other):
            return other if value else TRUE
        case Operator.IMPLIES, (_, Const(1)):
            return TRUE
        case Operator.IMPLIES, (first, Const(0)):
            return op(Operator.NOT, first)
        case Operator.ITE, (Const(value), then, other):
            return then if value else other
        case Operator.ITE, (_, then, other) if then == other:
            return then
        case Operator.ITE, (test, Const(1), Const(0)):
            return test
        case Operator.BITS_OR, (Const(0), other) | (other, Const(0)):
            return other
        case Operator.ADD | Operator.SUB | Operator.MUL, (left, right):
            return _arithmetic(operator, left, right)
        case Operator.EQ | Operator.NE | Operator.LE | Operator.LT, (left, right) if left == right and is_atom(left):
            return TRUE if _COMPARISONS[operator] else FALSE
        case Operator.EQ | Operator.NE, (left, right):
            return _compared(operator, left, right)
        case _:
            return Op(operator, args)


def _no_bit(operator: Operator, args: tuple[Expr, ...]) -> bool:
    """Whether an operator asks for a bit that does not exist: nobody looks at the value, a check in front fails."""
    position = {Operator.BIT: 1, Operator.SHIFT: 0}.get(operator)
    amount = None if position is None else args[position]
    return isinstance(amount, Const) and not 0 <= amount.value <= HIGHEST_BIT


def _junction(operator: Operator, args: tuple[Expr, ...]) -> Expr:
    unit, zero = (TRUE, FALSE) if operator is Operator.AND else (FALSE, TRUE)
    parts: list[Expr] = []
    for arg in args:
        if arg == zero:
            parts.append(zero)
            break
        if isinstance(arg, Op) and arg.operator is operator:
            parts += arg.args
        elif arg != unit:
            parts.append(arg)
    if parts and parts[0] == zero:
        return zero
    if not parts:
        return unit
    return parts[0] if len(parts) == 1 else Op(operator, tuple(parts))


def _arithmetic(operator: Operator, left: Expr, right: Expr) -> Expr:
    if operator is Operator.SUB and isinstance(right, Const):
        return _arithmetic(Operator.ADD, left, Const(-right.value))
    if operator is Operator.ADD:
        if isinstance(left, Const):
            left, right = right, left
        if isinstance(right, Const):
            match left:
                case Op(Operator.ADD, (inner, Const(value))):
                    return _arithmetic(Operator.ADD, inner, Const(value + right.value))
                case Op(Operator.SUB, (inner, Const(value))):
                    return _arithmetic(Operator.ADD, inner, Const(right.value - value))
                case Const(value):
                    return Const(value + right.value)
            if right.value == 0:
                return left
            if right.value < 0:
                return Op(Operator.SUB, (left, Const(-right.value)))
    return Op(operator, (left, right))


def _compared(operator: Operator, left: Expr, right: Expr) -> Expr:
    """Moves constants to the right: x + 1 = 3 is x = 2."""
    if isinstance(left, Const):
        left, right = right, left
    match left, right:
        case Op(Operator.ADD, (inner, Const(a))), Const(b):
            return op(operator, inner, Const(b - a))
        case Op(Operator.SUB, (inner, Const(a))), Const(b):
            return op(operator, inner, Const(b + a))
        case Op(Operator.ADD, (first, Const(a))), Op(Operator.ADD, (second, Const(b))) if a == b:
            return op(operator, first, second)
    return Op(operator, (left, right))


def conj(*args: Expr) -> Expr:
    """Conjunction."""
    return op(Operator.AND, *args) if args else TRUE


def disj(*args: Expr) -> Expr:
    """Disjunction."""
    return op(Operator.OR, *args) if args else FALSE


def negate(arg: Expr) -> Expr:
    """Negation."""
    return op(Operator.NOT, arg)


def add(left: Expr, amount: int) -> Expr:
    """An expression and a constant."""
    return op(Operator.ADD, left, Const(amount))


def between(expr: Expr, lo: int, hi: int) -> Expr:
    """Whether lo <= expr <= hi."""
    return conj(op(Operator.LE, Const(lo), expr), op(Operator.LE, expr, Const(hi)))


def fold(kind: FoldKind, name: str, lo: int, hi: int, body: Expr, labels: tuple[str, ...]) -> Expr:
    """A fold; a constant body or an empty range is folded away."""
    if isinstance(body, Const):
        count = max(0, hi - lo + 1)
        if kind is FoldKind.SUM:
            return Const(count * body.value)
        return body if count else (TRUE if kind is FoldKind.ALL else FALSE)
    if hi < lo:
        return TRUE if kind is FoldKind.ALL else Const(0)
    return Fold(kind, name, lo, hi, body, labels)


def is_atom(expr: Expr) -> bool:
    """Whether an expression is one value that no store to shared state changes."""
    return isinstance(expr, Const | Param | Local | Temp | Bound | Rigid)


def mentions(expr: Expr, places: Iterable[Expr | str]) -> bool:
    """Whether an expression reads one of these locals or temporaries, or one of these arrays (by name)."""
    wanted = set(places)
    stack: list[Expr] = [expr]
    while stack:
        item = stack.pop()
        match item:
            case Load(array, indices):
                if array in wanted:
                    return True
                stack += indices
            case Op(_, args):
                stack += args
            case Fold(body=body):
                stack.append(body)
            case Local() | Temp():
                if item in wanted:
                    return True
            case _:
                pass
    return False
