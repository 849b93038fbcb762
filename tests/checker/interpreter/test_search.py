"""The interpreter against the naive search of the same rules, and at its limits."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest
from random_systems import random_system
from reference_search import Decision, Labels, label, search
from toy_systems import counter, embrace, lost_update, page_request, pairs

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import NO_DEADLOCK, Counts, Exploration, Path
from shootdown.model.ir.system import System


def labels(path: Path) -> Labels:
    return tuple(label(transition) for transition in path.transitions)


def decision(path: Path | None) -> Decision | None:
    return None if path is None else Decision(len(path.transitions), labels(path))


def agree(system: System, max_states: int | None = None, max_depth: int | None = None) -> Exploration:
    """Explore, and compare everything with the naive search."""
    expected = search(system, max_states, max_depth)
    found = InterpreterEngine().explore(system, Limits(max_states=max_states, max_depth=max_depth))
    assert found.counts == Counts(expected.states, expected.transitions, expected.depth)
    assert (found.exhausted, found.stopped, found.fired) == (expected.exhausted, expected.stopped, expected.fired)
    assert {name: decision(finding.path) for name, finding in found.findings.items()} == expected.decided
    assert decision(found.problem) == expected.problem
    return found


@pytest.mark.parametrize("batch", range(10))
def test_random_systems_agree_with_the_naive_search(batch: int) -> None:
    for seed in range(batch * 8, batch * 8 + 8):
        agree(random_system(Random(seed)), max_states=400)


@pytest.mark.parametrize("seed", range(40))
def test_limits_stop_where_the_naive_search_stops(seed: int) -> None:
    random = Random(seed)
    agree(random_system(random), max_states=random.randint(0, 20))
    agree(random_system(random), max_states=300, max_depth=random.randint(0, 3))


def test_a_path_steps_from_state_to_state() -> None:
    found = InterpreterEngine().explore(lost_update().system, Limits())
    path = found.findings["no_lost_update"].path
    assert labels(path) == ((0, 0, ()), (1, 0, ()), (1, 1, ()), (0, 1, ()))
    assert path.states[0] == path.initial
    assert len(path.states) == 5


def test_choices_are_taken_in_order() -> None:
    found = InterpreterEngine().explore(pairs().system, Limits())
    assert labels(found.findings["y_not_two"].path) == ((0, 0, (0, 2)),)


def test_a_stuck_state_is_found_although_nobody_asked() -> None:
    found = InterpreterEngine().explore(embrace().system, Limits())
    assert labels(found.findings[NO_DEADLOCK].path) == ((0, 0, ()), (1, 0, ()))


def test_a_search_that_a_limit_stops_tells_of_the_stuck_states_that_it_has_met() -> None:
    found = InterpreterEngine().explore(embrace().system, Limits(max_depth=5))
    assert not found.exhausted
    assert not found.findings[NO_DEADLOCK].shortest
    nothing_yet = InterpreterEngine().explore(embrace().system, Limits(max_depth=2))
    assert NO_DEADLOCK not in nothing_yet.findings


def test_max_depth_keeps_deeper_states_unexpanded() -> None:
    found = InterpreterEngine().explore(counter().system, Limits(max_depth=2))
    assert (found.counts, found.stopped) == (Counts(3, 2, 2), "max_depth")
    assert InterpreterEngine().explore(counter().system, Limits(max_depth=4)).stopped is None


def test_max_states_counts_stored_states() -> None:
    found = InterpreterEngine().explore(counter().system, Limits(max_states=2))
    assert (found.counts, found.stopped) == (Counts(2, 1, 1), "max_states")


def test_seconds_stop_the_search() -> None:
    engine = InterpreterEngine(clock=map(float, count()).__next__)
    found = engine.explore(lost_update().system, Limits(max_seconds=3.0))
    assert (found.counts.states, found.stopped) == (5, "max_seconds")


def test_memory_stops_the_search() -> None:
    assert InterpreterEngine().explore(lost_update().system, Limits(max_memory=0)).stopped == "max_memory"
    assert InterpreterEngine().explore(lost_update().system, Limits(max_memory=2**40)).stopped is None


def test_progress_is_told_once_a_second() -> None:
    told: list[tuple[int, int, int]] = []
    clock = (tick / 2 for tick in count())
    limits = Limits(progress=lambda states, transitions, depth: told.append((states, transitions, depth)))
    InterpreterEngine(clock=clock.__next__).explore(lost_update().system, limits)
    assert len(told) == 6
    assert told[0] == (3, 2, 1)


def test_an_interrupt_keeps_what_was_covered() -> None:
    def interrupt(states: int, transitions: int, depth: int) -> None:
        if depth == 2:
            raise KeyboardInterrupt

    engine = InterpreterEngine(clock=map(float, count()).__next__)
    found = engine.explore(page_request().system, Limits(progress=interrupt))
    assert found.stopped == "interrupted"
    assert not found.exhausted
    assert found.counts == Counts(3, 2, 2)
    assert set(found.findings) == {"answered", "never_asks"}
