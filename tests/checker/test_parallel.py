"""Scenarios in processes: order, and what a process that dies costs."""

from __future__ import annotations

import os

import pytest
from commands import COUNTER

from shootdown.checker import check, parallel
from shootdown.checker.cache.memory import Memory
from shootdown.checker.check import check_scenario
from shootdown.checker.options import Options
from shootdown.checker.record import Checked
from shootdown.checker.scenario import Scenario, find

BOTH = find([str(COUNTER)])


def dies_on_locked(scenario: Scenario, options: Options, memory: Memory | None) -> Checked:
    """As a search that crashes, or that the system kills, on one of the scenarios."""
    if scenario.variant == "locked":
        os._exit(9)
    return check_scenario(scenario, options, memory)


def test_results_come_in_the_order_asked_for() -> None:
    names = [scenario.name for scenario in BOTH]
    for jobs in (1, 2):
        for order in (BOTH, BOTH[::-1]):
            run = parallel.check_all(order, Options(), jobs)
            assert [each.scenario for each in run.checked] == [scenario.name for scenario in order]
            assert sorted(each.scenario for each in run.checked) == sorted(names)


def test_every_finished_check_is_told() -> None:
    told: list[str] = []
    parallel.check_all(BOTH, Options(), 2, lambda checked: told.append(checked.scenario) if checked else None)
    assert sorted(told) == ["counter/locked", "counter/unlocked"]


def test_a_process_that_dies_costs_its_own_scenario_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check_scenario", dies_on_locked)
    run = parallel.check_all(BOTH, Options(), 2)
    assert {each.scenario: bool(each.error) for each in run.checked} == {
        "counter/unlocked": False,
        "counter/locked": True,
    }
    assert run.exit_code == 2
    assert "its process died" in run.checked[1].error
