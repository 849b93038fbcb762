"""Model files mean the same to Python and to the interpreter: equal transitions along random schedules."""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_agreement import agree

from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.request import build

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = [scenario for scenario in find([str(EXAMPLES)]) if scenario.path.stem != "large"]


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.name)
def test_plain_python_and_the_interpreter_agree(scenario: Scenario) -> None:
    built = build(scenario)

    assert agree([Path(path) for path in built.model.files], built.request, built.system, schedules=100) is None
