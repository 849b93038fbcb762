"""States with the elements of index sorts renamed, and the one of each such family that stands for all.

Where the elements of a sort are interchangeable, states that differ only in who is who among them have the same future.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, product
from math import prod
from typing import TypeVar

from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import Array, System

from .element_types import Kind
from .sorts import Elements, Sorts
from .twins import counterparts, told_apart, works_for

T = TypeVar("T")

_WORD = (1 << 64) - 1

TOO_LATE = "there was no time left to prove that its elements are interchangeable"
"""Against a sort of which nothing is known."""


@dataclass(frozen=True)
class Symmetry:
    """The sorts of a system and, for each, which of its elements are interchangeable, in groups of two and more.

    `against` says, for each, why its elements are not all interchangeable; empty text: they are.
    """

    system: System
    sorts: Sorts
    classes: tuple[tuple[tuple[int, ...], ...], ...]
    against: tuple[str, ...]

    @property
    def symmetric(self) -> tuple[int, ...]:
        """The sorts of which some elements are interchangeable."""
        return tuple(number for number, groups in enumerate(self.classes) if groups)

    @property
    def groups(self) -> tuple[str, ...]:
        """What the elements of each group are called."""
        return tuple(self._called(sort, elements) for sort in self.symmetric for elements in self.classes[sort])

    @property
    def apart(self) -> tuple[str, ...]:
        """Agents that run one program and do not change places, and why."""
        return told_apart(self.system, self.sorts, self.against, self.orbits)

    def _called(self, sort: int, elements: Sequence[int]) -> str:
        indexed = dict(self.sorts.sorts[sort].arrays)
        for variable in self.system.variables:
            for leaf in variable.leaves:
                if leaf in indexed and indexed[leaf] < len(variable.keys):
                    return ", ".join(variable.keys[indexed[leaf]][element] for element in elements)
        return f"{len(elements)} that index {next(iter(indexed))}"

    @cached_property
    def tables(self) -> tuple[SortTable, ...]:
        """Where the elements of each symmetric sort are in the state, sorts that agents are elements of first.

        Of the elements of later sorts, a table says nothing that their names make a difference to.
        """
        made = {sort: _table(self.system, self.sorts, sort, self.classes[sort]) for sort in self.symmetric}
        order = sorted(made, key=lambda sort: (not made[sort].agents, sort))
        return tuple(
            replace(made[sort], others=_others(self.system, self.sorts, order[position + 1 :], made[sort]))
            for position, sort in enumerate(order)
        )

    def representative(self, state: State) -> State:
        """The state that stands for a state and all that it becomes by renaming.

        It is always one of them. Which one depends on nothing but the family, as far as elements that a state tells
        apart in no way but by their relation to each other do not matter.
        """
        for table in self.tables:
            renaming = table.order(state)
            if renaming != list(range(table.size)):
                state = table.renamed(state, renaming)
        return state

    @cached_property
    def orbits(self) -> tuple[int, ...]:
        """For each agent the first of those whose places it may take."""
        found = [*range(len(self.system.agents))]
        for table in self.tables:
            for agents in table.agents:
                there = {found[agent] for agent in agents}
                found = [min(there) if each in there else each for each in found]
        return tuple(found)

    @cached_property
    def initial(self) -> tuple[frozenset[int], ...]:
        """The values of each entry in the initial state and all that it becomes by renaming; of cells, locals apart."""
        found = [frozenset({value}) for value in Layout(self.system).initial]
        before: list[frozenset[int]] = []
        while found != before:
            before = found
            for table in self.tables:
                for group in table.classes:
                    for element in group[1:]:
                        renaming = exchanging(table.size, group[0], element)
                        renamed = [*found]
                        for entry in table.entries:
                            values = found[entry.at]
                            renamed[entry.at] = values | {entry.kind.renamed(value, renaming) for value in values}
                        moved = table.moved(renamed, renaming)
                        found = [here | there for here, there in zip(found, moved, strict=True)]
        return tuple(found)


def exchanging(size: int, one: int, other: int) -> tuple[int, ...]:
    """The renaming that exchanges two elements."""
    return tuple(other if each == one else one if each == other else each for each in range(size))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the state that holds an element; `guard` is the entry that is 0 where it means nothing, or None."""

    at: int
    kind: Kind
    guard: int | None


Points = tuple[tuple[int, tuple[tuple[Entry, ...], ...]], ...]
"""For some agents, where the state has the control point, and for each point the locals that hold elements there."""


@dataclass(frozen=True)
class Others:
    """Entries that belong to an element of one sort, and hold elements of others."""

    entries: tuple[Entry, ...] = ()
    locals: Points = ()


