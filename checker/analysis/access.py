"""Which cells of which shared variables a step, as a given agent takes it, or a property may read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import Bound, Expr, Fold, Load
from shootdown.model.ir.reads import reads
from shootdown.model.ir.stmt import Assign, Block, Cell, If, Note, Stmt
from shootdown.model.ir.system import Agent, Array, Property, Step, System
from shootdown.model.ir.walk import expressions, subexpressions

Cells = Mapping[str, frozenset[int]]
"""Positions within each array, in row-major order; an array that is not touched is no key."""

MOST_COMBINATIONS = 4096
"""Combinations of bound variables that are tried; beyond, any cell counts."""


@dataclass(frozen=True)
class Access:
    """Cells that may be read and cells that may be written."""

    reads: Cells = field(default_factory=dict)
    writes: Cells = field(default_factory=dict)

    def disturbs(self, other: Access) -> bool:
        """Whether some cell that this one writes is read or written by the other."""
        return _meet(self.writes, other.reads) or _meet(self.writes, other.writes)


def _meet(one: Cells, other: Cells) -> bool:
    return any(not cells.isdisjoint(other[name]) for name, cells in one.items() if name in other)


class AccessSets:
    """The access sets of a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._arrays = {array.name: array for array in system.arrays}
        self._evaluator = Evaluator(system)

    def step(self, agent: Agent, step: Step) -> Access:
        """What an agent's step may access; branches that its parameters or the design exclude do not count.

        Notes do not count either: they are for display.
        """
        reads: dict[str, set[int]] = {}
        writes: dict[str, set[int]] = {}
        for statement in self._taken(step.block, agent.args):
            ranges = _bound_ranges(expressions(statement))
            for expr in subexpressions(*expressions(statement)):
                if isinstance(expr, Load):
                    cells = self._cells(expr.array, expr.indices, agent.args, ranges)
                    reads.setdefault(expr.array, set()).update(cells)
            if isinstance(statement, Assign) and isinstance(statement.target, Cell):
                target = statement.target
                cells = self._cells(target.array, target.indices, agent.args, ranges)
                writes.setdefault(target.array, set()).update(cells)
        return Access(_frozen(reads), _frozen(writes))

    def property(self, prop: Property) -> Access:
        """What a property reads."""
        reads: dict[str, set[int]] = {}
        ranges = _bound_ranges((prop.expr,))
        for expr in subexpressions(prop.expr):
            if isinstance(expr, Load):
                reads.setdefault(expr.array, set()).update(self._cells(expr.array, expr.indices, (), ranges))
        return Access(_frozen(reads))

    def _taken(self, block: Block, params: tuple[int, ...]) -> Iterator[Stmt]:
        for statement in block:
            if isinstance(statement, Note):
                continue
            yield statement
            if isinstance(statement, If):
                cond = self._constant(statement.cond, params)
                if cond != 0:
                    yield from self._taken(statement.then, params)
                if cond is None or cond == 0:
                    yield from self._taken(statement.orelse, params)

    def _constant(self, expr: Expr, params: tuple[int, ...]) -> int | None:
        if _of_state(expr):
            return None
        return self._value(expr, Frame([], params=params))

    def _value(self, expr: Expr, frame: Frame) -> int | None:
        """The value, or None where a bit that does not exist is asked for, on a path that is never taken."""
        try:
            return self._evaluator.value(expr, frame)
        except ValueError:
            return None

    def _cells(
        self, name: str, indices: tuple[Expr, ...], params: tuple[int, ...], ranges: Mapping[str, range]
    ) -> frozenset[int]:
        """Positions that the indices may name: each index that depends on no state is evaluated."""
        array = self._arrays[name]
        bound = sorted({part.name for part in subexpressions(*indices) if isinstance(part, Bound)})
        combinations = 1
        for variable in bound:
            combinations *= len(ranges[variable])
        if combinations > MOST_COMBINATIONS:
            return frozenset(range(array.size))
        found: set[int] = set()
        for values in product(*(ranges[variable] for variable in bound)):
            frame = Frame([], params=params, bound=dict(zip(bound, values, strict=True)))
            found.update(self._positions(array, indices, frame))
        return frozenset(found)

    def _positions(self, array: Array, indices: tuple[Expr, ...], frame: Frame) -> list[int]:
        positions = [0]
        for size, index in zip(array.dims, indices, strict=True):
            if _of_state(index):
                values = list(range(size))
            else:
                value = self._value(index, frame)
                values = [value] if value is not None and 0 <= value < size else []
            positions = [position * size + value for position in positions for value in values]
        return positions


def _of_state(expr: Expr) -> bool:
    found = reads(expr)
    return bool(found.arrays or found.locals or found.temps)


def _bound_ranges(exprs: Iterable[Expr]) -> dict[str, range]:
    """The values of each bound variable; the folds' names are unique within one expression, not across several."""
    ranges: dict[str, range] = {}
    for fold in subexpressions(*exprs):
        if isinstance(fold, Fold):
            known = ranges.get(fold.name, range(fold.lo, fold.hi + 1))
            ranges[fold.name] = range(min(known.start, fold.lo), max(known.stop, fold.hi + 1))
    return ranges


def _frozen(cells: Mapping[str, set[int]]) -> Cells:
    return {name: frozenset(positions) for name, positions in cells.items()}
