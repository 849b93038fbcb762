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
