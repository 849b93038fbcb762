"""Control points that no step leads to any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from shootdown.model.ir.stmt import Block, Goto, If, Stmt
from shootdown.model.ir.system import Process, Step
from shootdown.model.ir.walk import gotos, if_or_same, same_or


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


def renumbered(block: Block, moved: Mapping[int, int]) -> Block:
    """The block with its gotos leading to the points' new numbers."""
    return same_or(block, tuple([_moved(statement, moved) for statement in block]))


def _moved(statement: Stmt, moved: Mapping[int, int]) -> Stmt:
    match statement:
        case Goto(point):
            return statement if moved[point] == point else Goto(moved[point])
        case If():
            then, orelse = renumbered(statement.then, moved), renumbered(statement.orelse, moved)
            return if_or_same(statement, statement.cond, then, orelse)
        case _:
            return statement
