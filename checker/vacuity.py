"""When "holds" says nothing: nothing was at stake in the run of a scenario.

A property that holds counts only if every program can finish and every operation that is begun can end, if it was
asserted somewhere or its antecedent holds somewhere, and if every operation was started that the trace of a violated
twin starts. The twin's single steps are not asked for. Up to the first one that the other design changes the safe twin
has them all, being the same code in the same state; behind it the run goes another way, and which of its steps do the
harm that the design rules out, nobody can say but for the reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from shootdown.model.ir.stmt import Assert, Block, Stmt
from shootdown.model.ir.system import Process, Property, PropertyKind, System
from shootdown.model.ir.walk import gotos, statements

from .record import Checked, Row, Start
from .result import Exploration
from .stakes import has_conclusion
from .verdict import AS_EXPECTED, NOT_AS_EXPECTED, Evidence, Verdict

SPEAKING = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)
"""Kinds whose "holds" may be vacuous."""


def nothing_at_stake(
    system: System, exploration: Exploration, prop: Property, unasked: Collection[str] = frozenset()
) -> str:
    """Why an exhaustive "holds" of this property says nothing; empty if it says something.

    `unasked` are the properties that hold without their conclusions, too.
    """
    if prop.kind not in SPEAKING:
        return ""
    for agent in system.agents:
        process = system.process(agent)
        if not agent.hardware and not _can_finish(process, exploration):
            return f"the program of {agent.name} never finishes"
        for operation in () if agent.hardware else _endless(process, exploration):
            return f"{operation}, which {agent.name} begins, never ends"
    if prop.kind is PropertyKind.ASSERTION and not _asserted(system, exploration, prop.name):
        return "no step that asserts it is ever taken"
    if prop.name in unasked:
        assertion = prop.kind is PropertyKind.ASSERTION
        return "it is asserted on ways only that no step takes" if assertion else "what it is said of is never the case"
    return ""


def doubtful(system: System, exploration: Exploration, held: Collection[str]) -> frozenset[str]:
    """Of the properties that hold those of which only another search can say whether they were ever at stake."""
    return frozenset(
        prop.name
        for prop in system.properties
        if prop.name in held
        and (
            has_conclusion(prop)
            if prop.kind is not PropertyKind.ASSERTION
            else not _asserted(system, exploration, prop.name, surely=True)
        )
    )


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
    exhausted = row.evidence in (Evidence.EXHAUSTIVE, Evidence.FINGERPRINT)
    if row.verdict is not Verdict.HOLDS or not exhausted or row.kind not in SPEAKING:
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


def _endless(process: Process, exploration: Exploration) -> list[str]:
    """The operations that agents begin somewhere, and from which no steps that are taken lead out."""
    taken: dict[int, list[int]] = {}
    begun: dict[str, list[int]] = {}
    for number, step in enumerate(process.steps):
        if (process.name, number) in exploration.fired:
            targets = [goto.point for goto in gotos(step.block)]
            taken.setdefault(step.source, []).extend(targets)
            if step.starts is not None:
                begun.setdefault(step.starts, []).extend(targets)
    return [operation for operation, targets in begun.items() if not _leads_out(process, targets, taken)]


def _leads_out(process: Process, points: Iterable[int], taken: Mapping[int, Sequence[int]]) -> bool:
    """Whether steps that are taken lead from one of the points to one outside operations."""
    seen: set[int] = set()
    pending = list(points)
    while pending:
        point = pending.pop()
        if not process.points[point].inside:
            return True
        if point not in seen:
            seen.add(point)
            pending += taken.get(point, ())
    return False


def _asserted(system: System, exploration: Exploration, prop: str, *, surely: bool = False) -> bool:
    """Whether a step that asserts the property was taken; `surely`: one that asserts it whichever way it goes."""
    return any(
        isinstance(statement, Assert) and statement.name == prop
        for process in system.processes
        for number, step in enumerate(process.steps)
        if (process.name, number) in exploration.fired
        for statement in (_certain(step.block) if surely else statements(step.block))
    )


def _certain(block: Block) -> Iterator[Stmt]:
    """The statements that run whichever way the step goes."""
    for statement in block:
        yield statement
        if any(gotos((statement,))):
            return
