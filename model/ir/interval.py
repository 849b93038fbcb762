"""Static intervals: bounds on the value of an expression that hold in every state within its variables' bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import assert_never

from .expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from .immutable import immutable
from .system import Process, System

HIGHEST_BIT = 30


@immutable
class Interval:
    """The integers from `lo` to `hi`, both inclusive; never empty."""

    lo: int
    hi: int

    def __or__(self, other: Interval) -> Interval:
        """The least interval that holds both."""
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def within(self, other: Interval) -> bool:
        """Whether the other interval holds this one."""
        return other.lo <= self.lo and self.hi <= other.hi

    @property
    def value(self) -> int | None:
        """The only value, if there is only one."""
        return self.lo if self.lo == self.hi else None


TRUTH = Interval(0, 1)
INT32 = Interval(-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Ranges:
    """Intervals of everything that an expression may name."""

    arrays: Mapping[str, Interval]
    mechanisms: Mapping[str, Interval] = field(default_factory=dict)
    locals: Sequence[Interval] = ()
    params: Sequence[Interval] = ()
    temps: Mapping[int, Interval] = field(default_factory=dict)
    bound: Mapping[str, Interval] = field(default_factory=dict)


def state_ranges(system: System) -> Ranges:
    """Ranges for expressions over shared variables: properties."""
    return Ranges(
        arrays={array.name: Interval(array.lo, array.hi) for array in system.arrays},
        mechanisms={item.name: Interval(0, max(0, len(item.labels) - 1)) for item in system.mechanisms},
    )


def process_ranges(system: System, process: Process) -> Ranges:
    """Ranges for expressions of a process, whichever of its agents runs it; temporaries are not known yet."""
    rows = [agent.args for agent in system.agents if agent.process == process.name]
    return replace(
        state_ranges(system),
        locals=[Interval(local.lo, local.hi) for local in process.locals],
        params=[
            Interval(min(column, default=0), max(column, default=0))
            for column in ([row[slot] for row in rows if slot < len(row)] for slot in range(process.params))
        ],
    )


def interval(expr: Expr, ranges: Ranges) -> Interval:
    """An interval that holds every value of the expression."""
    match expr:
        case Const(value):
            return Interval(value, value)
        case Load(array):
            return ranges.arrays[array]
        case Local(slot):
            return ranges.locals[slot]
        case Temp(slot):
            return ranges.temps[slot]
        case Param(slot):
            return ranges.params[slot]
        case Rigid(mechanism):
            return ranges.mechanisms[mechanism]
        case Bound(name):
            return ranges.bound[name]
        case Op(operator, args):
            return operation(operator, [interval(arg, ranges) for arg in args])
        case Fold():
            return _fold(expr, ranges)
        case _:
            assert_never(expr)


def _fold(fold: Fold, ranges: Ranges) -> Interval:
    count = fold.hi - fold.lo + 1
    if count <= 0:
        neutral = int(fold.kind is FoldKind.ALL)
        return Interval(neutral, neutral)
    body = interval(fold.body, replace(ranges, bound={**ranges.bound, fold.name: Interval(fold.lo, fold.hi)}))
    return Interval(count * body.lo, count * body.hi) if fold.kind is FoldKind.SUM else body


def operation(operator: Operator, args: Sequence[Interval]) -> Interval:
    """The interval of an operator's result."""
    match operator:
        case Operator.NOT:
            (arg,) = args
            return Interval(1 - arg.hi, 1 - arg.lo)
        case Operator.AND:
            return Interval(min((arg.lo for arg in args), default=1), min((arg.hi for arg in args), default=1))
        case Operator.OR:
            return Interval(max((arg.lo for arg in args), default=0), max((arg.hi for arg in args), default=0))
        case Operator.IMPLIES:
            return Interval(max(1 - args[0].hi, args[1].lo), max(1 - args[0].lo, args[1].hi))
        case Operator.EQ | Operator.NE | Operator.LT | Operator.LE:
            return _comparison(operator, *args)
        case Operator.ITE:
            cond, then, orelse = args
            return then | orelse if cond.value is None else then if cond.value else orelse
        case Operator.BIT:
            return TRUTH
        case _:
            return _arithmetic(operator, args)


