"""The bundled scenarios: each meets its expectation, each violation has a safe twin, each claimed bug is there."""

from __future__ import annotations

import pytest

from shootdown.checker.check import check_scenario
from shootdown.checker.options import Options
from shootdown.checker.record import Checked
from shootdown.checker.scenario.document import Scenario
from shootdown.checker.scenario.find import bundled_files, find, find_one
from shootdown.checker.scenario.models import kernel_library
from shootdown.checker.scenario.request import build
from shootdown.checker.verdict import AS_EXPECTED
from shootdown.model.ir.system import PropertyKind
from shootdown.model.ir.verify import verify

CORPUS = find(())
VIOLATED = [each for each in CORPUS if any(table.verdict == "violated" for table in each.tables.expect.values())]

CLAIMS = ("C10", "C11", "C12", "C13", "C14", "C15", "C16", "C22", "C23", "C24", "C25", "C26", "C27", "C29")
BUGS = ("B004", "B022", "B037", "B042", "B043", "B086", "B087", "B089", "B131", "B135", "B141", "B153")
CONTROLS = tuple(f"negative control {number}" for number in (1, 2, 3, 5, 7, 8))
LITMUS = ("L1", "L3", "L4", "L5", "L6", "L7", "L10", "L11", "L12")
MUTANTS = (
    "M1",
    "M2",
    "M3",
    "M4",
    "M5",
    "M6",
    "M7",
    "M8",
    "M9",
    "M10",
    "M11",
    "M12",
    "M13",
    "M14",
    "M15",
    "M16",
    "M20",
    "M34",
    "M35",
)

STATES = 2_000_000
"""More than a bundled scenario may need: the largest take a second or two of the native engine."""


def name_of(scenario: Scenario) -> str:
    return scenario.name


def described(checked: Checked) -> str:
    rows = [f"{row.prop}: {row.verdict.value} at depth {row.depth} {row.remark}" for row in checked.rows]
    return "\n".join([checked.error, *rows])


def does_it_in_a_step(prop: str) -> bool:
    """Whether a violation is a step that somebody takes: what is missing at the end is nobody's step."""
    declared = kernel_library().model.properties.get(prop)
    return declared is not None and declared.kind is PropertyKind.ASSERTION


@pytest.mark.parametrize("scenario", CORPUS, ids=name_of)
def test_meets_its_expectation(scenario: Scenario) -> None:
    checked = check_scenario(scenario, Options())
    assert checked.exit_code == AS_EXPECTED, described(checked)
    assert checked.counts is not None
    assert checked.counts.states <= STATES


@pytest.mark.parametrize("scenario", VIOLATED, ids=name_of)
def test_a_violation_has_a_safe_twin_with_the_same_program(scenario: Scenario) -> None:
    wanted = {name for name, table in scenario.tables.expect.items() if table.verdict == "violated"}
    twins = [
        other
        for other in CORPUS
        if other.path == scenario.path
        and other.tables.agents == scenario.tables.agents
        and all(name in other.tables.expect and other.tables.expect[name].verdict == "holds" for name in wanted)
    ]
    assert twins


@pytest.mark.parametrize("scenario", VIOLATED, ids=name_of)
def test_a_violation_says_who_does_the_harm(scenario: Scenario) -> None:
    tables = [
        table
        for name, table in scenario.tables.expect.items()
        if table.verdict == "violated" and does_it_in_a_step(name)
    ]
    assert all(table.agent and table.step for table in tables) or any(
        agent.any_ is not None for agent in scenario.tables.agents.values()
    )


@pytest.mark.parametrize("wanted", [*CLAIMS, *BUGS, *CONTROLS, *LITMUS, *MUTANTS])
def test_every_claim_and_bug_has_a_scenario(wanted: str) -> None:
    assert any(wanted in scenario.tables.source for scenario in CORPUS)


@pytest.mark.parametrize("scenario", CORPUS, ids=name_of)
def test_argues_its_expectation(scenario: Scenario) -> None:
    assert scenario.tables.title
    assert scenario.tables.argument.strip()
    assert scenario.tables.expect


def test_a_world_that_has_nothing_of_some_sorts_is_well_formed() -> None:
    system = build(find_one("any_collapse/linux_6_12")).system
    assert any(0 in array.dims for array in system.arrays), "it has no files"
    verify(system)


def test_every_file_is_found() -> None:
    assert {scenario.path for scenario in CORPUS} == set(bundled_files().values())
