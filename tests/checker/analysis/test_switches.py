"""Few context switches: what is found is what a plain search of states with last agent and switches finds."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from random_systems import random_system
from toy_systems import lost_update

from shootdown.checker.analysis.switches import bound_switches
from shootdown.checker.explicit import ExplicitEngine
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.judge import Outcome
from shootdown.checker.options import Limits
from shootdown.checker.searching import Searched, search
from shootdown.checker.trace.goals import decides
from shootdown.checker.verdict import Evidence, Verdict
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind, System
from shootdown.model.ir.verify import verify

Node = tuple[State, int | None, int]
"""A state, the agent of the step into it, and the context switches so far."""


def violated(system: System, most: int) -> Mapping[str, int]:
    """By property the length of the shortest run with at most so many switches that decides it; a search of its own."""
    evaluator = Evaluator(system)
    found: dict[str, int] = {}
    level: set[Node] = {(evaluator.layout.initial, None, 0)}
    seen = set(level)
    depth = 0
    while level:
        for state, _, _ in level:
            for prop in system.properties:
                if decides(evaluator, prop, state):
                    found.setdefault(prop.name, depth)
        after: set[Node] = set()
        for state, last, used in level:
            for transition in evaluator.transitions(state):
                switches = used + (last not in (None, transition.agent))
                if switches <= most:
                    for name in transition.violated:
                        found.setdefault(name, depth + 1)
                    assert transition.target is not None
                    after.add((transition.target, transition.agent, switches))
        level, depth = after - seen, depth + 1
        seen |= level
    return {prop.name: found[prop.name] for prop in system.properties if prop.name in found}


@pytest.mark.parametrize("seed", range(16))
def test_findings_are_those_of_runs_with_few_switches(seed: int) -> None:
    system = random_system(Random(seed), problems=False)
    for most in (0, 1, 3):
        bounded = bound_switches(system, most)
        verify(bounded)
        found = InterpreterEngine().explore(bounded, Limits()).findings
        lengths = {name: len(each.path.transitions) for name, each in found.items() if name != "no_deadlock"}
        assert lengths == violated(system, most)


@pytest.mark.parametrize("seed", range(60, 72))
def test_both_engines_find_the_same(seed: int) -> None:
    system = random_system(Random(seed))
    for most in (0, 2):
        bounded = bound_switches(system, most)
        one, other = (each.explore(bounded, Limits()) for each in (InterpreterEngine(), ExplicitEngine()))
        assert (one.counts, one.findings, one.problem) == (other.counts, other.findings, other.problem)


@pytest.mark.parametrize("seed", range(30, 36))
def test_verdicts_with_many_switches_are_those_without_a_bound(seed: int) -> None:
    system = random_system(Random(seed), problems=False)
    free = search(system, {}, Limits(), "interpreter")
    bounded = search(system, {}, Limits(context_switches=12), "interpreter")
    decided = {each.name: each.verdict for each in bounded.judgement.outcomes if each.evidence is Evidence.TRACE}
    for outcome in free.judgement.outcomes:
        if outcome.evidence is Evidence.TRACE and outcome.prop.kind is not PropertyKind.NO_DEADLOCK:
            assert decided[outcome.name] is outcome.verdict
    assert not any(each.evidence is Evidence.EXHAUSTIVE for each in bounded.judgement.outcomes)


def test_a_lost_update_takes_two_switches() -> None:
    system = lost_update().system
    for most in (0, 1):
        (outcome,) = outcomes(search(system, {}, Limits(context_switches=most), "interpreter"))
        assert (outcome.verdict, outcome.evidence, outcome.depth) == (Verdict.HOLDS, Evidence.SWITCHES, most)
    found = search(system, {}, Limits(context_switches=2), "interpreter")
    (outcome,) = outcomes(found)
    trace = found.trace(outcome)
    assert outcome.verdict is Verdict.VIOLATED
    assert trace is not None
    assert trace.depth == 4


def outcomes(found: Searched) -> list[Outcome]:
    """What is known of the property that a lost update violates."""
    return [each for each in found.judgement.outcomes if each.name == "no_lost_update"]
