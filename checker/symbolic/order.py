"""A canonical order of independent steps, as constraints on neighbours.

Two steps of different agents that touch no cell in common may change places without changing anything else. Of the runs
that differ in such exchanges only one is wanted: a step is not followed by an independent one of an agent that comes
before its own. Every state that some run of a length reaches is still reached by a run of that length.
"""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.model.ir.system import System

from ..analysis.access import Access, AccessSets, Cells
from .relation import Move


class Order:
    """Moves in classes: of the same agent, touching the same cells."""

    def __init__(self, system: System, moves: Sequence[Move]) -> None:
        sets = AccessSets(system)
        numbers: dict[tuple[object, ...], int] = {}
        self.of: list[int] = []
        """The class of each move."""
        members: list[tuple[int, Access]] = []
        for move in moves:
            access = sets.step(system.agents[move.agent], move.step)
            key = (move.agent, _key(access.reads), _key(access.writes))
            if key not in numbers:
                numbers[key] = len(numbers)
                members.append((move.agent, access))
            self.of.append(numbers[key])
        self.never_next = [
            [number for number, (agent, next_) in enumerate(members) if agent < first and _independent(access, next_)]
            for first, access in members
        ]
        """For each class the classes that may not come right after it."""


def _independent(one: Access, other: Access) -> bool:
    return not one.disturbs(other) and not other.disturbs(one)


def _key(cells: Cells) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(sorted((name, tuple(sorted(positions))) for name, positions in cells.items()))
