"""Several threads: counts, findings, paths and even the order of the store are those of one."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from counters import counters, tree
from native_builds import emit_together, expected, found
from random_systems import random_system

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit import search as search_module
from shootdown.checker.explicit.search import NativeSearch
from shootdown.checker.options import Limits, Native
from shootdown.checker.result import Counts
from shootdown.model.ir.expr import Const, Load, Op, Operator
from shootdown.model.ir.system import Point, Property, PropertyKind, System

WORD_BITS = (64, 5, 17)
TWO = Limits(native=Native(threads=2))


@pytest.fixture(params=[1, 3])
def eager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads from the first level on, with a few states at a time."""
    monkeypatch.setattr(search_module, "CHUNK_STATES", request.param)
    monkeypatch.setattr(search_module, "FEWEST_STATES", 1)
    monkeypatch.setattr(search_module, "_THREADS_AFTER", 0.0)
    monkeypatch.setattr(search_module, "_SLICE", 200_000)


def _limits(seed: int, threads: int) -> Limits:
    native = Native(threads=threads)
    match seed % 4:
        case 0:
            return Limits(max_states=1 + seed % 37, native=native)
        case 1:
            return Limits(max_depth=seed % 7, native=native)
        case _:
            return Limits(native=native)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_find_what_the_naive_search_finds(threads: int, tmp_path: Path) -> None:
    seeds = range(threads * 7_000, threads * 7_000 + 60)
    for seed in seeds:
        system, limits = random_system(Random(seed)), _limits(seed, threads)
        engine = ExplicitEngine(tier=Tier.MACHINE, word_bits=WORD_BITS[seed % 3])
        assert found(engine.explore(system, limits)) == expected(system, limits), f"seed {seed}"
    some = [(random_system(Random(seed)), WORD_BITS[seed % 3]) for seed in seeds[:15]]
    emitted = emit_together(some, tmp_path)
    for number, (system, _) in enumerate(some):
        limits = _limits(seeds[number], threads)
        explored = emitted.explore(number, limits)
        assert found(explored) == expected(system, limits), f"emitted, seed {seeds[number]}"


def _stored(system: System, limits: Limits, threads: int) -> tuple[bytes, bytes, Counts, str | None]:
    """The store and the quiet states, after a search."""
    limits = replace(limits, native=Native(threads=threads))
    with ExplicitEngine(tier=Tier.MACHINE, word_bits=11).prepare(system, limits) as search:
        search.run(lambda _: None)
        return (*_memory(search), search.counts, search.stopped)


def _memory(search: NativeSearch) -> tuple[bytes, bytes]:
    native, quiet = search.native, bytearray()
    for position in range(int(native.cursor)):
        quiet.append(native.quiet[position // 64] >> position % 64 & 1)
    return ctypes.string_at(native.store, int(native.count) * search.packing.stride), bytes(quiet)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("limits", [Limits(), Limits(max_states=7_001), Limits(max_states=3), Limits(max_depth=20)])
def test_the_order_of_the_store_is_that_of_one_thread(limits: Limits) -> None:
    small = Property("small", PropertyKind.ALWAYS, Op(Operator.NE, (Load("n1"), Const(5))))
    system = counters(4, 11, small, Property("never", PropertyKind.NO_DEADLOCK, Const(1)))
    alone = _stored(system, limits, 1)
    for threads in (2, 3, 5):
        assert _stored(system, limits, threads) == alone


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("most", [2, 100, 700, 1_200, 2_040])
def test_what_a_limit_keeps_from_being_expanded_is_not_stuck(
    threads: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 10_000)
    system, limits = tree(11, Point("walking", inside=True, final=False)), Limits(native=Native(threads=threads))
    engine = ExplicitEngine(tier=Tier.MACHINE)
    for limited in (replace(limits, max_states=most), replace(limits, max_depth=9), limits):
        explored = engine.explore(system, limited)
        assert found(explored) == expected(system, limited)
        assert ("no_deadlock" in explored.findings) == explored.exhausted


def test_large_levels_of_long_searches_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_THREADS_AFTER", 0.0)
    monkeypatch.setattr(search_module, "_SLICE", 1_000_000)
    small = Property("small", PropertyKind.ALWAYS, Op(Operator.NE, (Load("n3"), Const(29))))
    system = counters(4, 29, small, Property("never", PropertyKind.NO_DEADLOCK, Const(1)))
    with ExplicitEngine(tier=Tier.MACHINE).prepare(system, TWO) as search:
        search.run(lambda _: None)
        assert search.native.crew
        assert search.counts == Counts(30**4, 4 * 30**4, 116)
        assert search.found == {"small": 29}


def test_a_small_search_starts_no_thread() -> None:
    with ExplicitEngine(tier=Tier.MACHINE).prepare(counters(3, 9), TWO) as search:
        search.run(lambda _: None)
        assert not search.native.crew
