"""Every example has the verdicts that its scenario expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.check import check_scenario
from shootdown.checker.options import Options
from shootdown.checker.scenario import Scenario, find
from shootdown.checker.verdict import AS_EXPECTED

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = [scenario for scenario in find([str(EXAMPLES)]) if scenario.path.stem != "large"]


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.name)
def test_verdicts_are_as_expected(scenario: Scenario) -> None:
    checked = check_scenario(scenario, Options())

    assert checked.exit_code == AS_EXPECTED, [
        checked.error,
        *(f"{row.prop}: {row.verdict.value}" for row in checked.rows),
    ]
    assert {row.prop for row in checked.rows} >= set(scenario.tables.expect)
