"""Which steps of different agents can be exchanged: read and write sets of each way through each step, as bits.

Two steps are independent if neither writes what the other reads, and what both write both set to zero. Then they
lead to the same state in either order, and neither enables, disables or fails the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import or_

from shootdown.model.ir.expr import FALSE, Const, Expr, Fold, Load, Local, Op, Operator, Param, Rigid, Temp
from shootdown.model.ir.interval import Interval, interval, process_ranges
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose
from shootdown.model.ir.system import Agent, PropertyKind, System
from shootdown.model.ir.walk import Rewriter, gotos, rewrite_block, statements, subexpressions

from .access import Access, AccessSets, Cells
from .contention import Contention
from .footprint import NOTHING, Condition, Footprint, Route
from .symmetry import Symmetry
from .ways import ways

MOST_CONDITIONS = 256
"""Conditions that are evaluated in each state; of what depends on others, nothing is known."""

_PARTIAL = (Operator.MUL, Operator.DIV, Operator.MOD, Operator.BIT, Operator.SHIFT)


@dataclass(frozen=True)
class Independence:
    """The routes of each agent by point, what they depend on, and what properties of states read."""

    system: System
    routes: tuple[Mapping[int, tuple[Route, ...]], ...]
    conditions: tuple[Condition, ...]
    visible: int
    excluded: tuple[Mapping[int, int], ...]
    """For each agent and point the literals, as bits, that do not hold while the agent stands there."""

    def simpler(self) -> Independence:
        """The tables with as few conditions as tell routes apart, and no more than are evaluated."""
        return replace(self, routes=self._simpler_routes).renumbered(self._used[:MOST_CONDITIONS])

    def renumbered(self, order: Iterable[int]) -> Independence:
        """The tables with conditions in another order; those that are left out are not asked for."""
        numbers = {number: new for new, number in enumerate(order)}
        return replace(
            self,
            routes=tuple(
                {point: _renumbered(found, numbers) for point, found in agent.items()} for agent in self.routes
            ),
            conditions=tuple(self.conditions[number] for number in numbers),
            excluded=tuple(
                {point: _literals_renumbered(bits, numbers) for point, bits in points.items()}
                for points in self.excluded
            ),
        )

    @property
    def asked(self) -> int:
        """How many conditions tell routes apart."""
        return len(self._used)

    @cached_property
    def _simpler_routes(self) -> tuple[Mapping[int, tuple[Route, ...]], ...]:
        return tuple({point: _joined(found, self.shared) for point, found in agent.items()} for agent in self.routes)

    @cached_property
    def _used(self) -> tuple[int, ...]:
        """The numbers of the conditions that tell routes apart."""
        literals = (
            number
            for agent in self._simpler_routes
            for found in agent.values()
            for route in found
            for number, _ in route.literals
        )
        return tuple(dict.fromkeys(literals))

    @cached_property
    def shared(self) -> int:
        """What matters: what a property sees, and what one agent writes and another or a condition touches."""
        asked = reduce(or_, (condition.reads for condition in self.conditions), 0)
        found = self.visible
        for agent, whole in enumerate(self.whole):
            others = (other.reads | other.writes for number, other in enumerate(self.whole) if number != agent)
            found |= whole.writes & reduce(or_, others, asked)
        return found

    @cached_property
    def whole(self) -> tuple[Footprint, ...]:
        """What each agent may ever do."""
        return tuple(
            reduce(or_, (route.footprint for routes in agent.values() for route in routes), NOTHING)
            for agent in self.routes
        )

    @cached_property
    def own_literals(self) -> tuple[int, ...]:
        """The literals of each agent's conditions, as bits: 2n for "condition n is false", the next for "is true"."""
        own = [0 for _ in self.routes]
        for number, condition in enumerate(self.conditions):
            own[condition.agent] |= 3 << 2 * number
        return tuple(own)


def independence(system: System, symmetry: Symmetry | None = None) -> Independence:
    """The tables of a system; with a symmetry, of all runs from what the initial state becomes by renaming.

    The state that stands for a reachable one may be reached in such a run only.
    """
    layout, sets = Layout(system), AccessSets(system)
    conditions = _Conditions()
    routes = [
        _Agent(system, layout, sets, position, agent, conditions).routes()
        for position, agent in enumerate(system.agents)
    ]
    seen = (PropertyKind.ALWAYS, PropertyKind.SOMETIMES)
    visible = 0
    for prop in system.properties:
        if prop.kind in seen:
            visible |= _bits(sets.property(prop).reads, layout)
    initial = [(value,) for value in layout.initial] if symmetry is None else symmetry.initial
    found = Contention(system, tuple(routes), conditions.found, visible, initial).refine()
    refined = Independence(system, *found)
    # Whether a way is open is known for all of them, or nothing may rest on it.
    if refined.asked <= MOST_CONDITIONS:
        return refined.simpler()
    return Independence(system, tuple(routes), tuple(conditions.found), visible, tuple({} for _ in routes)).simpler()


@dataclass
class _Conditions:
    """The conditions so far, and their numbers by agent and expression."""

    found: list[Condition] = field(default_factory=list)
    numbers: dict[tuple[int, Expr], int] = field(default_factory=dict)


