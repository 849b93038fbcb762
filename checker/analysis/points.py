"""Control points that no step leads to any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shootdown.model.ir.system import Process, Step
from shootdown.model.ir.walk import gotos, renumbered


def without_unreached_points(process: Process, steps: Iterable[Step]) -> Process:
    """The process with these steps instead of its own, less those that no path of them leads to, and their points."""
    steps = tuple(steps)
    reached = _reached(process.entry, steps)
    moved = {point: position for position, point in enumerate(sorted(reached))}
    return replace(
        process,
        entry=moved[process.entry],
        points=tuple(process.points[point] for point in moved),
        steps=tuple(
            replace(step, source=moved[step.source], block=renumbered(step.block, moved))
            for step in steps
            if step.source in reached
        ),
    )


def _reached(entry: int, steps: Iterable[Step]) -> set[int]:
    reached: set[int] = set()
    pending = [entry]
    targets: dict[int, set[int]] = {}
    for step in steps:
        targets.setdefault(step.source, set()).update(goto.point for goto in gotos(step.block))
    while pending:
        point = pending.pop()
        if point not in reached:
            reached.add(point)
            pending += targets.get(point, ())
    return reached
