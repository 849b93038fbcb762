"""Checking from Python, and assertions for pytest with the race diagram as their message."""

from __future__ import annotations

import os

from .cache.memory import memory
from .check import check_scenario
from .options import Limits, Options
from .record import Checked, Row
from .report.diagram import diagram_text
from .report.verdicts import verdict_text
from .scenario import ScenarioError, find_one
from .scenario.problem import Problem
from .verdict import UNDECIDED, Verdict, meets


def check(
    scenario: str | os.PathLike[str],
    *properties: str,
    engine: str | None = None,
    limits: Limits | None = None,
    split: bool = False,
) -> Checked:
    """The verdicts on one scenario: a bundled name, `name/variant`, or a path of a file with one scenario.

    Without `properties` those that the scenario expects something of. What an earlier run has decided is taken from the
    cache, unless the environment variable SHOOTDOWN_NO_CACHE is set. Raises `ScenarioError` for a scenario that
    cannot be found or built.
    """
    found = find_one(os.fspath(scenario))
    options = Options(engine, limits or Limits(), properties or None, split)
    checked = check_scenario(found, options, memory())
    if checked.error:
        raise ScenarioError(found.name, Problem("", checked.error))
    return checked


def assert_holds(
    scenario: str | os.PathLike[str], *properties: str, engine: str | None = None, limits: Limits | None = None
) -> Checked:
    """Fail unless the properties hold, exhaustively; without `properties` all that the scenario lists."""
    __tracebackhide__ = True
    checked = check(scenario, *properties, engine=engine, limits=limits)
    for row in _asked(checked, properties):
        if not meets(row.verdict, Verdict.HOLDS) or row.exit_code == UNDECIDED:
            raise AssertionError(_message(checked, row, "holds"))
    _refuse_problem(checked)
    return checked


def assert_violated(
    scenario: str | os.PathLike[str],
    property: str,
    *,
    agent: str | None = None,
    step: str | None = None,
    depth: int | None = None,
    engine: str | None = None,
    limits: Limits | None = None,
) -> Checked:
    """Fail unless the property is violated, its shortest trace ending with this agent and step, if given.

    A model error or a world too small beside the violation fails, too: the search has ended there.
    """
    __tracebackhide__ = True
    checked = check(scenario, property, engine=engine, limits=limits)
    (row,) = _asked(checked, (property,))
    if row.verdict is not Verdict.VIOLATED:
        raise AssertionError(_message(checked, row, "violated"))
    trace = row.trace
    last = trace.steps[-1] if trace and trace.steps else None
    found = (trace.agents[last.agent].name, last.label) if trace and last else (None, None)
    wished = (("agent", agent, found[0]), ("step", step, found[1]), ("depth", depth, row.depth))
    for what, wish, fact in wished:
        if wish is not None and wish != fact:
            raise AssertionError(_message(checked, row, f"violated at {what} {wish}, not {fact}"))
    _refuse_problem(checked)
    return checked


def _refuse_problem(checked: Checked) -> None:
    __tracebackhide__ = True
    if checked.problem is not None:
        raise AssertionError(diagram_text(checked.problem, checked.background))


def _asked(checked: Checked, properties: tuple[str, ...]) -> tuple[Row, ...]:
    return tuple(row for row in checked.rows if not properties or row.prop in properties)


def _message(checked: Checked, row: Row, wanted: str) -> str:
    said = f"{checked.scenario}: {row.prop}: expected {wanted}, found {verdict_text(row)}"
    if row.remark:
        said += f" ({row.remark})"
    return f"{said}\n\n{diagram_text(row.trace, row.background)}" if row.trace else said
