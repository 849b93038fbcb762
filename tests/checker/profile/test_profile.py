"""Profiles: their numbers against a plain count over the evaluator's states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random

import pytest
from random_systems import random_system
from toy_systems import lost_update

from shootdown.checker.explicit.reached import stored_states
from shootdown.checker.options import Limits
from shootdown.checker.profile import estimate as estimating
from shootdown.checker.profile.blowup import parts
from shootdown.checker.profile.estimate import estimate
from shootdown.checker.profile.work import sampled
from shootdown.checker.walks import Walks
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import System


def reachable(system: System) -> list[State]:
    """Every reachable state."""
    evaluator = Evaluator(system)
    found = [evaluator.layout.initial]
    seen = set(found)
    for state in found:
        for transition in evaluator.transitions(state):
            if transition.target is not None and transition.target not in seen:
                seen.add(transition.target)
                found.append(transition.target)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_factors_are_those_of_a_plain_count(seed: int) -> None:
    system = random_system(Random(seed), problems=False)
    states, layout = reachable(system), Layout(system)
    stored = stored_states(system, Limits())
    assert sorted(map(stored.state, range(stored.count))) == sorted(states)

    found = {(part.kind, part.name): part for part in parts(stored)}
    for agent, first in zip(system.agents, layout.points, strict=True):
        own = range(first, first + 1 + len(system.process(agent).locals))
        part = found["agent", agent.name]
        others = {tuple(value for entry, value in enumerate(state) if entry not in own) for state in states}
        assert part.values == len({tuple(state[entry] for entry in own) for state in states})
        assert part.factor == len(states) / len(others)


@pytest.mark.parametrize("seed", range(6))
def test_transitions_of_all_states_are_those_of_the_search(seed: int) -> None:
    system = random_system(Random(seed), problems=False)
    found = sampled(stored_states(system, Limits()), most=10**9, clock=count().__next__)
    assert found.transitions == stored_states(system, Limits()).exploration.counts.transitions
    assert found.states == len(reachable(system))
    assert sum(each.transitions for each in found.operations) == found.transitions
    assert all(each.states <= found.states for each in (*found.steps, *found.operations))


def test_the_guess_of_a_small_system_is_its_size() -> None:
    system = lost_update().system
    guess = estimate(system)
    assert (guess.states, guess.exact) == (lost_update().states, True)


LARGER = [seed for seed in range(30) if len(reachable(random_system(Random(seed), problems=False))) > 50]


@pytest.mark.parametrize("seed", LARGER)
def test_the_guess_is_made_of_the_part_of_random_runs_that_the_first_states_are(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimating, "RUNS", 4)
    monkeypatch.setattr(estimating, "STEPS", 60)
    system = replace(random_system(Random(seed), problems=False), properties=())
    states = reachable(system)
    first = stored_states(system, Limits(max_states=len(states) // 4)).count
    walks = Walks(system)
    for run in range(4):
        assert not [*walks.run(Random(run), 60)]
    part = len(walks.seen.intersection(states[:first])) / len(walks.seen)

    guess = estimate(system, first=len(states) // 4, clock=lambda: 0.0)
    assert not guess.exact
    assert guess.states == int(first / part**3) > first


def test_no_run_of_a_guess_begins_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    class Counted(Walks):
        def run(self, random: Random, steps: int) -> Iterator[str]:
            seeds.append(steps)
            return super().run(random, steps)

    monkeypatch.setattr(estimating, "Walks", Counted)
    system = random_system(Random(LARGER[0]), problems=False)
    estimate(system, first=5, seconds=3, clock=count().__next__)
    assert len(seeds) == 3
    estimate(system, first=5, seconds=0, clock=count().__next__)
    assert len(seeds) == 4


def test_an_interrupt_of_the_short_search_is_no_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    system = random_system(Random(LARGER[0]), problems=False)
    stored = stored_states(system, Limits(max_states=5))
    cut = replace(stored, exploration=replace(stored.exploration, stopped="interrupted"))
    monkeypatch.setattr(estimating, "stored_states", lambda system, limits: cut)
    with pytest.raises(KeyboardInterrupt):
        estimate(system)
