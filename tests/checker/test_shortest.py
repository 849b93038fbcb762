"""The second search, for shortest paths: what it leaves of the first where a limit ends it too soon."""

from __future__ import annotations

from dataclasses import replace

import pytest
import toy_systems

from shootdown.checker import shortest
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import Exploration
from shootdown.checker.shortest import with_shortest_paths
from shootdown.model.ir.system import System

SYSTEM = toy_systems.out_of_bounds().system
"""Three steps to a problem, of which the first violates `not_one`."""


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Exploration:
    """Everything there is to find."""
    monkeypatch.setattr(shortest, "engine", InterpreterEngine)
    return InterpreterEngine().explore(SYSTEM, Limits())


def test_a_problem_stays_where_the_second_search_does_not_come_to_it(whole: Exploration) -> None:
    assert whole.problem is not None
    first = replace(whole, canonical=False)
    again = with_shortest_paths(SYSTEM, first, Limits(max_states=2))
    assert again.problem == whole.problem
    assert again.findings == whole.findings


def test_what_the_second_search_finds_before_a_problem_is_told(whole: Exploration) -> None:
    again = with_shortest_paths(SYSTEM, replace(whole, findings={}, canonical=False), Limits(max_states=2))
    assert again.findings == whole.findings
    assert again.problem == whole.problem


@pytest.mark.parametrize("covered", [True, False])
def test_an_interrupt_leaves_what_is_not_shortened_yet_as_it_was_found(
    monkeypatch: pytest.MonkeyPatch, whole: Exploration, covered: bool
) -> None:
    class Interrupted(InterpreterEngine):
        def explore(self, system: System, limits: Limits) -> Exploration:
            if not covered:
                raise KeyboardInterrupt
            return replace(whole, findings={}, problem=None, stopped="interrupted")

    monkeypatch.setattr(shortest, "engine", Interrupted)
    again = with_shortest_paths(SYSTEM, replace(whole, canonical=False), Limits())
    assert (again.stopped, again.problem) == ("interrupted", whole.problem)
    assert again.findings == {name: replace(each, shortest=False) for name, each in whole.findings.items()}
