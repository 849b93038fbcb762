"""Random expressions that cannot fail: every index, shift and mask is in range whatever the state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from shootdown.model.ir.expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from shootdown.model.ir.system import Array, Mechanism

Bounds = tuple[int, int]
COMPARISONS = (Operator.EQ, Operator.NE, Operator.LT, Operator.LE)
ARITHMETIC = (Operator.ADD, Operator.SUB, Operator.MUL, Operator.DIV, Operator.MOD, Operator.MIN, Operator.MAX)
MASKS = (Operator.BITS_OR, Operator.BITS_AND, Operator.BITS_MINUS)
HIGHEST_MASK = 7


@dataclass(frozen=True)
class Scope:
    """What an expression may name, with the bounds of each value."""

    arrays: tuple[Array, ...]
    mechanisms: tuple[Mechanism, ...] = ()
    locals: tuple[Bounds, ...] = ()
    params: tuple[Bounds, ...] = ()
    temps: dict[int, Bounds] = field(default_factory=dict)
    bound: dict[str, Bounds] = field(default_factory=dict)


class Expressions:
    """Draws expressions over one scope."""

    def __init__(self, random: Random, scope: Scope) -> None:
        self.random = random
        self.scope = scope
        self._folds = 0

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return self.random.randrange(100) < percent

    def truth(self, depth: int = 2) -> Expr:
        """A truth."""
        if depth == 0 or self.chance(10):
            leaves = self._leaves(0, 1)
            if leaves and self.chance(60):
                return self.random.choice(leaves)
            return self._comparison(0) if self.chance(85) else Const(self.random.randint(0, 1))
        match self.random.randrange(10):
            case 0:
                return Op(Operator.NOT, (self.truth(depth - 1),))
            case 1 | 2:
                operator = self.random.choice((Operator.AND, Operator.OR))
                return Op(operator, tuple(self.truth(depth - 1) for _ in range(self.random.randint(0, 3))))
            case 3:
                return Op(Operator.IMPLIES, (self.truth(depth - 1), self.truth(depth - 1)))
            case 4:
                return Op(Operator.BIT, (self.mask(depth - 1), self.within(0, 3, depth - 1)))
            case 5:
                return Op(Operator.ITE, (self.truth(depth - 1), self.truth(depth - 1), self.truth(depth - 1)))
            case 6:
                return self._fold(self.random.choice((FoldKind.ALL, FoldKind.ANY)), depth)
            case _:
                return self._comparison(depth - 1)

    def integer(self, depth: int = 2) -> Expr:
        """An integer, small and of either sign."""
        leaves = self._leaves(-(1 << 30), 1 << 30)
        if depth == 0 or self.chance(30):
            if leaves and self.chance(75):
                return self.random.choice(leaves)
            return Const(self.random.randint(-2, 4))
        match self.random.randrange(9):
            case 0:
                return Op(Operator.ITE, (self.truth(depth - 1), self.integer(depth - 1), self.integer(depth - 1)))
            case 1:
                return self._fold(FoldKind.SUM, depth)
            case 2:
                return Op(Operator.COUNT, (self.mask(depth - 1),))
            case 3:
                return self.mask(depth - 1)
            case 4:
                return self.truth(depth - 1)
            case _:
                return Op(self.random.choice(ARITHMETIC), (self.integer(depth - 1), self.integer(depth - 1)))

    def mask(self, depth: int) -> Expr:
        """A mask of few bits."""
        if depth == 0 or self.chance(30):
            return self.within(0, HIGHEST_MASK, 0)
        if self.chance(25):
            return Op(Operator.SHIFT, (self.within(0, 3, depth - 1),))
        return Op(self.random.choice(MASKS), (self.mask(depth - 1), self.mask(depth - 1)))

    def within(self, lo: int, hi: int, depth: int = 1) -> Expr:
        """An integer from `lo` to `hi`."""
        leaves = self._leaves(lo, hi)
        if leaves and self.chance(60):
            return self.random.choice(leaves)
        if depth == 0 or self.chance(40):
            return Const(self.random.randint(lo, hi))
        match self.random.randrange(4):
            case 0:
                clamped = Op(Operator.MIN, (Const(hi), self.integer(depth - 1)))
                return Op(Operator.MAX, (Const(lo), clamped))
            case 1:
                return Op(
                    Operator.ITE,
                    (self.truth(depth - 1), self.within(lo, hi, depth - 1), self.within(lo, hi, depth - 1)),
                )
            case _:
                wrapped = Op(Operator.MOD, (self.integer(depth - 1), Const(hi - lo + 1)))
                return wrapped if lo == 0 else Op(Operator.ADD, (Const(lo), wrapped))

    def indices(self, array: Array) -> tuple[Expr, ...]:
        """Indices of some cell."""
        return tuple(self.within(0, size - 1) for size in array.dims)

    def _comparison(self, depth: int) -> Expr:
        return Op(self.random.choice(COMPARISONS), (self.integer(depth), self.integer(depth)))

    def _fold(self, kind: FoldKind, depth: int) -> Expr:
        self._folds += 1
        name = f"i{self._folds}"
        lo = self.random.randint(-1, 1)
        hi = lo + self.random.randint(-1, 2)
        outer = self.scope
        self.scope = replace(outer, bound={**outer.bound, name: (lo, hi)})
        body = self.integer(depth - 1) if kind is FoldKind.SUM else self.truth(depth - 1)
        self.scope = outer
        return Fold(kind, name, lo, hi, body, labels=tuple(f"v{value}" for value in range(lo, hi + 1)))

    def _leaves(self, lo: int, hi: int) -> list[Expr]:
        """Names whose values always lie from `lo` to `hi`."""
        scope = self.scope
        named: list[tuple[Expr, Bounds]] = []
        named += [(Local(slot), bounds) for slot, bounds in enumerate(scope.locals)]
        named += [(Param(slot), bounds) for slot, bounds in enumerate(scope.params)]
        named += [(Temp(slot), bounds) for slot, bounds in scope.temps.items()]
        named += [(Bound(name), bounds) for name, bounds in scope.bound.items()]
        named += [(Rigid(item.name), (0, len(item.labels) - 1)) for item in scope.mechanisms]
        for array in scope.arrays:
            constant = tuple(Const(self.random.randrange(size)) for size in array.dims)
            computed = tuple(self._index(size) for size in array.dims)
            named += [(Load(array.name, indices), (array.lo, array.hi)) for indices in (constant, computed)]
        return [expr for expr, (least, most) in named if lo <= least and most <= hi]

    def _index(self, size: int) -> Expr:
        """An index that names something, without a nested load."""
        inner = Expressions(self.random, replace(self.scope, arrays=()))
        return inner.within(0, size - 1, 0)
