"""Whether the benchmark of reductions sees a search that is wrong, and goes on from what it has kept."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import saved
from commands import COUNTER

from shootdown.checker.explicit.reduced import explore_reduced
from shootdown.checker.result import Reduced

HOLDS = f"{COUNTER}/locked"


def run(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["saved.py", *args])
    return saved.main()


def test_a_row_is_kept_and_not_measured_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    keep = tmp_path / "left.jsonl"
    assert run(monkeypatch, HOLDS, "--keep", str(keep)) == 0
    said = capsys.readouterr().out
    row = json.loads(keep.read_text())
    assert row["whole"] >= row["merged"] >= row["renamed"] >= 1
    assert f"1 scenarios; geometric means of what is saved: {row['whole'] / row['merged']:.1f}" in said
    monkeypatch.setattr(saved, "measured", lambda scenario, most: pytest.fail("measured again"))
    assert run(monkeypatch, HOLDS, "--keep", str(keep)) == 0
    assert capsys.readouterr().out == said


def test_a_search_that_decides_something_else_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = explore_reduced

    def wrong(*args: object, **more: object) -> Reduced:
        return replace(right(*args, **more), stuck=True)  # type: ignore[arg-type]

    monkeypatch.setattr(saved, "explore_reduced", wrong)
    assert run(monkeypatch, HOLDS) == 1
    assert "DIFFERS" in capsys.readouterr().out


def test_larger_scenarios_are_left_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, HOLDS, "--max-states", "1") == 0
    assert "more than 1 states" in capsys.readouterr().err