def _arithmetic(operator: Operator, args: Sequence[Interval]) -> Interval:
    match operator, args:
        case Operator.ADD, [a, b]:
            return Interval(a.lo + b.lo, a.hi + b.hi)
        case Operator.SUB, [a, b]:
            return Interval(a.lo - b.hi, a.hi - b.lo)
        case Operator.MUL, [a, b]:
            return _corners(lambda x, y: x * y, a, [b])
        case Operator.DIV, [a, b]:
            return _corners(lambda x, y: x // y if y else 0, a, _nonzero_parts(b))
        case Operator.MOD, [a, b]:
            return _modulo(a, b)
        case Operator.MIN, [a, b]:
            return Interval(min(a.lo, b.lo), min(a.hi, b.hi))
        case Operator.MAX, [a, b]:
            return Interval(max(a.lo, b.lo), max(a.hi, b.hi))
        case Operator.SHIFT, [a]:
            lo, hi = (min(max(bit, 0), HIGHEST_BIT) for bit in (a.lo, a.hi))
            return Interval(1 << lo, 1 << hi)
        case Operator.COUNT, [a]:
            longest = max(a.lo.bit_length(), a.hi.bit_length())
            return Interval(0 if a.lo <= 0 <= a.hi else 1, longest)
        case _, [a, b]:
            return _mask(operator, a, b)
        case _:
            raise ValueError(f"{operator} with {len(args)} arguments")


def _comparison(operator: Operator, a: Interval, b: Interval) -> Interval:
    match operator:
        case Operator.LT:
            return Interval(int(a.hi < b.lo), int(a.lo < b.hi))
        case Operator.LE:
            return Interval(int(a.hi <= b.lo), int(a.lo <= b.hi))
        case _:
            same = int(a.value is not None and a.value == b.value)
            meet = int(a.lo <= b.hi and b.lo <= a.hi)
            return Interval(same, meet) if operator is Operator.EQ else Interval(1 - meet, 1 - same)


def _nonzero_parts(divisor: Interval) -> list[Interval]:
    """The divisor without zero, and zero, on each of which division is monotone."""
    parts = []
    if divisor.hi > 0:
        parts.append(Interval(max(divisor.lo, 1), divisor.hi))
    if divisor.lo < 0:
        parts.append(Interval(divisor.lo, min(divisor.hi, -1)))
    if divisor.lo <= 0 <= divisor.hi:
        parts.append(Interval(0, 0))
    return parts


def _corners(function: Callable[[int, int], int], a: Interval, parts: Iterable[Interval]) -> Interval:
    values = [function(x, y) for b in parts for x, y in product((a.lo, a.hi), (b.lo, b.hi))]
    return Interval(min(values), max(values))


def _modulo(a: Interval, b: Interval) -> Interval:
    if b.lo > 0 and a.lo >= 0 and a.hi < b.lo:
        return a
    lo = b.lo + 1 if b.lo < 0 else 0
    hi = b.hi - 1 if b.hi > 0 else 0
    return Interval(lo, max(lo, hi))


def _mask(operator: Operator, a: Interval, b: Interval) -> Interval:
    limit = (1 << max(side.bit_length() for side in (a.lo, a.hi, b.lo, b.hi))) - 1
    if a.lo < 0 or b.lo < 0:
        return Interval(-limit - 1, limit)
    match operator:
        case Operator.BITS_OR:
            return Interval(max(a.lo, b.lo), limit)
        case Operator.BITS_AND:
            return Interval(0, min(a.hi, b.hi))
        case Operator.BITS_MINUS:
            return Interval(0, a.hi)
        case _:
            raise ValueError(f"{operator} with 2 arguments")
