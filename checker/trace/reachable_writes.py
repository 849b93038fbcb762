"""What an agent may still write before its operation ends."""

from __future__ import annotations

from collections.abc import Iterator

from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import Const, Expr, Local, Param
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assign, Cell
from shootdown.model.ir.system import Process, Step
from shootdown.model.ir.walk import gotos, statements, subexpressions

from .state_text import Describer


def reachable_writes(evaluator: Evaluator, describer: Describer, state: State, agent: int) -> set[int]:
    """Positions of the state that the rest of the agent's operation may write.

    Indices are taken as they are in `state` where the rest of the operation keeps them, else every cell of the array
    counts.
    """
    system, point = evaluator.system, evaluator.layout.points[agent]
    steps = list(_rest(system.process(system.agents[agent]), state[point]))
    frame = Frame(list(state), point + 1, system.agents[agent].args)
    targets = [item.target for step in steps for item in statements(step.block) if isinstance(item, Assign)]
    changed = {target.slot for target in targets if isinstance(target, Local)}
    written = set[int]()
    for target in targets:
        if isinstance(target, Cell):
            if all(_is_kept(index, changed) for index in target.indices):
                indices = [evaluator.value(index, frame) for index in target.indices]
                written.update(describer.positions(target.array, indices))
            else:
                written.update(describer.positions(target.array))
    return written


def _rest(process: Process, point: int) -> Iterator[Step]:
    """The steps from a control point to the end of the operation."""
    seen, pending = {point}, [point]
    while pending:
        source = pending.pop()
        for step in process.steps:
            if step.source == source:
                yield step
                reached = {goto.point for goto in gotos(step.block)} - seen
                seen |= reached
                pending += [target for target in sorted(reached) if process.points[target].inside]


def _is_kept(index: Expr, changed: set[int]) -> bool:
    """Whether an index is worth the same now as when it will be used."""
    for part in subexpressions(index):
        match part:
            case Const() | Param():
                continue
            case Local(slot) if slot not in changed:
                continue
            case _:
                return False
    return True
