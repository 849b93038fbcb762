"""The native reduced search against the interpreter's, and its engine against the one without reductions."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from competing_systems import competing_system
from counting_systems import counting_system
from random_systems import random_system
from toy_systems import TOYS, array, equal, op, points, step
from toy_systems import system as plain_system

from shootdown.checker.explicit import ExplicitEngine, reduced
from shootdown.checker.explicit.build import FAST, SOURCES, Builder, find_compiler
from shootdown.checker.explicit.reduced import explore_reduced, reduced_source
from shootdown.checker.explicit.reduced_engine import ReducedEngine
from shootdown.checker.interpreter.reduced import ReducedSearch
from shootdown.checker.options import Limits, Native
from shootdown.checker.result import Reduced
from shootdown.model.ir.expr import Const, Load, Operator
from shootdown.model.ir.stmt import Assign, Cell, Wait
from shootdown.model.ir.system import Agent, Process, System

MODES = [(True, True), (True, False), (False, True), (False, False)]


def comparable(found: Reduced) -> Reduced:
    """Without what depends on the order within a state that ended the search."""
    return found if found.exhausted else replace(found, fired=frozenset())


@pytest.mark.parametrize(("merge", "partial_order"), MODES)
def test_the_native_search_stores_what_the_interpreter_stores(merge: bool, partial_order: bool) -> None:
    passed = 0
    for seed in range(40):
        system = (random_system, competing_system, counting_system)[seed % 3](Random(seed))
        limit = 1 + seed * 3 if seed % 5 == 0 else None
        reference = ReducedSearch(system, merge=merge, partial_order=partial_order).run(limit)
        found = explore_reduced(system, Limits(max_states=limit), merge=merge, partial_order=partial_order, walk=False)
        assert comparable(found) == comparable(reference), f"seed {seed}"
        passed += found.passed + found.postponed
    assert (passed > 0) == (merge or partial_order)


def test_the_number_of_threads_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduced, "_SLICE", 1)  # threads join the search after its first slice
    builder = Builder(folder=tmp_path, flags=(*FAST, "-DPORTION=1"))
    most = 0
    for seed in range(40):
        system = (random_system, competing_system, counting_system)[seed % 3](Random(seed))
        merge, partial_order = MODES[seed % 2]
        limits = Limits(max_states=seed if seed % 5 == 0 else None, native=Native(threads=2 + seed % 2))
        reference = ReducedSearch(system, merge=merge, partial_order=partial_order).run(limits.max_states)
        found = explore_reduced(system, limits, merge=merge, partial_order=partial_order, walk=False, builder=builder)
        assert comparable(found) == comparable(reference), f"seed {seed}"
        most = max(most, found.states)
    assert most > 100, "some rounds have portions for all threads"


def test_threads_share_the_memory_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduced, "_SLICE", 1)
    system = competing_system(Random(3))
    stopped = [
        explore_reduced(system, Limits(max_memory=600_000, native=Native(threads=threads))).stopped
        for threads in (1, 3)
    ]
    assert stopped == [None, "max_memory"], "tables of about 200,000 bytes for each"


@pytest.mark.parametrize("make", [competing_system, counting_system])
def test_agents_that_compete_are_judged_as_by_the_whole_search(make: Callable[[Random], System]) -> None:
    whole = stored = 0
    for seed in range(10_000, 10_120):
        system = make(Random(seed))
        reference = explore_reduced(system, Limits(), merge=False, partial_order=False)
        for merge, partial_order in MODES[:3]:
            found = explore_reduced(system, Limits(), merge=merge, partial_order=partial_order)
            if reference.exhausted:
                assert found.exhausted, f"seed {seed}"
                assert (found.decided, found.stuck) == (reference.decided, reference.stuck), f"seed {seed}"
                assert found.fired == reference.fired, f"seed {seed}"
                whole += reference.states if merge and partial_order else 0
                stored += found.states if merge and partial_order else 0
            else:
                ended = found.decided >= {prop.name for prop in system.properties}
                assert found.problem or ended, f"seed {seed}"
    assert 2 * stored < whole


def test_a_step_that_is_taken_first_is_progress_whatever_comes_behind_it() -> None:
    odd = equal(op(Operator.MOD, op(Operator.ADD, Load("x"), Load("woken")), Const(2)), 1)
    finish = step(0, "finish", Assign(Cell("x"), Const(2)), to=1)
    never = step(0, "never", Wait(odd), to=1)
    asleep = step(0, "asleep", Wait(equal(Load("woken"), 1)), to=1)
    processes = (
        Process("worker", 0, (), 0, points((True, False), (False, True)), (finish,)),
        Process("waiter", 0, (), 0, points((False, False), (False, True)), (never,)),
        Process("sleeper", 0, (), 0, points((False, False), (False, True)), (asleep,)),
    )
    agents = Agent("cpu0", "worker"), Agent("cpu1", "waiter"), Agent("cpu2", "sleeper")
    whole = plain_system("finishing", (array("x", 2), array("woken", 1)), processes, agents)
    found = explore_reduced(whole, Limits())
    assert (found.states, found.postponed) == (2, 1), "the worker and the waiter go first"
    assert found.exhausted
    assert not found.stuck


def test_findings_and_paths_are_those_of_the_search_without() -> None:
    for seed in range(100, 160):
        system = random_system(Random(seed))
        found, reference = ReducedEngine().explore(system, Limits()), ExplicitEngine().explore(system, Limits())
        assert found.findings == reference.findings, f"seed {seed}"
        assert found.problem == reference.problem, f"seed {seed}"
        assert found.exhausted == reference.exhausted, f"seed {seed}"
        if found.exhausted:
            assert found.fired == reference.fired, f"seed {seed}"


@pytest.mark.parametrize("name", sorted(TOYS))
def test_toys(name: str) -> None:
    toy = TOYS[name]()
    found = ReducedEngine().explore(toy.system, Limits())
    assert {key: len(finding.path.transitions) for key, finding in found.findings.items()} == dict(toy.depths)
    assert (None if found.problem is None else len(found.problem.transitions)) == toy.problem
    assert found.counts.states <= toy.states


def test_a_limit_on_depth_is_one_on_steps() -> None:
    system = random_system(Random(7))
    found = ReducedEngine().explore(system, Limits(max_depth=2))
    assert found.counts == ExplicitEngine().explore(system, Limits(max_depth=2)).counts


def test_the_source_has_no_warnings(tmp_path: Path) -> None:
    source = tmp_path / "reduced.c"
    source.write_text(reduced_source())
    strict = ("-O1", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{SOURCES}")
    command = [*find_compiler().command, *strict, "-o", str(tmp_path / "reduced.so"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
