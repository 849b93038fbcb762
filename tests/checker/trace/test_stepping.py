"""Walking along a trace, back, and off it."""

from __future__ import annotations

import pytest
from commands import ROOT

from shootdown.checker.check import check_scenario
from shootdown.checker.options import Options
from shootdown.checker.replaying import replayed
from shootdown.checker.scenario import find_one
from shootdown.checker.trace.stepping import Walk

ACCOUNT = ROOT / "tests" / "cases" / "account" / "account.toml"


@pytest.fixture
def walk() -> Walk:
    """Along the trace in which two plain additions read before either writes: read, read, write, write."""
    scenario = find_one(f"{ACCOUNT}/plain")
    (trace,) = [row.trace for row in check_scenario(scenario, Options()).rows if row.trace]
    again = replayed(scenario, trace)
    return Walk(again.built.system, again.path, again.prop)


def labels(walk: Walk) -> list[str]:
    system = walk.system
    return [f"{system.agents[each.agent].name} {walk.evaluator.step(each).label}" for each in walk.taken]


def test_forwards_to_the_end_and_back(walk: Walk) -> None:
    assert walk.forward(2) == 2
    assert walk.on_trace
    assert not walk.wrong
    assert walk.forward(5) == 2
    assert walk.wrong
    assert walk.state == walk.trace.states[-1]
    assert walk.back(3) == 3
    assert walk.state == walk.trace.states[1]
    assert (walk.back(9), walk.back()) == (1, 0)
    assert walk.state == walk.trace.initial


def test_one_of_the_ways_on_is_that_of_the_trace(walk: Walk) -> None:
    walk.go(1)
    ways = walk.ways()
    assert len(ways) == 2
    assert [way.transition == walk.trace.transitions[1] for way in ways] == [way.on_trace for way in ways]
    assert sum(way.on_trace for way in ways) == 1


def test_off_the_trace_only_a_single_step_is_taken_by_itself(walk: Walk) -> None:
    walk.go(1)
    other = next(way.transition for way in walk.ways() if not way.on_trace)
    walk.take(other)
    assert (walk.on_trace, walk.common) == (False, 1)
    # One CPU has finished its addition: the other one alone has steps, and the sum comes out.
    assert walk.forward(9) == 2
    assert walk.ways() == ()
    assert not walk.wrong
    assert len({label.partition(" ")[0] for label in labels(walk)[:2]}) == 1
    walk.go(walk.common)
    assert walk.on_trace


def test_the_same_steps_by_choice_are_still_the_trace(walk: Walk) -> None:
    for _ in walk.trace.transitions:
        walk.take(next(way.transition for way in walk.ways() if way.on_trace))
    assert walk.on_trace
    assert walk.wrong


def test_the_property_is_false_for_good_from_some_step_on(walk: Walk) -> None:
    # The word starts at zero and is never two.
    assert walk.turning_point() == 0
    assert walk.holds is False
