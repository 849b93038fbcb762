"""In which order an agent comes to its steps, and which steps of different agents are independent.

Two steps of different agents that touch no cell in common may change places without changing anything else. Of the runs
that differ in such exchanges only one is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.model.ir.system import Process, System
from shootdown.model.ir.walk import gotos

from ..analysis.access import Access, AccessSets, Cells
from .relation import Move


def program_order(process: Process) -> tuple[int, ...]:
    """The points that are reached from the entry, each before those that its steps lead to, except where a way goes
    round."""
    following: dict[int, list[int]] = {}
    for step in process.steps:
        following.setdefault(step.source, []).extend(goto.point for goto in gotos(step.block))
    found: list[int] = []
    entered = {process.entry}
    open_ = [(process.entry, iter(sorted(following.get(process.entry, ()), reverse=True)))]
    while open_:
        point, left = open_[-1]
        next_ = next((target for target in left if target not in entered), None)
        if next_ is None:
            found.append(point)
            open_.pop()
        else:
            entered.add(next_)
            open_.append((next_, iter(sorted(following.get(next_, ()), reverse=True))))
    return tuple(reversed(found))


class Classes:
    """Moves in classes: of the same agent, touching the same cells."""

    def __init__(self, system: System, moves: Sequence[Move]) -> None:
        sets = AccessSets(system)
        numbers: dict[tuple[object, ...], int] = {}
        self.of: list[int] = []
        """The class of each move."""
        self.agents: list[int] = []
        """The agent of each class."""
        members: list[Access] = []
        for move in moves:
            access = sets.step(system.agents[move.agent], move.step)
            key = (move.agent, _key(access.reads), _key(access.writes))
            if key not in numbers:
                numbers[key] = len(numbers)
                self.agents.append(move.agent)
                members.append(access)
            self.of.append(numbers[key])
        self.disturb = [
            frozenset(number for number, other in enumerate(members) if one.disturbs(other) or other.disturbs(one))
            for one in members
        ]
        """For each class those that touch a cell in common with it, which one of the two writes."""


def _key(cells: Cells) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(sorted((name, tuple(sorted(positions))) for name, positions in cells.items()))
