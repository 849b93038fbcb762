"""What the passes before a search leave of a system, one after the other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shootdown.model.ir.system import System
from shootdown.model.ir.walk import statements

from ..analysis.pipeline import PASSES


@dataclass(frozen=True, slots=True)
class Left:
    """The size of a system behind a pass; `name` is that of the pass, empty for the system as it was lowered.

    Steps are those of all processes, statements what these do, branches included; cells are those of shared
    variables, locals those of all agents.
    """

    name: str
    steps: int
    statements: int
    cells: int
    locals: int


def left_by_passes(system: System, without: Collection[str] = ()) -> tuple[System, tuple[Left, ...]]:
    """The system after all passes but those named in `without`, and what each has left of it; no rows if none is."""
    made = [each for each in PASSES if each.name not in without]
    rows = [_left("", system)] if made else []
    for each in made:
        system = each.run(system)
        rows.append(_left(each.name, system))
    return system, tuple(rows)


def _left(name: str, system: System) -> Left:
    return Left(
        name,
        sum(len(process.steps) for process in system.processes),
        sum(1 for process in system.processes for step in process.steps for _ in statements(step.block)),
        sum(array.size for array in system.arrays),
        sum(len(system.process(agent).locals) for agent in system.agents),
    )
