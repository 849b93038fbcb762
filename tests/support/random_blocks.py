"""Random statement blocks that end in a goto on every path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from random_expressions import Bounds, Expressions, Scope

from shootdown.model.ir.expr import Const, Expr, Load, Local, Op, Operator, Temp
from shootdown.model.ir.stmt import (
    Assert,
    Assign,
    Block,
    Cell,
    Check,
    Choose,
    Failure,
    Goto,
    If,
    Note,
    Place,
    Shown,
    Stmt,
    Wait,
)
from shootdown.model.ir.system import Array
from shootdown.model.ir.views import QueueView, View, width


@dataclass(frozen=True)
class Shape:
    """What blocks of a system may contain."""

    problems: bool
    views: tuple[tuple[str, View], ...]
    assertions: tuple[str, ...]
    ghosts: tuple[Array, ...] = ()
    """Arrays that only other ghost arrays, notes, assertions and properties may depend on."""
    temps: int = 3


class Blocks:
    """Draws the block of one step."""

    def __init__(self, random: Random, scope: Scope, shape: Shape, targets: tuple[int, ...]) -> None:
        self.random = random
        self.scope = scope
        self.shape = shape
        self.targets = targets

    def step(self) -> Block:
        """A whole block: a guard, what the step does, where it ends."""
        guard = self._guard(2) if self._draw.chance(60) else []
        return (*guard, *self._end(2))

    @property
    def _draw(self) -> Expressions:
        """Fresh for every expression, whose folds must have names of their own."""
        return Expressions(self.random, self.scope)

    @property
    def _ghost_draw(self) -> Expressions:
        return Expressions(self.random, replace(self.scope, arrays=(*self.scope.arrays, *self.shape.ghosts)))

    def _guard(self, depth: int) -> list[Stmt]:
        guard: list[Stmt] = []
        for _ in range(self.random.choice((0, 1, 1, 2))):
            match self.random.randrange(8):
                case 0 | 1 | 2:
                    guard.append(Wait(self._disjunction()))
                case 3 | 4:
                    guard.append(self._choose(blocking=True))
                case 5:
                    guard.append(self._set_temp())
                case 6 if depth:
                    cond = self._draw.truth()
                    then, orelse = self._branches(lambda: self._guard(depth - 1))
                    guard.append(If(cond, then, orelse))
                case _:
                    guard.append(self._assign())
                    if isinstance(guard[-1], Assign) and isinstance(guard[-1].target, Cell):
                        guard.pop()
        return guard

    def _end(self, depth: int) -> list[Stmt]:
        body: list[Stmt] = []
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            body.extend(self._does(depth))
        if depth and self._draw.chance(25):
            cond = self._draw.truth()
            then, orelse = self._branches(lambda: self._end(depth - 1))
            return [*body, If(cond, then, orelse)]
        if depth and self._draw.chance(15):
            cond = self._draw.truth()
            before = self.scope
            leaves = tuple(self._end(depth - 1))
            self.scope = before
            return [*body, If(cond, leaves), *self._end(depth - 1)]
        return [*body, Goto(self.random.choice(self.targets))]

    def _does(self, depth: int) -> list[Stmt]:
        match self.random.randrange(12):
            case 0 if self.shape.problems:
                return self._guarded_assign()
            case 0 | 1:
                return [self._note()]
            case 2:
                return [
                    Assert(
                        self._any_of(self._ghost_draw if self._draw.chance(40) else self._draw),
                        self.random.choice(self.shape.assertions),
                    )
                ]
            case 3:
                return [self._choose(blocking=False)]
            case 4:
                return [self._set_temp()]
            case 5 | 6 if depth:
                cond = self._draw.truth()
                then, orelse = self._branches(lambda: self._does(depth - 1))
                return [If(cond, then, orelse)]
            case 7:
                cond = self._draw.truth() if self.shape.problems else Op(Operator.LE, (Const(0), self._draw.mask(1)))
                return [Check(cond, self.random.choice(tuple(Failure)), "it does not fit")]
            case _:
                return [self._assign()]

    def _branches(self, draw: Callable[[], list[Stmt]]) -> tuple[Block, Block]:
        """Two blocks; what both have set is set behind them."""
        before = self.scope
        then = tuple(draw())
        after_then = self.scope.temps
        self.scope = before
        orelse = tuple(draw()) if self._draw.chance(60) or _leaves(then) else ()
        after_else = self.scope.temps
        both = {
            slot: (min(after_then[slot][0], bounds[0]), max(after_then[slot][1], bounds[1]))
            for slot, bounds in after_else.items()
            if slot in after_then
        }
        self.scope = replace(before, temps=both)
        return then, orelse

    def _disjunction(self) -> Expr:
        return self._any_of(self._draw)

    def _any_of(self, draw: Expressions) -> Expr:
        return Op(Operator.OR, tuple(draw.truth() for _ in range(self.random.randint(1, 3))))

    def _assign(self) -> Stmt:
        if self.shape.ghosts and self._draw.chance(30):
            return self._ghost_assign()
        target, (lo, hi) = self._target()
        if self._draw.chance(40):
            return Assign(target, _successor(target, lo, hi))
        return Assign(target, self._draw.within(lo, hi, 2))

    def _ghost_assign(self) -> Stmt:
        ghost = self.random.choice(self.shape.ghosts)
        target = Cell(ghost.name, self._draw.indices(ghost))
        if self._draw.chance(40):
            return Assign(target, _successor(target, ghost.lo, ghost.hi))
        return Assign(target, self._ghost_draw.within(ghost.lo, ghost.hi, 2))

    def _guarded_assign(self) -> list[Stmt]:
        """A store that is in bounds only because a check stands before it."""
        target, (lo, hi) = self._target()
        value = self._draw.integer(1)
        fits = Op(Operator.AND, (Op(Operator.LE, (Const(lo), value)), Op(Operator.LE, (value, Const(hi)))))
        return [Check(fits, Failure.MODEL_ERROR, "out of bounds"), Assign(target, value)]

    def _target(self) -> tuple[Place, Bounds]:
        if self.scope.locals and self._draw.chance(35):
            slot = self.random.randrange(len(self.scope.locals))
            return Local(slot), self.scope.locals[slot]
        array = self.random.choice(self.scope.arrays)
        return Cell(array.name, self._draw.indices(array)), (array.lo, array.hi)

    def _set_temp(self) -> Stmt:
        slot = self.random.randrange(self.shape.temps)
        lo, hi = self.random.choice(((0, 1), (0, 2), (-1, 1)))
        value = self._draw.within(lo, hi, 2)
        self._set(slot, (lo, hi))
        return Assign(Temp(slot), value)

    def _set(self, slot: int, bounds: Bounds) -> None:
        self.scope = replace(self.scope, temps={**self.scope.temps, slot: bounds})

    def _choose(self, *, blocking: bool) -> Stmt:
        target: Local | Temp
        if self.scope.locals and self._draw.chance(50):
            slot = self.random.randrange(len(self.scope.locals))
            lo, hi = self.scope.locals[slot]
            target = Local(slot)
        else:
            target = Temp(self.random.randrange(self.shape.temps))
            lo = self.random.randint(-1, 1)
            hi = lo + self.random.randint(0, 2)
            self._set(target.slot, (lo, hi))
        candidate = self._disjunction()
        if not blocking and not self.shape.problems:
            candidate = Op(Operator.OR, (Op(Operator.EQ, (target, Const(hi))), candidate))
        labels = tuple(f"value {value}" for value in range(lo, hi + 1)) if self._draw.chance(50) else ()
        return Choose(target, lo, hi, candidate, blocking, "chosen", "frame", labels)

    def _note(self) -> Stmt:
        plain = [(key, view) for key, view in self.shape.views if not isinstance(view, QueueView)]
        key, view = self.random.choice(plain)
        leaves = tuple(self._ghost_draw.mask(1) for _ in range(width(view)))
        return Note(("sees ", Shown(leaves, key)), line=self._draw.chance(20))


def _successor(target: Place, lo: int, hi: int) -> Expr:
    """The next value of a place, the least one after the greatest."""
    value: Expr = Load(target.array, target.indices) if isinstance(target, Cell) else target
    following = Op(Operator.ADD, (Op(Operator.SUB, (value, Const(lo))), Const(1)))
    return Op(Operator.ADD, (Op(Operator.MOD, (following, Const(hi - lo + 1))), Const(lo)))


def _leaves(block: Block) -> bool:
    """Whether the block ends the step on every path."""
    if not block:
        return False
    last = block[-1]
    return isinstance(last, Goto) or (isinstance(last, If) and _leaves(last.then) and _leaves(last.orelse))