@dataclass(frozen=True)
class SortTable:
    """Where the elements of one sort are in the state.

    `classes` are its interchangeable elements, in order. `columns` have the entries that belong to each element in
    turn, or None; `squares` those that belong to each two elements, the first one's together. `entries` hold elements
    always, `locals` where the agent stands at a point. `agents` are those that work for the elements of a class, in its
    order; their control points and locals are columns. `leading` has the control point of the first of them for each
    element, or None: it tells elements apart at the least cost.
    """

    size: int
    classes: tuple[tuple[int, ...], ...]
    columns: tuple[tuple[int | None, ...], ...]
    squares: tuple[tuple[int, ...], ...]
    entries: tuple[Entry, ...]
    locals: Points
    agents: tuple[tuple[int, ...], ...]
    leading: tuple[int | None, ...]
    others: Others = Others()

    def renamed(self, state: State, renaming: Sequence[int]) -> State:
        """The state with every element called what `renaming` says."""
        done = [*state]
        for entry in _held(state, self.entries, self.locals):
            done[entry.at] = entry.kind.renamed(state[entry.at], renaming)
        return tuple(self.moved(done, renaming))

    def moved(self, state: Sequence[T], renaming: Sequence[int]) -> list[T]:
        """What a state has in each entry, after what belongs to an element has moved to where its new name is."""
        done = [*state]
        for column in self.columns:
            for element, at in enumerate(column):
                to = column[renaming[element]]
                if at is not None and to is not None:
                    done[to] = state[at]
        for square in self.squares:
            for pair, at in enumerate(square):
                one, other = divmod(pair, self.size)
                done[square[renaming[one] * self.size + renaming[other]]] = state[at]
        return done

    def order(self, state: State) -> list[int]:
        """The renaming that brings interchangeable elements into order: where agents stand, then their numbers."""
        marks, renaming = self.marks(state), list(range(self.size))
        leads = [0 if at is None else state[at] for at in self.leading]
        for elements in self.classes:
            ordered = sorted(elements, key=lambda each: (leads[each], marks[each], each))
            for place, element in zip(elements, ordered, strict=True):
                renaming[element] = place
        return renaming

    @cached_property
    def _inner(self) -> Mapping[int, tuple[int, int]]:
        """The column and the element of entries that belong to one."""
        return {
            at: (number, element)
            for number, column in enumerate(self.columns)
            for element, at in enumerate(column)
            if at is not None
        }

    def row(self, entry: Entry, *, other: bool = False) -> tuple[int, int, int, int, int]:
        """An entry as the native search reads it; `other`: it holds elements of another sort."""
        guard = 0 if entry.guard is None else entry.guard + 1
        column, element = self._inner.get(entry.at, (-1, 0))
        return entry.at, entry.kind.value + len(Kind) * other, guard, column + 1, element

    def marks(self, state: State) -> list[int]:
        """A number for each element, by what a state says of it, whatever it is called."""
        found = [0] * self.size
        own = [*_held(state, self.entries, self.locals)]
        others = [*_held(state, self.others.entries, self.others.locals)]
        held = {entry.at for entry in (*own, *others)} & self._inner.keys()
        for number, column in enumerate(self.columns):
            for element, at in enumerate(column):
                if at is not None and at not in held:
                    found[element] += mark(2 * number, state[at])
        self._mark_pairs(state, found)
        for entry in own:
            inner = self._inner.get(entry.at)
            place = 2 * entry.at + 1 if inner is None else 2 * inner[0]
            for element in entry.kind.elements(state[entry.at]):
                found[element] += mark(place, 1)
                if inner is not None:
                    found[inner[1]] += mark(2 * inner[0], 2 if element == inner[1] else 3)
        for entry in others:
            number, element = self._inner[entry.at]
            found[element] += mark(2 * number, entry.kind.shape(state[entry.at]))
        return [each & _WORD for each in found]

    def _mark_pairs(self, state: State, found: list[int]) -> None:
        """Add what is said of each two elements."""
        for number, square in enumerate(self.squares):
            place = 2 * (len(self.columns) + 3 * number)
            for pair, at in enumerate(square):
                one, other = divmod(pair, self.size)
                if one == other:
                    found[one] += mark(place, state[at])
                else:
                    found[one] += mark(place + 2, state[at])
                    found[other] += mark(place + 4, state[at])


def mark(place: int, value: int) -> int:
    """What a value at a place adds to the number of an element."""
    mixed = (place * 0x9E3779B97F4A7C15 + value * 0xD6E8FEB86659FD93 + 0xA0761D6478BD642F) & _WORD
    mixed = (mixed ^ mixed >> 32) * 0xFF51AFD7ED558CCD & _WORD
    return mixed ^ mixed >> 29


def renaming_table(system: System, sorts: Sorts, sort: int, renaming: Sequence[int]) -> SortTable:
    """The table of a sort, of whose elements those that are renamed are one class."""
    moving = tuple(element for element, name in enumerate(renaming) if element != name)
    return _table(system, sorts, sort, (moving,) if moving else ())


def _columns(system: System, sorts: Sorts, sort: int) -> Iterator[tuple[int, ...]]:
    """The entries of shared variables that belong to the elements of a sort: each a row, one entry for an element."""
    for array, first, strides in _indexed(system, sorts, sort):
        if len(strides) == 1:
            yield from _rows(array, first, sorts.sorts[sort].size, strides)


