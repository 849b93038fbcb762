"""Profiles: their numbers against a plain count over the evaluator's states."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest
from random_systems import random_system
from toy_systems import lost_update

from shootdown.checker.explicit.reached import stored_states
from shootdown.checker.options import Limits
from shootdown.checker.profile.blowup import parts
from shootdown.checker.profile.estimate import estimate
from shootdown.checker.profile.work import sampled
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


def test_a_search_that_a_limit_stops_is_guessed_larger() -> None:
    for seed in range(30):
        system = random_system(Random(seed), problems=False)
        states = len(reachable(system))
        if states > 50:
            guess = estimate(system, first=states // 4)
            assert not guess.exact
            assert guess.states >= states // 4
            return
    raise AssertionError("no system of that size")
