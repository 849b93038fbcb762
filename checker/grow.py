"""A scenario with one more of something: does the verdict stay, and is the world large enough to show it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shootdown.model.ir.system import PropertyKind

from .interrupts import plain_interrupts
from .judge import worst
from .options import SWITCHES_SPENT, Options
from .record import INTERRUPTED, Again, Checked, Grown, Row
from .report.verdicts import MODEL
from .scenario import Scenario
from .scenario.worlds import counted
from .verdict import (
    AS_EXPECTED,
    BAD_INPUT,
    MEANINGS,
    UNDECIDED,
    Evidence,
    Expectation,
    Verdict,
    meets,
    problem_remark,
)

MOST_STATES = 2_000_000
"""States at which the search of a larger world ends, if no other limit is set."""


def with_growth(scenario: Scenario, options: Options, checked: Checked) -> Checked:
    """The check, with what becomes of its verdicts in each larger world; after an interrupt no more are searched."""
    if checked.error:
        return checked
    limits = replace(options.limits, max_states=MOST_STATES) if options.limits.unlimited else options.limits
    plain = replace(options, grow=False, coverage=False, split=False, limits=limits)
    worlds = [*larger_worlds(scenario)]
    grown: list[Grown] = []
    try:
        with plain_interrupts():
            for what, larger in worlds if checked.stopped != INTERRUPTED else ():
                grown.append(_grown(what, larger, plain, checked))
                if grown[-1].stopped == INTERRUPTED:
                    break
    except KeyboardInterrupt:  # as a world was being built
        pass
    grown += [Grown(what, stopped=INTERRUPTED) for what, _ in worlds[len(grown) :]]
    noted = tuple(replace(each, note=_note(scenario, larger)) for each, (_, larger) in zip(grown, worlds, strict=True))
    programs = tuple(name for name, agent in scenario.tables.agents.items() if agent.program is not None)
    code = worst([checked.exit_code, *(each.exit_code for each in grown)])
    return replace(checked, grown=noted, programs=programs, exit_code=code)


def larger_worlds(scenario: Scenario) -> Iterator[tuple[str, Scenario]]:
    """The scenario with one more element of a sort, or one more operation of an agent that does as it likes."""
    tables = scenario.tables
    world = tables.world
    for sort, listed in world.elements.items():
        count = listed if isinstance(listed, int) else len(listed)
        if count:
            more = listed + 1 if isinstance(listed, int) else (*listed, _fresh(scenario, sort, count))
            elements = {**world.elements, sort: more}
            larger = tables.model_copy(update={"world": world.model_copy(update={"elements": elements})})
            yield f"{sort} {count} -> {count + 1}", replace(scenario, tables=larger)
    for name, agent in tables.agents.items():
        if isinstance(agent.budget, int):
            agents = {**tables.agents, name: agent.model_copy(update={"budget": agent.budget + 1})}
            larger = tables.model_copy(update={"agents": agents})
            yield f"budget of {name} {agent.budget} -> {agent.budget + 1}", replace(scenario, tables=larger)


def _fresh(scenario: Scenario, sort: str, count: int) -> str:
    """A name that nothing in the scenario has."""
    said = repr(scenario.tables)
    while f"{sort.lower()}{count}" in said:
        count += 1
    return f"{sort.lower()}{count}"


def _note(scenario: Scenario, larger: Scenario) -> str:
    """Who does not use the new element: agents and their lines are those of the scenario."""
    agents = scenario.tables.agents
    lines = [line for agent in agents.values() for line in agent.program or agent.any_ or ()]
    named = {word for line in lines for word in line.split()}
    bound = {*agents, *(str(value) for agent in agents.values() for value in agent.bind.values())}
    for sort, listed in larger.tables.world.elements.items():
        *others, last = counted(sort, listed) or ("",)
        if listed == scenario.tables.world.elements[sort] or last in bound | named:
            continue
        if not bound.isdisjoint(others):
            return f"no agent runs on {last}"
        if "*" not in named and not named.isdisjoint(others):
            return f"no agent names {last}"
    return ""


def _grown(what: str, larger: Scenario, options: Options, before: Checked) -> Grown:
    from .check import check_scenario

    after = check_scenario(larger, options)
    if after.error:
        return Grown(what, seconds=after.seconds, error=after.error)
    rows = {row.prop: row for row in _rows(before)}
    return Grown(
        what,
        after.counts,
        after.seconds,
        after.stopped,
        tuple(_again(what, rows.get(row.prop), row) for row in _rows(after)),
        factor=_factor(before, after),
        saturated=before.exhausted and after.exhausted and before.counts is not None and before.counts == after.counts,
    )


def _rows(checked: Checked) -> Iterator[Row]:
    """The verdicts, and a problem beside them as one."""
    yield from checked.rows
    trace = checked.problem
    if trace is not None and trace.problem is not None:
        yield Row(
            prop=MODEL,
            kind=PropertyKind.ASSERTION,
            meaning="",
            verdict=trace.verdict,
            evidence=Evidence.TRACE,
            depth=trace.depth,
            expected=Expectation(Verdict.HOLDS),
            exit_code=BAD_INPUT,
            remark=problem_remark(trace.verdict, trace.problem.message, trace.problem.where),
            trace=trace,
            background=checked.background,
        )


def _again(what: str, before: Row | None, after: Row) -> Again:
    was, now = _said(before), _said(after)
    code = _code(was, now, after)
    background = replace(after.background, title=f"{after.background.title}, with {what}".removeprefix(", "))
    trace = None if code == AS_EXPECTED else after.trace
    return Again(replace(after, exit_code=code, background=background, trace=trace), was, now)


def _said(row: Row | None) -> str:
    """A verdict, apart from what it rests on."""
    if row is None or row.evidence in (Evidence.BOUNDED, Evidence.SWITCHES):
        return Verdict.UNKNOWN.value
    return row.verdict.value.replace("_", " ")


def _code(was: str, now: str, after: Row) -> int:
    if now == Verdict.UNKNOWN.value:
        return UNDECIDED
    if now == was or meets(after.verdict, after.expected.verdict):
        return AS_EXPECTED
    return MEANINGS[after.verdict].exit_code


def _factor(before: Checked, after: Checked) -> float | None:
    """How many times as many states there are, if both searches came to all that there are, or to all within the same
    bound."""
    bounded = before.stopped == after.stopped and after.stopped in ("max_depth", SWITCHES_SPENT)
    if not (before.exhausted and after.exhausted) and not bounded:
        return None
    return after.counts.states / before.counts.states if before.counts and after.counts else None
