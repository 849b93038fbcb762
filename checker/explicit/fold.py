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
from shootdown.model.ir.simplify import operation, simplify
from shootdown.model.ir.system import Array
from shootdown.model.ir.walk import same_or

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
        if isinstance(expr, Op):
            return self._operation(expr)
        if isinstance(expr, Load):
            return self._load(expr)
        if isinstance(expr, Const | Local | Temp):
            return expr
        if isinstance(expr, Param):
            return constant(self._params[expr.slot])
        if isinstance(expr, Rigid):
            return constant(self._rigid[expr.mechanism])
        if isinstance(expr, Bound):
            return constant(self._bound[expr.name]) if expr.name in self._bound else expr
        return self._fold(expr)

    def _load(self, load: Load) -> Expr:
        folded = self.indices(load.array, load.indices)
        table = self._tables.get(load.array)
        if table is not None:
            position = 0
            for size, index in zip(table.dims, folded, strict=True):
                if not isinstance(index, Const) or not 0 <= index.value < size:
                    break
                position = position * size + index.value
            else:
                return constant(table.init[position])
        return load if folded is load.indices else Load(load.array, folded)

    def indices(self, array: str, indices: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """The folded indices of a cell."""
        folded = same_or(indices, tuple([self(index) for index in indices]))
        if not all(isinstance(index, Const) for index in folded):
            self.computed.add(array)
        return folded

    def _operation(self, expr: Op) -> Expr:
        operator, args = expr.operator, expr.args
        if operator is Operator.AND:
            return self._all(args)
        if operator is Operator.OR:
            return self._any(args)
        if operator is Operator.IMPLIES:
            return disjunction((negation(self(args[0])), self(args[1])))
        if operator is Operator.ITE:
            cond = self(args[0])
            if isinstance(cond, Const):
                return self(args[1] if cond.value else args[2])
            return operation(Operator.ITE, (cond, self(args[1]), self(args[2])))
        if operator is Operator.NOT:
            return negation(self(args[0]))
        folded = same_or(args, tuple([self(arg) for arg in args]))
        return simplify(expr) if folded is args else operation(operator, folded)

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
