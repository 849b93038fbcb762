"""Read and write sets with what is known of single cells: which accesses to a cell compete, and when.

A cell is looked at if all that touch it name it by constants and depend on it alone (`exchange`). Its bit gives way to
one for each kind of access: who makes one writes that bit, and reads those of the kinds that may not come before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import or_

from shootdown.model.ir.expr import Const, Expr, Load
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.stmt import Assign, Block, Cell, Note
from shootdown.model.ir.system import Array, System
from shootdown.model.ir.walk import expressions, statements, subexpressions

from .exchange import MOST_VALUES, CellUse, Impure, Kind, Passage
from .footprint import Condition, Footprint, Route

Routes = tuple[Mapping[int, tuple[Route, ...]], ...]
"""The routes of each agent by point."""
Excluded = tuple[Mapping[int, int], ...]
"""For each agent and point the literals, as bits, that do not hold while the agent is there."""


@dataclass
class Contention:
    """The tables of a system, cell after cell made more precise."""

    system: System
    routes: Routes
    conditions: Sequence[Condition]
    visible: int
    initial: Sequence[Collection[int]]
    """The values that each entry of the state may begin with."""

    def __post_init__(self) -> None:
        self._layout = Layout(self.system)
        self._next = len(self._layout.bounds)
        self._excluded: list[dict[int, int]] = [{} for _ in self.routes]
        self._passages = [
            (self._passage(agent, point, route), position)
            for agent, points in enumerate(self.routes)
            for point, found in points.items()
            for position, route in enumerate(found)
        ]
        self._footprints = [
            self.routes[passage.agent][passage.source][position].footprint for passage, position in self._passages
        ]

    def refine(self) -> tuple[Routes, tuple[Condition, ...], int, Excluded]:
        """Routes, conditions, what is visible, and literals that do not hold where an agent stands."""
        for array in self._named():
            if array.hi - array.lo < MOST_VALUES:
                for cell in range(array.size):
                    self._look_at(array, cell)
        routes: list[dict[int, list[Route]]] = [{} for _ in self.routes]
        for (passage, position), footprint in zip(self._passages, self._footprints, strict=True):
            route = self.routes[passage.agent][passage.source][position]
            routes[passage.agent].setdefault(passage.source, []).append(replace(route, footprint=footprint))
        return (
            tuple({point: tuple(found) for point, found in points.items()} for points in routes),
            tuple(self.conditions),
            self.visible,
            tuple(self._excluded),
        )

    def _passage(self, agent: int, point: int, route: Route) -> Passage:
        literals = tuple((self.conditions[number].expr, wanted) for number, wanted in route.literals)
        return Passage(agent, point, route.targets, route.block, literals)

    def _named(self) -> Iterator[Array]:
        """The arrays of which every access names the cell by constants."""
        computed = set()
        for passage, _ in self._passages:
            for array, indices in _accesses(passage.block):
                if not all(isinstance(index, Const) for index in indices):
                    computed.add(array)
        return (array for array in self.system.arrays if array.name not in computed)

    def _look_at(self, array: Array, cell: int) -> None:
        place = self._layout.arrays[array.name] + cell
        bit = 1 << place
        touching = [number for number, each in enumerate(self._footprints) if (each.reads | each.writes) & bit]
        agents = {self._passages[number][0].agent for number in touching}
        if len(agents) < 2 or not any(self._footprints[number].writes & bit for number in touching):
            return
        use = CellUse(
            array.name,
            array.lo,
            array.hi,
            self.initial[place],
            tuple(self.system.process(agent).entry for agent in self.system.agents),
            tuple(self._passages[number][0] for number in touching),
            tuple(
                passage
                for (passage, _), each in zip(self._passages, self._footprints, strict=True)
                if not (each.reads | each.writes) & bit
            ),
            _is_cell(array, cell),
        )
        try:
            if use.reached is None:
                return
        except Impure:
            return
        self._split(use, touching, bit)

    def _split(self, use: CellUse, touching: Sequence[int], bit: int) -> None:
        """Let bits for kinds of access stand for the bit of a cell."""
        bits = self._bits_of(use)

        def made_of(kinds: Iterable[Kind]) -> int:
            return reduce(or_, (bits[kind] for kind in kinds), 0)

        minds: dict[Kind, list[Kind]] = {}
        for first, second in use.conflicts:
            minds.setdefault(first, []).append(second)
        for number, kind in zip(touching, use.kinds, strict=True):
            old = self._footprints[number]
            reads, writes = old.reads & ~bit | made_of(minds.get(kind, ())), old.writes & ~bit | bits[kind]
            self._footprints[number] = Footprint(reads, writes, old.stores & ~bit)
        changing = made_of(use.changing(int))
        if self.visible & bit:
            self.visible = self.visible & ~bit | changing
        conditions = [*self.conditions]
        for number, condition in enumerate(conditions):
            if condition.reads & bit:
                alone = condition.reads == bit
                turning = made_of(use.changing(_truth(use, condition.expr))) if alone else changing
                conditions[number] = replace(condition, reads=condition.reads & ~bit | turning)
                if alone:
                    self._exclude(use, number, condition.expr)
        self.conditions = conditions

    def _bits_of(self, use: CellUse) -> dict[Kind, int]:
        """A bit for each kind of access, the same for those that conflict with the same."""
        rows: dict[Kind, set[Kind]] = {kind: set() for kind in use.kinds}
        for first, second in use.conflicts:
            rows[first].add(second)
            rows[second].add(first)
        turning = {kind: kind in use.changing(int) for kind in rows}
        found: dict[tuple[frozenset[Kind], bool], int] = {}
        bits = {}
        for kind, row in rows.items():
            key = frozenset(row), turning[kind]
            if key not in found:
                found[key] = 1 << self._next
                self._next += 1
            bits[kind] = found[key]
        return bits

    def _exclude(self, use: CellUse, number: int, expr: Expr) -> None:
        truth = _truth(use, expr)
        for agent in use.involved:
            for point, part in use.parts[agent].items():
                there = {truth(value) for value in use.values_at(agent, part)}
                for wanted in (False, True):
                    if there == {not wanted}:
                        own = self._excluded[agent]
                        own[point] = own.get(point, 0) | 1 << 2 * number + wanted


def _truth(use: CellUse, expr: Expr) -> Callable[[int], bool | None]:
    return cache(lambda value: use.truth(expr, value))


def _accesses(block: Block) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    for statement in statements(block):
        if isinstance(statement, Note):
            continue
        if isinstance(statement, Assign) and isinstance(statement.target, Cell):
            yield statement.target.array, statement.target.indices
        for part in subexpressions(*expressions(statement)):
            if isinstance(part, Load):
                yield part.array, part.indices


def _is_cell(array: Array, cell: int) -> Callable[[str, Sequence[Expr]], bool]:
    def named(name: str, indices: Sequence[Expr]) -> bool:
        if name != array.name:
            return False
        position = 0
        for size, index in zip(array.dims, indices, strict=True):
            assert isinstance(index, Const)
            position = position * size + index.value
        return position == cell

    return named
