"""No reduction, alone or with others, changes a verdict or a trace."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from random_systems import random_system

from shootdown.checker import searching
from shootdown.checker.explicit import ExplicitEngine
from shootdown.checker.explicit import reduced as reduced_module
from shootdown.checker.explicit.reduced import explore_reduced
from shootdown.checker.explicit.reduced_engine import ReducedEngine
from shootdown.checker.options import Limits
from shootdown.checker.reductions import ALL, REDUCTIONS
from shootdown.checker.result import Exploration
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build
from shootdown.checker.searching import Searched, search
from shootdown.model.ir.system import System

EXAMPLES = Path(__file__).parents[2] / "examples"
_explore = ExplicitEngine.explore
SUBSETS = [frozenset(names) for size in range(len(REDUCTIONS) + 1) for names in combinations(REDUCTIONS, size)]


def decided(searched: Searched) -> object:
    """Verdicts, and how each came to be."""
    paths = {
        outcome.name: outcome.path and [(item.agent, item.step, item.choices) for item in outcome.path.transitions]
        for outcome in searched.judgement.outcomes
    }
    return {outcome.name: (outcome.verdict, outcome.depth) for outcome in searched.judgement.outcomes}, paths


def system(seed: int) -> System:
    return random_system(Random(seed))


@pytest.mark.parametrize("seed", range(2))
def test_every_subset_of_the_reductions_comes_to_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "LARGE", 3)
    reference = decided(search(system(seed), {}, Limits(), "explicit", ALL))
    for without in SUBSETS:
        assert decided(search(system(seed), {}, Limits(), None, without)) == reference, sorted(without)


def test_a_large_search_begins_again_with_reductions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "LARGE", 3)
    with_reductions = search(system(0), {}, Limits())
    assert with_reductions.exploration.engine == "reduced"
    assert "states stored" in with_reductions.notices[0]
    for limits, without in (
        (Limits(), frozenset({"merge", "partial-order", "symmetry"})),
        (Limits(max_depth=50), frozenset()),
        (Limits(max_states=3), frozenset()),
    ):
        assert search(system(0), {}, limits, None, without).exploration.engine == "explicit"


def test_where_reductions_save_nothing_all_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = build(find_one(str(EXAMPLES / "two_phase_commit" / "two_phase_commit.toml" / "3"))).system
    whole = search(protocol, {}, Limits()).exploration
    monkeypatch.setattr(searching, "LARGE", 50)
    monkeypatch.setattr(reduced_module, "TRIAL", 40)
    assert search(protocol, {}, Limits()).exploration.engine == "reduced"
    found = search(protocol, {}, Limits(), None, {"symmetry"})
    assert replace(found.exploration, seconds=0.0) == replace(whole, seconds=0.0)
    assert found.exploration.engine == "explicit"
    assert "saved nothing of the first" in found.notices[0]


def test_a_search_that_saves_something_goes_on_after_its_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    went_on = 0
    monkeypatch.setattr(reduced_module, "TRIAL", 5)
    for seed in range(20):
        for limits in (Limits(), Limits(max_states=9)):
            tried = explore_reduced(system(seed), limits, trial=True)
            if tried.stopped != reduced_module.NOTHING_SAVED:
                assert tried == explore_reduced(system(seed), limits)
                went_on += tried.states > 5
    assert went_on > 10


def test_a_search_with_reductions_has_the_time_that_the_first_one_left(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[float | None] = []

    def explored(self: ReducedEngine, system: System, limits: Limits) -> Exploration:
        left.append(limits.max_seconds)
        return ExplicitEngine().explore(system, limits)

    monkeypatch.setattr(searching, "LARGE", 3)
    monkeypatch.setattr(ReducedEngine, "explore", explored)
    monkeypatch.setattr(
        ExplicitEngine, "explore", lambda self, system, limits: replace(_explore(self, system, limits), seconds=70.0)
    )
    search(system(0), {}, Limits(max_seconds=100))
    assert left[0] is not None
    assert left[0] <= 30
