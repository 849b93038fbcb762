"""Where each part of the state stands in the vector of integers that all engines exchange."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .system import System

State = tuple[int, ...]
"""The cells of every array in order, then for each agent its control point and its locals."""


@dataclass(frozen=True)
class Layout:
    """Offsets into a `State`."""

    system: System

    @cached_property
    def arrays(self) -> dict[str, int]:
        """Offset of the first cell of each array."""
        offsets: dict[str, int] = {}
        position = 0
        for array in self.system.arrays:
            offsets[array.name] = position
            position += array.size
        return offsets

    @cached_property
    def points(self) -> tuple[int, ...]:
        """Offset of each agent's control point; its locals follow."""
        position = sum(array.size for array in self.system.arrays)
        offsets = []
        for agent in self.system.agents:
            offsets.append(position)
            position += 1 + len(self.system.process(agent).locals)
        return tuple(offsets)

    @cached_property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """Lower and upper bound of every entry."""
        rows = [(array.lo, array.hi) for array in self.system.arrays for _ in range(array.size)]
        for agent in self.system.agents:
            process = self.system.process(agent)
            rows.append((0, len(process.points) - 1))
            rows += [(local.lo, local.hi) for local in process.locals]
        return tuple(rows)

    @cached_property
    def initial(self) -> State:
        """The initial state."""
        values = [value for array in self.system.arrays for value in array.init]
        for agent in self.system.agents:
            process = self.system.process(agent)
            values.append(process.entry)
            values += [local.init for local in process.locals]
        return tuple(values)
