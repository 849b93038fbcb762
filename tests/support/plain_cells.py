"""The shared state of the interpreter as values of plain Python, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from plain_model import PlainModel
from plain_values import Leaf, sort_at, value_at

from shootdown.model.declare.cells import Address
from shootdown.model.declare.shown import text
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import System
from shootdown.model.ir.views import Variable, View

Name = tuple[str, str, tuple[str, ...]]
"""State, member and keys of a cell, as the system has them."""


@dataclass(frozen=True)
class Held:
    """Where a system holds a cell: for each leaf the first entry of a state and the number of entries (None: one)."""

    sort: Any
    view: View
    leaves: tuple[tuple[int, int | None], ...]

    def places(self) -> Iterable[int]:
        """The entries of a state that hold the cell."""
        return (place for start, count in self.leaves for place in range(start, start + (count or 1)))


@dataclass(frozen=True)
class SharedCells:
    """The cells that a system has, among those that plain Python has; values are read within the run."""

    system: System
    model: PlainModel
    addresses: Sequence[Address]

    @cached_property
    def held(self) -> Mapping[Address, Held]:
        """Where each cell is held; AssertionError if plain Python lacks one."""
        addresses = {name_of(address): address for address in self.addresses}
        return {addresses[name]: held for variable in self.system.variables for name, held in self._variable(variable)}

    def _variable(self, variable: Variable) -> Iterable[tuple[Name, Held]]:
        offsets = Layout(self.system).arrays
        arrays = {array.name: array for array in self.system.arrays if array.name in variable.leaves}
        keys = list(product(*variable.keys))
        member = variable.name.removeprefix(f"{variable.owner}.")
        addresses = {name_of(address): address for address in self.addresses}
        for position, key in enumerate(keys):
            leaves: list[tuple[int, int | None]] = []
            for leaf in variable.leaves:
                width = arrays[leaf].size // len(keys)
                queued = len(arrays[leaf].dims) > len(variable.keys)
                leaves.append((offsets[leaf] + position * width, width if queued else None))
            name = variable.owner, member, key
            yield name, Held(sort_at(addresses[name], self.model.states), variable.view, tuple(leaves))

    @cached_property
    def _at(self) -> Mapping[int, Address]:
        """The cell that each entry of a state belongs to."""
        return {place: address for address, held in self.held.items() for place in held.places()}

    def value(self, address: Address, state: State) -> object:
        """The value of a cell."""
        held = self.held[address]
        leaves: list[Leaf] = [
            state[start] if count is None else state[start : start + count] for start, count in held.leaves
        ]
        return value_at(held.sort, held.view, leaves)

    def of(self, state: State) -> dict[Address, object]:
        """The value of every cell."""
        return {address: self.value(address, state) for address in self.held}

    def changed(self, before: State, after: State) -> dict[Address, object]:
        """The cells whose value changed, with their new value."""
        cells = {self._at[place] for place, value in enumerate(after) if value != before[place] and place in self._at}
        new = {address: self.value(address, after) for address in cells}
        return {address: value for address, value in new.items() if value != self.value(address, before)}

    def closed(self, places: Iterable[int]) -> set[int]:
        """The entries given, and all others of the cells that they belong to."""
        given = set(places)
        cells = {self._at[place] for place in given if place in self._at}
        return given.union(*(self.held[address].places() for address in cells))


def name_of(address: Address) -> Name:
    """The name of the cell at an address."""
    state, *rest = address
    members = [part for part in rest if isinstance(part, str)]
    return str(state), ".".join(members), tuple(text(part) for part in rest if not isinstance(part, str))
