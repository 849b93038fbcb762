"""When "holds" says nothing: nothing was at stake in the run of a scenario.

A property that holds counts only if every program can finish, a step assertion was reached, and every step of a
violated twin's trace that still exists was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from shootdown.model.ir.stmt import Assert
from shootdown.model.ir.system import Process, Property, PropertyKind, Step, System
from shootdown.model.ir.walk import gotos, statements

from .record import Checked, Row, StepName
from .result import Exploration
from .verdict import AS_EXPECTED, NOT_AS_EXPECTED, Evidence, Verdict

SPEAKING = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)
"""Kinds whose "holds" may be vacuous."""


def nothing_at_stake(system: System, exploration: Exploration, prop: Property) -> str:
    """Why an exhaustive "holds" of this property says nothing; empty if it says something."""
    if prop.kind not in SPEAKING:
        return ""
    for agent in system.agents:
        process = system.process(agent)
        if not agent.hardware and not _can_finish(process, exploration):
            return f"the program of {agent.name} never finishes"
    if prop.kind is PropertyKind.ASSERTION and not _asserted(system, exploration, prop.name):
        return "no step that asserts it is ever taken"
    return ""


def step_names(system: System, steps: Iterable[tuple[str, int]]) -> frozenset[StepName]:
    """What steps, given as (process, position), are called in the traces of the agents that run them."""
    wanted = set(steps)
    return frozenset(
        name(agent.name, step)
        for agent in system.agents
        for number, step in enumerate(system.process(agent).steps)
        if (agent.process, number) in wanted
    )


def name(agent: str, step: Step) -> StepName:
    """What tells a step from others across designs: who runs it, in which calls, its label."""
    return agent, tuple(call.operation for call in step.calls), step.label


def compare_twins(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """The checks, with each "holds" made vacuous that does not reach what a violated twin of its file goes through."""
    return tuple(replace(each, rows=tuple(_beside_twins(row, each, checked) for row in each.rows)) for each in checked)


def vacuous(row: Row, reason: str) -> Row:
    """The row as a vacuous one."""
    code = AS_EXPECTED if row.expected.verdict is Verdict.VACUOUS else NOT_AS_EXPECTED
    return replace(row, verdict=Verdict.VACUOUS, exit_code=code, remark=reason)


def _beside_twins(row: Row, own: Checked, checked: Iterable[Checked]) -> Row:
    if row.verdict is not Verdict.HOLDS or row.evidence is not Evidence.EXHAUSTIVE or row.kind not in SPEAKING:
        return row
    for twin in checked:
        if twin.file != own.file or twin is own:
            continue
        for other in twin.rows:
            if other.prop == row.prop and other.verdict is Verdict.VIOLATED and other.trace is not None:
                missed = [each for each in _names(other) if each in own.present and each not in own.taken]
                if missed:
                    agent, _, label = missed[0]
                    return vacuous(
                        row, f"step {label} of {agent}, part of the trace of {twin.scenario}, is never taken"
                    )
    return row


def _names(row: Row) -> Iterator[StepName]:
    assert row.trace is not None
    for step in row.trace.steps:
        calls = tuple(call.operation for call in step.calls)
        yield row.trace.agents[step.agent].name, calls, step.label


def _can_finish(process: Process, exploration: Exploration) -> bool:
    final = {number for number, point in enumerate(process.points) if point.final}
    taken = [step.block for number, step in enumerate(process.steps) if (process.name, number) in exploration.fired]
    return process.entry in final or any(goto.point in final for block in taken for goto in gotos(block))


def _asserted(system: System, exploration: Exploration, prop: str) -> bool:
    return any(
        isinstance(statement, Assert) and statement.name == prop
        for process in system.processes
        for number, step in enumerate(process.steps)
        if (process.name, number) in exploration.fired
        for statement in statements(step.block)
    )
