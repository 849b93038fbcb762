"""Who waits for what in a stuck state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.layout import State
from shootdown.model.ir.source import NOWHERE, Span
from shootdown.model.ir.stmt import Choose, Wait
from shootdown.model.ir.system import Process, Step

from .blame import Blamer
from .reachable_writes import reachable_writes
from .rerun import Obstacle, obstacles, store
from .trace import Stuck, Waiting


@dataclass(frozen=True, slots=True)
class _Wait:
    """A step that is not enabled, the guard that keeps it so, and the positions of the state that the guard reads."""

    agent: int
    operations: tuple[str, ...]
    step: str
    condition: str
    where: Span
    reads: tuple[int, ...]


def explain_stuck(blamer: Blamer, state: State) -> Stuck:
    """The agents inside an operation, what they wait for, and on whom.

    An agent waits on another one that is inside an operation if the rest of that operation writes a cell that the
    guard reads; not if the other one waits for the same cell.
    """
    evaluator = blamer.evaluator
    inside = [agent for agent in range(len(evaluator.system.agents)) if _is_inside(evaluator, state, agent)]
    waits = [wait for agent in inside for wait in _waits(blamer, state, agent)]
    provides = {
        agent: reachable_writes(evaluator, blamer.describer, state, agent)
        - {at for wait in waits if wait.agent == agent for at in wait.reads}
        for agent in inside
    }
    on = [
        [agent for agent in inside if agent != wait.agent and not provides[agent].isdisjoint(wait.reads)]
        for wait in waits
    ]
    names = [agent.name for agent in evaluator.system.agents]
    edges = {(wait.agent, other) for wait, others in zip(waits, on, strict=True) for other in others}
    return Stuck(
        tuple(
            Waiting(
                names[wait.agent],
                wait.operations,
                wait.step,
                wait.condition,
                wait.where,
                blamer.describer.at(wait.reads, state),
                tuple(names[other] for other in others),
            )
            for wait, others in zip(waits, on, strict=True)
        ),
        tuple(names[agent] for agent in shortest_cycle(edges)),
    )


def shortest_cycle(edges: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """A shortest cycle of a small graph, from its least node; empty if there is none."""
    following: dict[int, list[int]] = {}
    for source, target in sorted(edges):
        following.setdefault(source, []).append(target)
    cycles = [cycle for start in following if (cycle := _cycle(start, following))]
    return min(cycles, key=lambda cycle: (len(cycle), cycle), default=())


def _cycle(start: int, following: dict[int, list[int]]) -> tuple[int, ...]:
    """A shortest way from a node back to it; empty if there is none."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = set[int]()
    for way in ways:
        for target in following.get(way[-1], ()):
            if target == start:
                return way
            if target not in seen:
                seen.add(target)
                ways.append((*way, target))
    return ()


def _is_inside(evaluator: Evaluator, state: State, agent: int) -> bool:
    return _process(evaluator, agent).points[state[evaluator.layout.points[agent]]].inside


def _process(evaluator: Evaluator, agent: int) -> Process:
    return evaluator.system.process(evaluator.system.agents[agent])


def _waits(blamer: Blamer, state: State, agent: int) -> list[_Wait]:
    point = state[blamer.evaluator.layout.points[agent]]
    steps = [step for step in _process(blamer.evaluator, agent).steps if step.source == point]
    if not steps:
        return [_Wait(agent, (), "", "", NOWHERE, ())]
    waits: dict[tuple[str, Span], _Wait] = {}
    for step in steps:
        for obstacle in obstacles(blamer.evaluator, state, agent, step.block):
            wait = _wait(blamer, agent, step, obstacle)
            waits.setdefault((wait.condition, wait.where), wait)
    return list(waits.values())


def _wait(blamer: Blamer, agent: int, step: Step, obstacle: Obstacle) -> _Wait:
    guard, frame = obstacle
    match guard:
        case Wait(cond):
            condition = blamer.excerpts.text(cond, cond.where)
        case Choose():
            condition = f"a {guard.what or guard.name or 'value'} to choose"
    operations = tuple(call.operation for call in step.calls)
    reads = tuple(dict.fromkeys(_reads(blamer, guard, frame)))
    return _Wait(agent, operations, step.label, condition, guard.where, reads)


def _reads(blamer: Blamer, guard: Wait | Choose, frame: Frame) -> Iterator[int]:
    if isinstance(guard, Wait):
        yield from blamer.positions(guard.cond, frame)
        return
    for value in range(guard.lo, guard.hi + 1):
        store(blamer.evaluator, frame, guard.target, value)
        yield from blamer.positions(guard.candidate, frame)
