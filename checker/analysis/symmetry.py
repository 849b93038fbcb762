"""States with the elements of index sorts renamed, and the one of each such family that stands for all.

Where the elements of a sort are interchangeable, states that differ only in who is who among them have the same future.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import System

from .element_types import Kind
from .sorts import Elements, Sorts

_WORD = (1 << 64) - 1


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

    def _called(self, sort: int, elements: Sequence[int]) -> str:
        indexed = dict(self.sorts.sorts[sort].arrays)
        for variable in self.system.variables:
            for leaf in variable.leaves:
                if leaf in indexed and indexed[leaf] < len(variable.keys):
                    return ", ".join(variable.keys[indexed[leaf]][element] for element in elements)
        return f"{len(elements)} that index {next(iter(indexed))}"

    @cached_property
    def tables(self) -> tuple[SortTable, ...]:
        """Where the elements of each symmetric sort are in the state."""
        return tuple(_table(self.system, self.sorts, sort, self.classes[sort]) for sort in self.symmetric)

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


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the state that holds an element; `guard` is the entry that is 0 where it means nothing, or None."""

    at: int
    kind: Kind
    guard: int | None


@dataclass(frozen=True)
class SortTable:
    """Where the elements of one sort are in the state.

    `classes` are its interchangeable elements, in order. `columns` have the entries that belong to each element in
    turn. `entries` hold elements always, `locals` where the agent, whose control point is the first number, stands at a
    point.
    """

    size: int
    classes: tuple[tuple[int, ...], ...]
    columns: tuple[tuple[int, ...], ...]
    entries: tuple[Entry, ...]
    locals: tuple[tuple[int, tuple[tuple[Entry, ...], ...]], ...]

    def held(self, state: State) -> Iterator[Entry]:
        """The entries that hold elements in a state."""
        for entry in self.entries:
            if entry.guard is None or state[entry.guard]:
                yield entry
        for at, points in self.locals:
            for entry in points[state[at]]:
                if entry.guard is None or state[entry.guard]:
                    yield entry

    def renamed(self, state: State, renaming: Sequence[int]) -> State:
        """The state with every element called what `renaming` says."""
        done = [*state]
        for entry in self.held(state):
            done[entry.at] = _renamed(state[entry.at], entry.kind, renaming)
        moved = [*done]
        for column in self.columns:
            for element, at in enumerate(column):
                moved[column[renaming[element]]] = done[at]
        return tuple(moved)

    def order(self, state: State) -> list[int]:
        """The renaming that brings interchangeable elements into the order of their numbers."""
        marks, renaming = self.marks(state), list(range(self.size))
        for elements in self.classes:
            for place, element in zip(elements, sorted(elements, key=lambda each: (marks[each], each)), strict=True):
                renaming[element] = place
        return renaming

    @cached_property
    def _inner(self) -> Mapping[int, tuple[int, int]]:
        """The column and the element of entries that belong to one."""
        return {
            at: (number, element) for number, column in enumerate(self.columns) for element, at in enumerate(column)
        }

    def row(self, entry: Entry) -> tuple[int, int, int, int, int]:
        """An entry as the native search reads it."""
        guard = 0 if entry.guard is None else entry.guard + 1
        column, element = self._inner.get(entry.at, (-1, 0))
        return entry.at, entry.kind.value, guard, column + 1, element

    def marks(self, state: State) -> list[int]:
        """A number for each element, by what a state says of it, whatever it is called."""
        found = [0] * self.size
        own = {entry.at for entry in self.held(state)} & self._inner.keys()
        for number, column in enumerate(self.columns):
            for element, at in enumerate(column):
                if at not in own:
                    found[element] += mark(2 * number, state[at])
        for entry in self.held(state):
            inner = self._inner.get(entry.at)
            place = 2 * entry.at + 1 if inner is None else 2 * inner[0]
            for element in _elements(state[entry.at], entry.kind):
                found[element] += mark(place, 1)
                if inner is not None:
                    found[inner[1]] += mark(2 * inner[0], 2 if element == inner[1] else 3)
        return [each & _WORD for each in found]


def mark(place: int, value: int) -> int:
    """What a value at a place adds to the number of an element."""
    mixed = (place * 0x9E3779B97F4A7C15 + value * 0xD6E8FEB86659FD93 + 0xA0761D6478BD642F) & _WORD
    mixed = (mixed ^ mixed >> 32) * 0xFF51AFD7ED558CCD & _WORD
    return mixed ^ mixed >> 29


def permuted(system: System, sorts: Sorts, sort: int, renaming: Sequence[int], state: State) -> State:
    """The state with the elements of one sort renamed."""
    return _table(system, sorts, sort, ()).renamed(state, renaming)


def columns(system: System, sorts: Sorts, sort: int) -> Iterator[tuple[int, ...]]:
    """The entries of shared variables that belong to the elements of a sort: each a row, one entry for an element."""
    layout, arrays = Layout(system), {array.name: array for array in system.arrays}
    for name, dim in sorts.sorts[sort].arrays:
        dims = arrays[name].dims
        stride = 1
        for size in dims[dim + 1 :]:
            stride *= size
        for cell in range(arrays[name].size):
            if cell // stride % dims[dim] == 0:
                first = layout.arrays[name] + cell
                yield tuple(first + element * stride for element in range(dims[dim]))


def _table(system: System, sorts: Sorts, sort: int, classes: tuple[tuple[int, ...], ...]) -> SortTable:
    layout = Layout(system)
    entries = []
    for array in system.arrays:
        elements = sorts.arrays.get(array.name)
        if elements is not None and elements.sort == sort:
            first = layout.arrays[array.name]
            guard = None if elements.guard is None else layout.arrays[str(elements.guard)]
            for cell in range(array.size):
                entries.append(Entry(first + cell, elements.kind, None if guard is None else guard + cell))
    locals_ = []
    for position, agent in enumerate(system.agents):
        at = layout.points[position]
        points = tuple(_held(held, sort, at) for held in sorts.locals[agent.process])
        if any(points):
            locals_.append((at, points))
    return SortTable(
        sorts.sorts[sort].size, classes, tuple(columns(system, sorts, sort)), tuple(entries), tuple(locals_)
    )


def _held(held: Mapping[int, Elements], sort: int, at: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(at + 1 + slot, elements.kind, None if elements.guard is None else at + 1 + int(elements.guard))
        for slot, elements in held.items()
        if elements.sort == sort
    )


def _elements(value: int, kind: Kind) -> Iterator[int]:
    match kind:
        case Kind.INDEX:
            yield value
        case Kind.OPTION:
            if value:
                yield value - 1
        case Kind.MASK:
            yield from (bit for bit in range(value.bit_length()) if value >> bit & 1)


def _renamed(value: int, kind: Kind, renaming: Sequence[int]) -> int:
    match kind:
        case Kind.INDEX:
            return renaming[value]
        case Kind.OPTION:
            return renaming[value - 1] + 1 if value else 0
        case Kind.MASK:
            return sum(1 << renaming[bit] for bit in range(len(renaming)) if value >> bit & 1)
