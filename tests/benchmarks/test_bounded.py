"""Whether the benchmark of bounded model checking sees a search that is wrong; the engines are stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import bounded
import pytest
from commands import COUNTER

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import Counts, Exploration, Finding, Path
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.system import System

VIOLATED, HOLDS = f"{COUNTER}/unlocked", f"{COUNTER}/locked"

Answer = Callable[[System], Exploration]


def nothing(bound: int | None) -> Answer:
    """Finds nothing, and covers so much."""
    return lambda system: Exploration(Counts(0, 0, 0), False, "max_depth", {}, None, 0.0, "bmc", bound=bound)


def everything(system: System) -> Exploration:
    """Finds that everything is violated at first."""
    at_first = Path(Layout(system).initial, ())
    return replace(nothing(0)(system), findings={prop.name: Finding(prop.name, at_first) for prop in system.properties})


def a_problem(system: System) -> Exploration:
    """Finds a problem at first."""
    return replace(nothing(0)(system), problem=Path(Layout(system).initial, ()))


def the_truth(system: System) -> Exploration:
    """Finds what there is."""
    return InterpreterEngine().explore(system, Limits())


@pytest.mark.parametrize(
    ("scenario", "answer", "said"),
    [
        (VIOLATED, nothing(30), "misses no_lost_update to depth 30"),
        (HOLDS, everything, "finds no_lost_update"),
        (HOLDS, a_problem, "finds a problem"),
    ],
)
def test_a_search_that_is_wrong_is_told(
    scenario: str, answer: Answer, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(answer, monkeypatch)
    assert bounded.main([scenario, "--holds", "3"]) == 1
    out = capsys.readouterr().out
    assert said in out
    assert "1 disagreements" in out


@pytest.mark.parametrize(
    ("scenario", "answer"),
    [(VIOLATED, the_truth), (VIOLATED, nothing(0)), (VIOLATED, nothing(None)), (HOLDS, nothing(3))],
)
def test_a_search_that_is_right_as_far_as_it_goes_is_no_disagreement(
    scenario: str, answer: Answer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(answer, monkeypatch)
    assert bounded.main([scenario, "--holds", "3"]) == 0
    assert "0 disagreements" in capsys.readouterr().out


def answer_with(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bounded search give this answer, and the interpreter be what it is compared with."""

    class StandIn:
        def explore(self, system: System, limits: Limits) -> Exploration:
            return answer(system)

    monkeypatch.setattr(bounded, "BmcEngine", StandIn)
    monkeypatch.setattr(bounded, "engine", InterpreterEngine)
