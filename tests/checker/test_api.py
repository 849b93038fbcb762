"""Checks from Python: what passes, and what a failing assertion shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from commands import ADDERS, BASE, COUNTER, ROOT

import shootdown
from shootdown.checker import api
from shootdown.checker.options import Limits
from shootdown.checker.scenario import ScenarioError
from shootdown.checker.vacuity import vacuous
from shootdown.checker.verdict import Verdict

UNLOCKED, LOCKED = f"{COUNTER}/unlocked", f"{COUNTER}/locked"


def test_check_returns_the_verdicts() -> None:
    checked = shootdown.check(LOCKED)
    assert {row.prop: row.verdict for row in checked.rows}["no_lost_update"] is Verdict.HOLDS
    assert checked.counts is not None
    assert checked.engine in ("explicit", "interpreter")


def test_assertions_pass_where_they_are_true() -> None:
    shootdown.assert_holds(LOCKED)
    shootdown.assert_holds(LOCKED, "no_lost_update", engine="interpreter")
    shootdown.assert_violated(UNLOCKED, "no_lost_update", step="write", depth=4)


def test_what_is_proved_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = shootdown.check(LOCKED, engine="interpreter")
    proved = replace(checked, rows=tuple(replace(row, verdict=Verdict.PROVED) for row in checked.rows))
    monkeypatch.setattr(api, "check_scenario", lambda *args: proved)
    assert shootdown.assert_holds(LOCKED) is proved
    monkeypatch.setattr(api, "check_scenario", lambda *args: replace(proved, rows=(vacuous(proved.rows[0], "x"),)))
    with pytest.raises(AssertionError):
        shootdown.assert_holds(LOCKED)


def test_a_failing_assertion_shows_the_diagram() -> None:
    with pytest.raises(AssertionError) as caught:
        shootdown.assert_holds(UNLOCKED, "no_lost_update")
    text = str(caught.value)
    assert text.startswith("counter/unlocked: no_lost_update: expected holds, found violated")
    assert "write  x = 1" in text
    assert "prevented by add_is_locked" in text


def test_a_violation_elsewhere_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="expected violated, found holds"):
        shootdown.assert_violated(LOCKED, "no_lost_update")
    with pytest.raises(AssertionError, match="violated at depth 3, not 4"):
        shootdown.assert_violated(UNLOCKED, "no_lost_update", depth=3)


def test_a_problem_beside_what_is_asserted_is_a_failure(tmp_path: Path) -> None:
    agents = '[agents]\ncpu0 = ["set x"]\ncpu1 = ["clear any"]\n'
    path = tmp_path / "beside.toml"
    path.write_text(f'{BASE}{agents}[expect]\nsmall = "violated"\n')
    assert [row.verdict for row in shootdown.check(path, "small").rows] == [Verdict.VIOLATED]
    with pytest.raises(AssertionError, match="world too small: no Word left"):
        shootdown.assert_violated(path, "small")


def test_what_a_limit_left_open_does_not_hold() -> None:
    for limits in (Limits(max_states=2), Limits(max_depth=2)):
        with pytest.raises(AssertionError):
            shootdown.assert_holds(LOCKED, "small", limits=limits)


def test_mistakes_are_scenario_errors(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(BASE + ADDERS.replace("add x", "ad x") + '[expect]\nsmall = "holds"\n')
    for name in ("no such scenario", str(tmp_path / "a.toml"), str(COUNTER)):
        with pytest.raises(ScenarioError):
            shootdown.check(name)


def test_files_are_named_from_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for folder in (ROOT, ROOT / "tests"):
        monkeypatch.chdir(folder)
        trace = shootdown.check(UNLOCKED, engine="interpreter").rows[0].trace
        assert trace is not None
        names.append(trace.steps[-1].where.path)
    assert names == ["tests/cases/counter/counter.py", "cases/counter/counter.py"]
