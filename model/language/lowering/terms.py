"""Builds IR expressions."""

from __future__ import annotations

from collections.abc import Iterable

from ...ir.expr import FALSE, TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from ...ir.simplify import operation, simplify


def op(operator: Operator, *args: Expr) -> Expr:
    """An operator applied to arguments, in its simplest form."""
    return operation(operator, args)


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
    """A fold; what ranges over nothing or over one value, and a constant body, is computed."""
    return simplify(Fold(kind, name, lo, hi, body, labels))


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
