"""The part of a system that is worth lowering: the steps that a run may come to."""

from __future__ import annotations

from dataclasses import replace

from shootdown.model.ir.system import System
from shootdown.model.language.lowering.unfolding import Unfolding

from ..result import Path
from .following import Facts, follow
from .pipeline import lift


def whole_of(unfolding: Unfolding, part: System, path: Path) -> tuple[System, Path]:
    """The system with all its steps, and the path there that a path of `reached_part` is. Raises ModelErrors."""
    facts = follow(unfolding)
    processes = []
    for process in part.processes:
        positions = unfolding.positions(process.name, facts.reached(process.name))
        steps = [replace(step, origin=at) for step, at in zip(process.steps, positions, strict=True)]
        processes.append(replace(process, steps=tuple(steps)))
    whole = unfolding.whole()
    return whole, lift(whole, replace(part, processes=tuple(processes)), path)


def reached_part(unfolding: Unfolding) -> tuple[System, Facts]:
    """The system with the steps that a run may come to, as far as constants tell, and what is known of it.

    Raises ModelErrors where one of these steps does not fit the world.
    """
    facts = follow(unfolding)
    system, points = unfolding.part({name: facts.reached(name) for name in unfolding.processes})
    for array in system.arrays:
        if array.name not in facts.knowledge.dims:
            facts.knowledge.learn(array)  # only a property uses it, and nobody writes it
    return system, facts.renumbered(points)
