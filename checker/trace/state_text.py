"""States as text: the cells of shared variables as their author declared them, and where agents stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import Array, System
from shootdown.model.ir.views import ScalarView, Variable, text

from .trace import CellText, Change, Named, Position, StateText

_HOLE = re.compile(r"\{(\d+|value)\}")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a declared variable and where its leaves stand in the state; those of a queue's elements are ranges."""

    variable: Variable
    keys: tuple[str, ...]
    leaves: tuple[int | range, ...]

    def text(self, state: Sequence[int]) -> str:
        """The value in a state."""
        values = [
            state[leaf] if isinstance(leaf, int) else [state[position] for position in leaf] for leaf in self.leaves
        ]
        return text(self.variable.view, values)

    def describe(self, state: Sequence[int]) -> CellText:
        """The cell with its value in a state."""
        variable, value = self.variable, self.text(state)
        shown = "" if variable.show is None else _fill(variable.show, self.keys, value)
        return CellText(variable.name, variable.owner, self.keys, value, shown, variable.ghost)


@dataclass(frozen=True)
class Describer:
    """Describes the states of one system."""

    system: System

    @cached_property
    def layout(self) -> Layout:
        """Offsets into a state."""
        return Layout(self.system)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell, in the order of declaration; arrays that no declared variable covers come last."""
        declared = [item for item in self.system.variables if all(leaf in self._arrays for leaf in item.leaves)]
        covered = {leaf for variable in declared for leaf in variable.leaves}
        bare = [_bare(array) for array in self.system.arrays if array.name not in covered]
        return tuple(cell for variable in [*declared, *bare] for cell in self._cells(variable))

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        return {array.name: array for array in self.system.arrays}

    @cached_property
    def by_position(self) -> dict[int, Cell]:
        """The cell to which each position of the state's shared part belongs."""
        table = {}
        for cell in self.cells:
            for leaf in cell.leaves:
                table.update(dict.fromkeys([leaf] if isinstance(leaf, int) else leaf, cell))
        return table

    def state(self, state: State) -> StateText:
        """Everything there is to see in a state."""
        positions = tuple(self.position(state, agent) for agent in range(len(self.system.agents)))
        return StateText(tuple(cell.describe(state) for cell in self.cells), positions)

    def changes(self, old: State, new: State) -> tuple[Change, ...]:
        """The cells whose text differs."""
        other = [position for position, values in enumerate(zip(old, new, strict=True)) if values[0] != values[1]]
        touched = {id(self.by_position.get(position)) for position in other}
        pairs = ((cell, cell.text(old)) for cell in self.cells if id(cell) in touched)
        return tuple(Change(cell.describe(new), before) for cell, before in pairs if before != cell.text(new))

    def at(self, positions: Iterable[int], state: Sequence[int]) -> tuple[CellText, ...]:
        """The cells at positions of the state, each once."""
        cells = {id(cell): cell for cell in (self.by_position[position] for position in positions)}
        return tuple(cell.describe(state) for cell in cells.values())

    def positions(self, array: str, indices: Sequence[int] | None = None) -> range:
        """Where an array stands in the state, or its cell at `indices`; nothing if they are out of range."""
        start, shape = self.layout.arrays[array], self._arrays[array]
        if indices is None:
            return range(start, start + shape.size)
        row = 0
        for index, size in zip(indices, shape.dims, strict=True):
            if not 0 <= index < size:
                return range(0)
            row = row * size + index
        return range(start + row, start + row + 1)

    def position(self, state: State, agent: int) -> Position:
        """Where an agent stands."""
        offset = self.layout.points[agent]
        point = self.system.process(self.system.agents[agent]).points[state[offset]]
        views = dict(self.system.views)
        shown = tuple(
            Named(name, text(views[view], [state[offset + 1 + slot] for slot in slots]))
            for slots, name, view in point.live
        )
        return Position(point.name, point.inside, shown)

    def _cells(self, variable: Variable) -> Iterable[Cell]:
        for row, keys in enumerate(product(*variable.keys)):
            leaves: list[int | range] = []
            for name in variable.leaves:
                start, array = self.layout.arrays[name], self._arrays[name]
                if len(array.dims) == len(variable.keys):
                    leaves.append(start + row)
                else:
                    places = array.dims[-1]
                    leaves.append(range(start + row * places, start + (row + 1) * places))
            yield Cell(variable, keys, tuple(leaves))


def _bare(array: Array) -> Variable:
    keys = tuple(tuple(str(at) for at in range(size)) for size in array.dims)
    return Variable(array.name, "", keys, ScalarView(), (array.name,), None, array.ghost)


def _fill(show: str, keys: Sequence[str], value: str) -> str:
    """The template with its holes filled; a hole for a key that the variable lacks stays as it is."""

    def filled(hole: re.Match[str]) -> str:
        name = hole.group(1)
        if name == "value":
            return value
        return keys[int(name)] if int(name) < len(keys) else hole.group(0)

    return _HOLE.sub(filled, show)
