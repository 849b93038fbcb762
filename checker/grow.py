"""A scenario with one more of something: does the verdict stay, and is the world large enough to show it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .judge import worst
from .options import Options
from .record import Checked, Grown, Row
from .scenario import Scenario
from .verdict import AS_EXPECTED, NOT_AS_EXPECTED, UNDECIDED, Evidence, Verdict

MOST_STATES = 2_000_000
"""States at which the search of a larger world ends, if no other limit is set."""


def with_growth(scenario: Scenario, options: Options, checked: Checked) -> Checked:
    """The check, with what becomes of its verdicts in each larger world."""
    if checked.error:
        return checked
    limits = options.limits
    if (limits.max_states, limits.max_depth, limits.max_seconds, limits.max_memory) == (None,) * 4:
        limits = replace(limits, max_states=MOST_STATES)
    plain = replace(options, grow=False, coverage=False, split=False, limits=limits)
    grown = tuple(_grown(what, larger, plain, checked) for what, larger in larger_worlds(scenario))
    return replace(checked, grown=grown, exit_code=worst([checked.exit_code, *(each.exit_code for each in grown)]))


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


def _grown(what: str, larger: Scenario, options: Options, before: Checked) -> Grown:
    from .check import check_scenario

    after = check_scenario(larger, options)
    if after.error:
        return Grown(what, None, after.seconds, None, (), after.error, AS_EXPECTED)
    now = {row.prop: row for row in after.rows}
    changes = tuple(
        (row.prop, _said(row), _said(now[row.prop]))
        for row in before.rows
        if row.prop in now and _said(row) != _said(now[row.prop])
    )
    codes = [_code(row, now[row.prop]) for row in before.rows if row.prop in now]
    return Grown(what, after.counts, after.seconds, after.stopped, changes, "", worst(codes))


def _said(row: Row) -> str:
    """A verdict, apart from what it rests on."""
    bounded = row.evidence in (Evidence.BOUNDED, Evidence.SWITCHES)
    return Verdict.UNKNOWN.value if bounded else row.verdict.value.replace("_", " ")


def _code(before: Row, after: Row) -> int:
    if _said(before) == _said(after):
        return AS_EXPECTED
    return UNDECIDED if Verdict.UNKNOWN.value in (_said(before), _said(after)) else NOT_AS_EXPECTED
