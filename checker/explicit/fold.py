"""Expressions with the agent's parameters and the design filled in: constants folded, small folds unrolled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from shootdown.model.ir.expr import (
    FALSE,
    TRUE,
    Bound,
    Const,
    Expr,
    Fold,
    FoldKind,
    Load,
    Local,
    Op,
    Operator,
    Param,
    Rigid,
    Temp,
)
from shootdown.model.ir.simplify import operation
from shootdown.model.ir.system import Array

_MOST_UNROLLED = 32
_SMALL = range(-2, 65)
_CONSTANTS = {value: Const(value) for value in _SMALL}


def constant(value: int) -> Const:
    """The constant of that value."""
    return _CONSTANTS[value] if value in _SMALL else Const(value)


class Folder:
    """Folds expressions for one agent: `params` are its arguments, `rigid` the design, `tables` the constant arrays.

    `computed` collects the arrays whose index is not a constant somewhere.
    """

    def __init__(self, params: tuple[int, ...], rigid: Mapping[str, int], tables: Mapping[str, Array]) -> None:
        self._params = params
        self._rigid = rigid
        self._tables = tables
        self._bound: dict[str, int] = {}
        self._unrolled = 1
        self.computed: set[str] = set()

    def __call__(self, expr: Expr) -> Expr:
        """An expression of equal value without parameters and mechanisms."""
        match expr:
            case Op():
                return self._operation(expr)
            case Load(array, indices):
                return self._load(array, indices)
            case Const() | Local() | Temp():
                return expr
            case Param(slot):
                return constant(self._params[slot])
            case Rigid(mechanism):
                return constant(self._rigid[mechanism])
            case Bound(name):
                return constant(self._bound[name]) if name in self._bound else expr
            case Fold():
                return self._fold(expr)
            case _:
                assert_never(expr)

    def _load(self, array: str, indices: tuple[Expr, ...]) -> Expr:
        folded = self.indices(array, indices)
        table = self._tables.get(array)
        if table is not None:
            position = 0
            for size, index in zip(table.dims, folded, strict=True):
                if not isinstance(index, Const) or not 0 <= index.value < size:
                    return Load(array, folded)
                position = position * size + index.value
            return constant(table.init[position])
        return Load(array, folded)

    def indices(self, array: str, indices: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """The folded indices of a cell."""
        folded = tuple([self(index) for index in indices])
        if not all(isinstance(index, Const) for index in folded):
            self.computed.add(array)
        return folded

    def _operation(self, expr: Op) -> Expr:
        match expr.operator, expr.args:
            case Operator.AND, args:
                return self._all(args)
            case Operator.OR, args:
                return self._any(args)
            case Operator.IMPLIES, (premise, conclusion):
                return disjunction((negation(self(premise)), self(conclusion)))
            case Operator.ITE, (test, then, orelse):
                cond = self(test)
                if isinstance(cond, Const):
                    return self(then if cond.value else orelse)
                return operation(Operator.ITE, (cond, self(then), self(orelse)))
            case Operator.NOT, (arg,):
                return negation(self(arg))
            case operator, args:
                return operation(operator, tuple([self(arg) for arg in args]))

    def _all(self, args: tuple[Expr, ...]) -> Expr:
        kept = []
        for arg in args:
            part = self(arg)
            if isinstance(part, Const):
                if not part.value:
                    return FALSE
            else:
                kept.append(part)
        return conjunction(tuple(kept))

    def _any(self, args: tuple[Expr, ...]) -> Expr:
        kept = []
        for arg in args:
            part = self(arg)
            if isinstance(part, Const):
                if part.value:
                    return TRUE
            else:
                kept.append(part)
        return disjunction(tuple(kept))

    def _fold(self, fold: Fold) -> Expr:
        count = fold.hi - fold.lo + 1
        if count > 0 and count * self._unrolled > _MOST_UNROLLED:
            hidden = self._bound.pop(fold.name, None)
            body = self(fold.body)
            if hidden is not None:
                self._bound[fold.name] = hidden
            return Fold(fold.kind, fold.name, fold.lo, fold.hi, body)
        return _combined(fold.kind, self._instances(fold, max(count, 1)))

    def _instances(self, fold: Fold, count: int) -> tuple[Expr, ...]:
        outer = self._bound
        self._unrolled *= count
        bodies = []
        for value in range(fold.lo, fold.hi + 1):
            self._bound = {**outer, fold.name: value}
            bodies.append(self(fold.body))
        self._bound = outer
        self._unrolled //= count
        return tuple(bodies)


def _combined(kind: FoldKind, bodies: tuple[Expr, ...]) -> Expr:
    match kind:
        case FoldKind.ALL:
            return conjunction(bodies)
        case FoldKind.ANY:
            return disjunction(bodies)
        case FoldKind.SUM:
            total: Expr = constant(0)
            for body in bodies:
                total = operation(Operator.ADD, (total, body))
            return total
        case _:
            assert_never(kind)


def conjunction(parts: tuple[Expr, ...]) -> Expr:
    """All of them; they are evaluated in order, and none after a false one."""
    return operation(Operator.AND, parts)


def disjunction(parts: tuple[Expr, ...]) -> Expr:
    """Any of them; they are evaluated in order, and none after a true one."""
    return operation(Operator.OR, parts)


def negation(expr: Expr) -> Expr:
    """The opposite truth. Of a comparison it is a comparison, which the machine has an instruction for."""
    match expr:
        case Op(Operator.LT, (a, b)):
            return Op(Operator.LE, (b, a))
        case Op(Operator.LE, (a, b)):
            return Op(Operator.LT, (b, a))
        case _:
            return operation(Operator.NOT, (expr,))