class _Agent:
    """Reads one agent's steps."""

    def __init__(
        self,
        system: System,
        layout: Layout,
        sets: AccessSets,
        position: int,
        agent: Agent,
        conditions: _Conditions,
    ) -> None:
        self._layout = layout
        self._sets = sets
        self._position = position
        self._agent = agent
        self._process = system.process(agent)
        self._first = layout.points[position] + 1
        self._dims = {array.name: array.dims for array in system.arrays}
        self._ranges = process_ranges(system, self._process)
        self._conditions = conditions
        rigid = {mechanism.name: mechanism.value for mechanism in system.mechanisms}
        self._fill = Rewriter(lambda expr: simplify(_constant(expr, agent.args, rigid)))

    def routes(self) -> Mapping[int, tuple[Route, ...]]:
        """The routes that start at each point."""
        found: dict[int, list[Route]] = {}
        for number, step in enumerate(self._process.steps):
            for way in ways(rewrite_block(step.block, self._fill), self._askable):
                known = tuple(dict.fromkeys(self._literal(*literal) for literal in way.literals))
                if len({condition for condition, _ in known}) < len(known):
                    continue
                targets = tuple(dict.fromkeys(goto.point for goto in gotos(way.block)))
                route = Route(known, self._footprint(way.block), targets, number, way.block)
                found.setdefault(step.source, []).append(route)
        return {point: tuple(routes) for point, routes in found.items()}

    def _literal(self, expr: Expr, wanted: bool) -> tuple[int, bool]:
        key = self._position, expr
        number = self._conditions.numbers.get(key)
        if number is None:
            number = len(self._conditions.found)
            self._conditions.numbers[key] = number
            self._conditions.found.append(Condition(self._position, expr, self._reads(expr)))
        return number, wanted

    def _reads(self, expr: Expr) -> int:
        found = self._footprint((Assign(Temp(0), expr),)).reads
        for part in subexpressions(expr):
            if isinstance(part, Local):
                found |= 1 << self._first + part.slot
        return found

    def _footprint(self, block: Block) -> Footprint:
        """What a block touches; locals only where it writes them, for nobody else reads them."""
        access = self._access(block)
        written = [
            statement.target.slot
            for statement in statements(block)
            if isinstance(statement, Assign | Choose) and isinstance(statement.target, Local)
        ]
        locals_ = sum(1 << self._first + slot for slot in set(written))
        stores = 0
        for statement in statements(block):
            if isinstance(statement, Assign) and isinstance(statement.target, Cell) and statement.value != FALSE:
                stores |= _bits(self._access((statement,)).writes, self._layout)
        writes = _bits(access.writes, self._layout) | locals_
        return Footprint(_bits(access.reads, self._layout), writes, stores | locals_)

    def _access(self, block: Block) -> Access:
        return self._sets.step(self._agent, replace(self._process.steps[0], block=block))

    def _askable(self, expr: Expr) -> bool:
        """Whether the expression depends on the state, and can be evaluated in any."""
        parts = list(subexpressions(expr))
        if any(isinstance(part, Temp) or (isinstance(part, Op) and part.operator in _PARTIAL) for part in parts):
            return False
        bound = {part.name: Interval(part.lo, max(part.lo, part.hi)) for part in parts if isinstance(part, Fold)}
        ranges = replace(self._ranges, bound=bound)
        for part in parts:
            if isinstance(part, Load):
                for size, index in zip(self._dims[part.array], part.indices, strict=True):
                    if not interval(index, ranges).within(Interval(0, size - 1)):
                        return False
        return any(isinstance(part, Load | Local) for part in parts)


def _constant(expr: Expr, args: tuple[int, ...], rigid: Mapping[str, int]) -> Expr:
    match expr:
        case Param(slot):
            return Const(args[slot])
        case Rigid(mechanism):
            return Const(rigid[mechanism])
        case _:
            return expr


def _bits(cells: Cells, layout: Layout) -> int:
    found = 0
    for name, positions in cells.items():
        for position in positions:
            found |= 1 << layout.arrays[name] + position
    return found


def _joined(routes: Iterable[Route], kept: int) -> tuple[Route, ...]:
    """The routes, those as one that differ in nothing but the value of one condition."""
    found: list[Route] = []
    pending = [*routes]
    while pending:
        route = pending.pop(0)
        reduced = Footprint(*(cells & kept for cells in _cells(route.footprint)))
        route = Route(tuple(sorted(route.literals)), reduced, tuple(sorted(route.targets)), route.step)
        for number, wanted in route.literals:
            rest = tuple(literal for literal in route.literals if literal[0] != number)
            twin = replace(route, literals=tuple(sorted((*rest, (number, not wanted)))))
            if twin in found:
                found.remove(twin)
                pending.append(replace(route, literals=rest))
                break
        else:
            if route not in found:
                found.append(route)
    return tuple(found)


def _cells(footprint: Footprint) -> tuple[int, int, int]:
    return footprint.reads, footprint.writes, footprint.stores


def _renumbered(routes: Iterable[Route], numbers: Mapping[int, int]) -> tuple[Route, ...]:
    return tuple(
        replace(
            route,
            literals=tuple((numbers[number], wanted) for number, wanted in route.literals if number in numbers),
        )
        for route in routes
    )


def _literals_renumbered(literals: int, numbers: Mapping[int, int]) -> int:
    return sum((literals >> 2 * old & 3) << 2 * new for old, new in numbers.items())
