"""What multiplies states: how many would be left if nobody could tell one variable, or one agent, apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from shootdown.model.ir.layout import Layout
from shootdown.model.ir.system import System

from ..explicit.reached import Stored

MOST = 200_000
"""States that are looked at: the first ones, which are neighbours of each other, as far as they can be."""


@dataclass(frozen=True)
class Part:
    """A part of the state: a variable as its author declared it, or an agent with its place and locals.

    `values`: how many different ones it has; `factor`: all states over those that differ in something else.
    """

    name: str
    kind: str
    cells: int
    bits: int
    values: int
    factor: float


def parts(stored: Stored, most: int = MOST) -> list[Part]:
    """The parts of the state, those that multiply states most first."""
    count = min(stored.count, most)
    states = [int.from_bytes(stored.packed(number), "little") for number in range(count)]
    found = [_part(stored, states, *group) for group in _groups(stored.system)]
    return sorted(found, key=lambda part: (-part.factor, -part.values, part.name))


def _part(stored: Stored, states: Sequence[int], name: str, kind: str, entries: Collection[int]) -> Part:
    mask = 0
    for entry in entries:
        slot = stored.packing.slots[entry]
        mask |= (1 << slot.bits) - 1 << 64 * slot.word + slot.shift
    values = len({state & mask for state in states})
    rest = len({state & ~mask for state in states})
    bits = sum(stored.packing.slots[entry].bits for entry in entries)
    return Part(name, kind, len(entries), bits, values, len(states) / max(rest, 1))


def _groups(system: System) -> Iterator[tuple[str, str, list[int]]]:
    """Name, kind and entries of the state vector of each part."""
    layout = Layout(system)
    sizes = {array.name: array.size for array in system.arrays}
    owner = {leaf: variable.name for variable in system.variables for leaf in variable.leaves}
    groups: dict[str, list[int]] = {}
    for array in system.arrays:
        first = layout.arrays[array.name]
        groups.setdefault(owner.get(array.name, array.name), []).extend(range(first, first + sizes[array.name]))
    for name, entries in groups.items():
        yield name, "variable", entries
    for agent, first in zip(system.agents, layout.points, strict=True):
        yield agent.name, "agent", list(range(first, first + 1 + len(system.process(agent).locals)))
