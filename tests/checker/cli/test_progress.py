"""How far a run is, where nobody watches."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from commands import COUNTER

from shootdown.checker.cli.progress import LOGGED, Progress
from shootdown.checker.record import Checked
from shootdown.checker.scenario import find


@dataclass
class Clock:
    """Seconds, set by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress = Progress(find([str(COUNTER)]), clock)
    progress.done(Checked("counter/unlocked", "counter.toml"))
    assert capsys.readouterr().err == ""
    clock.now = LOGGED
    progress.done(None)
    progress.done(None)
    clock.now = 2 * LOGGED - 1
    progress.done(None)
    assert capsys.readouterr().err == "checked 1 of 2 scenarios, 20 s; last counter/unlocked\n"


def test_a_log_gets_a_line_of_a_long_search(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress = Progress(find([f"{COUNTER}/locked"]), clock)
    clock.now = LOGGED
    progress.searching(12_345, 40_000, 7)
    assert capsys.readouterr().err == "12,345 states, depth 7, 2,000 transitions/s, 20 s; counter/locked\n"
