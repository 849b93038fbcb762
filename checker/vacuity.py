"""When "holds" says nothing: nothing was at stake in the run of a scenario.

A property that holds counts only if every program can finish, if a step that asserts it was taken, and if every
operation was started that the trace of a violated twin starts. The twin's single steps are not asked for: those that
do the harm are what the safe design rules out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shootdown.model.ir.stmt import Assert
from shootdown.model.ir.system import Process, Property, PropertyKind, System
from shootdown.model.ir.walk import gotos, statements

from .record import Checked, Row, Start
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


def started(system: System, exploration: Exploration) -> frozenset[Start]:
    """The operations that agents started somewhere."""
    return frozenset(
        (agent.name, step.starts)
        for agent in system.agents
        for number, step in enumerate(system.process(agent).steps)
        if step.starts is not None and (agent.process, number) in exploration.fired
    )


def compare_twins(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """The checks, each "holds" made vacuous that does not start what the trace of a violated twin starts.

    Twins tell the same story: they differ in their design only.
    """
    return tuple(replace(each, rows=tuple(_beside_twins(row, each, checked) for row in each.rows)) for each in checked)


def vacuous(row: Row, reason: str) -> Row:
    """The row as a vacuous one."""
    code = AS_EXPECTED if row.expected.verdict is Verdict.VACUOUS else NOT_AS_EXPECTED
    return replace(row, verdict=Verdict.VACUOUS, exit_code=code, remark=reason)


def _beside_twins(row: Row, own: Checked, checked: Iterable[Checked]) -> Row:
    if row.verdict is not Verdict.HOLDS or row.evidence is not Evidence.EXHAUSTIVE or row.kind not in SPEAKING:
        return row
    for twin in checked:
        if twin is own or (twin.file, twin.story) != (own.file, own.story):
            continue
        for other in twin.rows:
            missed = sorted(_starts(other) - own.started) if other.prop == row.prop else []
            if missed:
                agent, operation = missed[0]
                return vacuous(row, f"{agent} never starts {operation}, as in the trace of {twin.scenario}")
    return row


def _starts(row: Row) -> frozenset[Start]:
    """What programs start in the trace of a violated property."""
    if row.verdict is not Verdict.VIOLATED or row.trace is None:
        return frozenset()
    agents = row.trace.agents
    steps = [(agents[step.agent], step.starts) for step in row.trace.steps]
    return frozenset((agent.name, starts) for agent, starts in steps if starts is not None and not agent.hardware)


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
