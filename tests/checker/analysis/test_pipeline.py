"""Every pass keeps what it promises, judged by a search of the whole and of the reduced system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system
from reference_search import Decision, Labels, Reference, search

from shootdown.checker.analysis.dead_locals import reset_dead_locals
from shootdown.checker.analysis.fold import fold_constants
from shootdown.checker.analysis.pipeline import PASSES, Pass, lift, lift_exploration, reduce_system
from shootdown.checker.analysis.slicing import slice_system
from shootdown.checker.result import Counts, Exploration, Finding, Path
from shootdown.model.ir.evaluate import Choice, Evaluator, Problem
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.source import NOWHERE
from shootdown.model.ir.stmt import Failure
from shootdown.model.ir.system import System
from shootdown.model.ir.verify import verify

SEEDS = st.integers(0, 2**32 - 1)
Rewrite = Callable[[System], System]


def walked(system: System, labels: Labels) -> Path:
    """The path that takes the labelled transitions."""
    evaluator = Evaluator(system)
    state = evaluator.layout.initial
    taken = []
    for agent, step, values in labels:
        (transition,) = [
            item
            for item in evaluator.transitions(state)
            if (item.agent, item.step, tuple(choice.value for choice in item.choices)) == (agent, step, values)
        ]
        taken.append(transition)
        state = transition.target or state
    return Path(evaluator.layout.initial, tuple(taken))


def labels_of(path: Path) -> Labels:
    return tuple((item.agent, item.step, tuple(choice.value for choice in item.choices)) for item in path.transitions)


def explored(system: System, reference: Reference) -> Exploration:
    """A search's outcome as an engine hands it back."""
    findings = {name: Finding(name, walked(system, found.path)) for name, found in reference.decided.items()}
    problem = None if reference.problem is None else walked(system, reference.problem.path)
    counts = Counts(reference.states, reference.transitions, reference.depth)
    return Exploration(counts, reference.exhausted, None, findings, problem, 0.0, "naive", reference.fired)


def decisions(reference: Reference) -> tuple[dict[str, int], int | None]:
    return reference.depths, None if reference.problem is None else reference.problem.depth


@pytest.mark.parametrize("item", PASSES, ids=lambda item: item.name)
@given(seed=SEEDS)
@settings(max_examples=16, deadline=None, derandomize=True)
def test_a_pass_keeps_findings_and_canonical_paths_and_an_exact_one_counts(item: Pass, seed: int) -> None:
    system = random_system(Random(seed))
    reduced = item.run(system)
    verify(reduced)
    before, after = search(system), search(reduced)
    assert decisions(after) == decisions(before)
    assert after.states <= before.states
    if item.exact:
        assert (after.states, after.transitions, after.depth) == (before.states, before.transitions, before.depth)
    assert_lifts(system, reduced, before, after)


@given(seed=SEEDS)
@settings(max_examples=24, deadline=None, derandomize=True)
def test_all_passes_together_keep_findings_and_lift_to_the_canonical_paths_of_the_whole(seed: int) -> None:
    system = random_system(Random(seed))
    reduced = reduce_system(system)
    verify(reduced)
    before, after = search(system), search(reduced)
    assert decisions(after) == decisions(before)
    assert_lifts(system, reduced, before, after)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None, derandomize=True)
def test_passes_keep_findings_in_any_order_and_twice(seed: int) -> None:
    random = Random(seed)
    system = reduced = random_system(random, problems=False)
    for _ in range(4):
        chosen: Rewrite = random.choice([fold_constants, slice_system, reset_dead_locals])
        reduced = chosen(reduced)
    verify(reduced)
    before, after = search(system), search(reduced)
    assert decisions(after) == decisions(before)
    assert_lifts(system, reduced, before, after)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None, derandomize=True)
def test_a_property_alone_is_decided_as_among_the_others(seed: int) -> None:
    system = random_system(Random(seed), problems=False)
    for prop in system.properties:
        single = replace(system, properties=(prop,))
        assert decisions(search(reduce_system(single))) == decisions(search(single))


def assert_lifts(system: System, reduced: System, before: Reference, after: Reference) -> None:
    lifted = lift_exploration(system, reduced, explored(reduced, after))
    if after.exhausted == before.exhausted:
        assert lifted.fired == before.fired
    for name, finding in lifted.findings.items():
        assert labels_of(finding.path) == before.decided[name].path
    if before.problem is not None:
        assert lifted.problem is not None
        assert labels_of(lifted.problem) == before.problem.path


def violated(seed: int) -> tuple[System, System, Decision]:
    """A random system, its reduction, and the first decision of the reduced system that takes a step."""
    for number in range(seed, seed + 200):
        system = random_system(Random(number), problems=False)
        reduced = reduce_system(system)
        if not reduced.arrays:
            continue
        for decision in search(reduced).decided.values():
            if decision.depth > 0:
                return system, reduced, decision
    raise AssertionError("no violated system among so many")


def test_a_path_that_the_whole_system_cannot_take_is_no_silent_success() -> None:
    system, reduced, decision = violated(0)
    path = walked(reduced, decision.path)
    lift(system, reduced, path)
    shifted = replace(path, initial=tuple(value + 1 for value in path.initial))
    with pytest.raises(InternalError, match="step 0 of the path"):
        lift(system, reduced, shifted)
    first, *rest = path.transitions
    extra = replace(first, choices=(*first.choices, Choice("f", 1, "frame1")))
    with pytest.raises(InternalError, match="the whole system has 0 such transitions"):
        lift(system, reduced, replace(path, transitions=(extra, *rest)))
    failed = replace(first, problem=Problem(Failure.MODEL_ERROR, "no", NOWHERE))
    with pytest.raises(InternalError, match="ends in None, reduced in Problem"):
        lift(system, reduced, replace(path, transitions=(failed, *rest)))
    moved = replace(first, target=tuple(value + 1 for value in first.target or ()))
    with pytest.raises(InternalError, match="step 1 of the path: "):
        lift(system, reduced, replace(path, transitions=(moved, *rest)))


def test_an_unknown_pass_is_refused() -> None:
    with pytest.raises(KeyError, match="no pass slize"):
        reduce_system(random_system(Random(0)), without=("slize",))


def test_leaving_out_every_pass_leaves_the_system() -> None:
    system = random_system(Random(0))
    assert reduce_system(system, without=[item.name for item in PASSES]) is system
