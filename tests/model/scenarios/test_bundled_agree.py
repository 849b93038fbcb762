"""The kernel model means the same to Python and to the interpreter, in every variant of every bundled scenario."""

from __future__ import annotations

import pytest
from plain_agreement import followed

from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.schema import ExpectTable

HOLDS = ExpectTable(verdict="holds")


@pytest.mark.parametrize("scenario", find([]), ids=lambda scenario: scenario.name)
def test_schedules_agree(scenario: Scenario) -> None:
    done = followed(scenario, schedules=40, longest=150, share=0.03)

    assert done.disagreement is None
    forever = any(agent.budget == "forever" for agent in scenario.tables.agents.values())
    stuck = any(
        scenario.tables.expect.get(name, HOLDS).verdict == "violated"
        for name in ("no_deadlock", "every_request_is_answered")
    )
    assert forever or stuck or done.ended > 20, "too few schedules come to the end of all programs"