def _squares(system: System, sorts: Sorts, sort: int) -> Iterator[tuple[int, ...]]:
    """The same, of variables that belong to pairs: one entry for each two elements."""
    for array, first, strides in _indexed(system, sorts, sort):
        if len(strides) == 2:
            yield from _rows(array, first, sorts.sorts[sort].size, strides)


def _rows(array: Array, first: int, size: int, strides: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The cells that only differ in the elements that index them."""
    for cell in range(array.size):
        if all(cell // stride % size == 0 for stride in strides):
            yield tuple(
                first + cell + sum(element * stride for element, stride in zip(elements, strides, strict=True))
                for elements in product(range(size), repeat=len(strides))
            )


def _indexed(system: System, sorts: Sorts, sort: int) -> Iterator[tuple[Array, int, list[int]]]:
    """The arrays that a sort indexes, where they begin in the state, and how far apart its elements are in each."""
    layout, arrays = Layout(system), {array.name: array for array in system.arrays}
    dims: dict[str, list[int]] = {}
    for name, dim in sorts.sorts[sort].arrays:
        dims.setdefault(name, []).append(dim)
    for name, found in dims.items():
        yield arrays[name], layout.arrays[name], [prod(arrays[name].dims[dim + 1 :]) for dim in sorted(found)]


def _table(system: System, sorts: Sorts, sort: int, classes: tuple[tuple[int, ...], ...]) -> SortTable:
    size, agents = sorts.sorts[sort].size, tuple(_moving(system, sorts, sort, classes))
    columns: list[tuple[int | None, ...]] = [*_columns(system, sorts, sort)]
    points, leading = Layout(system).points, dict[int, int]()
    for group, moving in agents:
        at = {element: points[agent] for element, agent in zip(group, moving, strict=True)}
        leading = at | leading
        for part in range(1 + len(system.process(system.agents[moving[0]]).locals)):
            columns.append(tuple(at[element] + part if element in at else None for element in range(size)))
    return SortTable(
        size,
        classes,
        tuple(columns),
        tuple(_squares(system, sorts, sort)),
        _entries(system, sorts, (sort,)),
        _of_locals(system, sorts, (sort,)),
        tuple(moving for _, moving in agents),
        tuple(leading.get(element) for element in range(size)),
    )


def _moving(
    system: System, sorts: Sorts, sort: int, classes: tuple[tuple[int, ...], ...]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Each class with agents that work for its elements, in its order."""
    for group in classes:
        size = sorts.sorts[sort].size
        maps = [counterparts(system, sorts, sort, exchanging(size, group[0], element))[0] for element in group[1:]]
        for position, agent in enumerate(system.agents):
            if group[0] in works_for(system, sorts, sort, agent):
                yield group, (position, *(found[position] for found in maps))


def _others(system: System, sorts: Sorts, later: Sequence[int], table: SortTable) -> Others:
    """What belongs to an element of a table's sort and holds elements of other sorts."""
    inner = {at for column in table.columns for at in column}

    def within(entries: Iterable[Entry]) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if entry.at in inner)

    locals_ = [(at, tuple(map(within, points))) for at, points in _of_locals(system, sorts, later)]
    entries = within(_entries(system, sorts, later))
    return Others(entries, tuple((at, points) for at, points in locals_ if any(points)))


def _entries(system: System, sorts: Sorts, wanted: Collection[int]) -> tuple[Entry, ...]:
    """The cells that hold elements of some sorts."""
    layout, found = Layout(system), []
    for array in system.arrays:
        elements = sorts.arrays.get(array.name)
        if elements is not None and elements.sort in wanted:
            first = layout.arrays[array.name]
            guard = None if elements.guard is None else layout.arrays[str(elements.guard)]
            for cell in range(array.size):
                found.append(Entry(first + cell, elements.kind, None if guard is None else guard + cell))
    return tuple(found)


def _of_locals(system: System, sorts: Sorts, wanted: Collection[int]) -> Points:
    """The locals that hold elements of some sorts."""
    found = []
    for position, agent in enumerate(system.agents):
        at = Layout(system).points[position]
        points = tuple(_at_point(held, wanted, at) for held in sorts.locals[agent.process])
        if any(points):
            found.append((at, points))
    return tuple(found)


def _at_point(held: Mapping[int, Elements], wanted: Collection[int], at: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(at + 1 + slot, elements.kind, None if elements.guard is None else at + 1 + int(elements.guard))
        for slot, elements in held.items()
        if elements.sort in wanted
    )


def _held(state: State, entries: Iterable[Entry], locals_: Points) -> Iterator[Entry]:
    """The entries, of these and of those that are there where agents stand, that mean something in a state."""
    for entry in chain(entries, *(points[state[at]] for at, points in locals_)):
        if entry.guard is None or state[entry.guard]:
            yield entry
