"""Searches that exchange states for others against those that do not, and the native one against the interpreter's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from interchangeable_systems import interchangeable_system
from twin_systems import twin_system

from shootdown.checker.analysis.dead_locals import reset_dead_locals
from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.explicit import ExplicitEngine
from shootdown.checker.explicit.reduced import explore_reduced
from shootdown.checker.explicit.reduced_engine import ReducedEngine
from shootdown.checker.interpreter.reduced import ReducedSearch
from shootdown.checker.options import Limits
from shootdown.checker.reductions import ALL, SYMMETRY
from shootdown.checker.registry import REDUCED
from shootdown.checker.result import Reduced
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build
from shootdown.checker.searching import search
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.system import System

MODES = [(True, True), (True, False), (False, True), (False, False)]


def system(seed: int) -> System:
    return reset_dead_locals(interchangeable_system(Random(seed)))


def twins(seed: int) -> System:
    return reset_dead_locals(twin_system(Random(seed)))


def comparable(found: Reduced) -> Reduced:
    """Without what depends on the order within a state that ended the search."""
    return found if found.exhausted else replace(found, fired=frozenset())


@pytest.mark.parametrize(("make", "first"), [(system, 0), (system, 40), (twins, 0)])
def test_verdicts_are_those_of_the_search_of_all_states(make: Callable[[int], System], first: int) -> None:
    whole = stored = 0
    for seed in range(first, first + 40):
        searched = make(seed)
        symmetry = find_symmetry(searched)
        reference = explore_reduced(searched, Limits(), merge=False, partial_order=False)
        for merge, partial_order in MODES:
            found = explore_reduced(searched, Limits(), merge=merge, partial_order=partial_order, symmetry=symmetry)
            assert found.exhausted == reference.exhausted, f"seed {seed}"
            if reference.exhausted:
                assert (found.decided, found.stuck) == (reference.decided, reference.stuck), f"seed {seed}"
                assert found.fired == reference.fired, f"seed {seed}"
        if reference.exhausted:
            whole, stored = whole + reference.states, stored + found.states
    assert stored < whole


@pytest.mark.parametrize("make", [system, twins])
def test_the_native_search_stores_what_the_interpreter_stores(make: Callable[[int], System]) -> None:
    renamed = 0
    for seed in range(200, 230):
        searched = make(seed)
        symmetry = find_symmetry(searched)
        for merge, partial_order in MODES[seed % 2 :: 2]:
            limit = 1 + seed % 50 if seed % 5 == 0 else None
            reference = ReducedSearch(searched, merge=merge, partial_order=partial_order, symmetry=symmetry).run(limit)
            found = explore_reduced(
                searched,
                Limits(max_states=limit),
                merge=merge,
                partial_order=partial_order,
                symmetry=symmetry,
                walk=False,
            )
            assert comparable(found) == comparable(reference), f"seed {seed}"
            renamed += found.renamed
    assert renamed > 300


@pytest.mark.parametrize("make", [system, twins])
def test_findings_and_paths_are_those_of_the_search_without(make: Callable[[int], System]) -> None:
    for seed in range(300, 330):
        searched = make(seed)
        found = ReducedEngine(symmetry=find_symmetry(searched)).explore(searched, Limits())
        reference = ExplicitEngine().explore(searched, Limits())
        assert found.findings == reference.findings, f"seed {seed}"
        assert found.problem == reference.problem, f"seed {seed}"


@pytest.mark.parametrize("make", [interchangeable_system, twin_system])
def test_dead_locals_tell_no_states_apart_where_nothing_resets_them(make: Callable[[Random], System]) -> None:
    compared = 0
    for seed in range(40):
        searched = make(Random(seed))
        reference = ExplicitEngine().explore(searched, Limits())
        found = search(searched, {}, Limits(), REDUCED, ALL - {SYMMETRY}).exploration
        assert (found.findings, found.problem) == (reference.findings, reference.problem), f"seed {seed}"
        if found.exhausted:
            assert found.counts.states <= reference.counts.states, f"seed {seed}"
            compared += 1
    assert compared > 30


@pytest.mark.parametrize(
    "name",
    ["any_shared/linux_6_12", "any_shared/free_before_flush", "concurrent_zaps/store", "several_devices/all_told"],
)
def test_scenarios_whose_frames_are_interchangeable(name: str) -> None:
    searched = reduce_system(build(find_one(name)).system)
    symmetry = find_symmetry(searched)
    assert symmetry.symmetric
    reference = ExplicitEngine().explore(searched, Limits())
    found = explore_reduced(searched, Limits(), merge=False, partial_order=False, symmetry=symmetry)
    assert found.decided == reference.findings.keys()
    assert found.exhausted == reference.exhausted
    assert found.states < reference.counts.states
    if found.exhausted:
        assert found.fired == reference.fired


CPUS, DEVICES = "cpu0, cpu1", "nic0, nic1"


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("forever_threads/zaps", CPUS),
        ("spurious_fault/kept_page", CPUS),
        ("stale_inheritance/flush_then_set", CPUS),
        ("pinned_twice/early_copy", DEVICES),
        ("pinned_twice/shared", DEVICES),
        ("pinned_twice/unmapped", DEVICES),
        ("pinned_twice/both_let_go_too_early", DEVICES),
    ],
)
def test_scenarios_whose_agents_change_places(name: str, alike: str) -> None:
    searched = reduce_system(build(find_one(name)).system)
    symmetry = find_symmetry(searched)
    assert any(alike in group for group in symmetry.groups)
    reference = ExplicitEngine().explore(searched, Limits())
    for merge, partial_order in ((False, False), (True, True)):
        found = explore_reduced(searched, Limits(), merge=merge, partial_order=partial_order, symmetry=symmetry)
        assert found.decided == reference.findings.keys()
        assert found.exhausted == reference.exhausted
        assert 3 * found.states < 2 * reference.counts.states
        if found.exhausted:
            assert found.fired == reference.fired
