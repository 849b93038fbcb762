"""The native engine as an engine: known counts, limits, interrupts, the swap of tiers, what it falls back to."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counters import IDLE, counters
from toy_systems import TOYS, embrace

from shootdown.checker.explicit import ExplicitEngine, NoCompiler, Tier, Unsupported, emit_c, emit_step
from shootdown.checker.explicit import search as search_module
from shootdown.checker.explicit import tiers as tiers_module
from shootdown.checker.explicit.build import Builder, default_builder
from shootdown.checker.explicit.layout import pack_system
from shootdown.checker.explicit.native import Driver
from shootdown.checker.explicit.specialise import specialise
from shootdown.checker.explicit.tiers import Background, emitted_driver
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits, Native
from shootdown.checker.result import Counts
from shootdown.model.ir.expr import TRUE, Const, Expr, Load, Op, Operator
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.stmt import Assign, Cell, Goto, Stmt, Wait
from shootdown.model.ir.system import Agent, Array, Process, Property, PropertyKind, Step, System

TIERS = [Tier.MACHINE, Tier.EMITTED]
BOTH = pytest.mark.parametrize("tier", TIERS)


def _one_step(*block: Stmt) -> System:
    process = Process("p", 0, (), 0, (IDLE,), (Step(0, "step", (*block, Goto(0))),))
    return System("one", (Array("a", (3,), 0, 2, (0, 1, 2)),), (process,), (Agent("cpu0", "p"),))


@BOTH
def test_counters_have_as_many_states_as_numbers(tier: Tier) -> None:
    explored = ExplicitEngine(tier=tier).explore(counters(4, 19), Limits())
    assert explored.counts == Counts(160_000, 640_000, 76)
    assert explored.exhausted
    assert explored.fired == {(f"p{number}", 0) for number in range(4)}


@BOTH
def test_wide_states_are_found_again(tier: Tier) -> None:
    explored = ExplicitEngine(tier=tier, word_bits=5).explore(counters(3, 24), Limits())
    assert explored.counts == Counts(15_625, 46_875, 72)


@BOTH
@pytest.mark.parametrize(
    "limits", [Limits(max_states=5_000), Limits(max_depth=7), Limits(max_states=0), Limits(max_depth=0)]
)
def test_limits_stop_where_the_reference_stops(tier: Tier, limits: Limits) -> None:
    system = counters(3, 19, Property("small", PropertyKind.ALWAYS, Op(Operator.NE, (Load("n1"), Const(5)))))
    native = ExplicitEngine(tier=tier).explore(system, limits)
    reference = InterpreterEngine().explore(system, limits)
    assert replace(native, seconds=0, engine="") == replace(reference, seconds=0, engine="")


@BOTH
def test_a_limit_of_memory_stops_the_search(tier: Tier) -> None:
    explored = ExplicitEngine(tier=tier).explore(counters(5, 19), Limits(max_memory=2_000_000))
    assert explored.stopped == "max_memory"
    assert not explored.exhausted
    assert 10_000 < explored.counts.states < 250_000


def test_a_limit_of_time_stops_the_search() -> None:
    explored = ExplicitEngine(tier=Tier.MACHINE).explore(counters(7, 19), Limits(max_seconds=0.15))
    assert explored.stopped == "max_seconds"
    assert explored.seconds < 5
    assert ExplicitEngine(tier=Tier.MACHINE).explore(counters(2, 3), Limits(max_seconds=0)).stopped == "max_seconds"


def test_an_interrupt_keeps_what_was_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 1_000_000)
    reports = []

    def interrupt(states: int, transitions: int, depth: int) -> None:
        reports.append((states, transitions, depth))
        raise KeyboardInterrupt

    monkeypatch.setattr(search_module, "_BETWEEN_REPORTS", 0.0)
    small = Property("small", PropertyKind.ALWAYS, Op(Operator.NE, (Load("n1"), Const(3))))
    system = counters(6, 19, small, Property("true", PropertyKind.ALWAYS, TRUE))
    explored = ExplicitEngine(tier=Tier.MACHINE).explore(system, Limits(progress=interrupt))
    assert explored.stopped == "interrupted"
    assert len(reports) == 1
    assert explored.counts.states >= reports[0][0] > 0
    assert len(explored.findings["small"].path.transitions) == 3


def test_the_emitted_steps_take_over_a_running_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 200_000)
    monkeypatch.setattr(tiers_module, "START_AFTER", 0.0)
    system = counters(5, 15)
    specialised = specialise(system)
    emitted_driver(default_builder(), specialised, pack_system(specialised))
    taken = []

    class Watched(Background):
        def __call__(self, seconds: float) -> Driver | None:
            driver = super().__call__(seconds)
            taken.append(driver is not None)
            return driver

    monkeypatch.setattr("shootdown.checker.explicit.engine.Background", Watched)
    swapped = ExplicitEngine().explore(system, Limits())
    assert swapped.counts == Counts(16**5, 5 * 16**5, 75)
    assert taken.count(True) == 1


@pytest.mark.parametrize(("threads", "emits"), [(None, True), (2, True), (1, False)])
def test_on_one_core_the_compiler_comes_later(
    monkeypatch: pytest.MonkeyPatch, threads: int | None, emits: bool
) -> None:
    begun: list[str] = []

    def emitted(*args: Any) -> Driver:
        begun.append("emitted")
        return emitted_driver(*args)

    monkeypatch.setattr(search_module, "_SLICE", 200_000)
    monkeypatch.setattr(tiers_module, "START_AFTER", 0.0)
    monkeypatch.setattr(tiers_module, "START_AFTER_ON_ONE_CORE", 1e6)
    monkeypatch.setattr(tiers_module, "emitted_driver", emitted)
    ExplicitEngine().explore(counters(5, 15), Limits(native=Native(threads=threads)))
    assert bool(begun) == emits


def test_a_step_too_long_to_emit_leaves_a_running_search_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 200_000)
    monkeypatch.setattr(tiers_module, "START_AFTER", 0.0)
    monkeypatch.setattr(emit_step, "_MOST_STATEMENTS", 0)
    begun: list[str] = []
    failed: list[object] = []

    def emitted(*args: Any) -> Driver:
        begun.append("emitted")
        return emitted_driver(*args)

    monkeypatch.setattr(tiers_module, "emitted_driver", emitted)
    monkeypatch.setattr(threading, "excepthook", failed.append)
    assert ExplicitEngine().explore(counters(5, 15), Limits()).counts == Counts(16**5, 5 * 16**5, 75)
    assert (begun, failed) == (["emitted"], [])


def test_without_a_compiler_the_fallback_explores_and_a_notice_says_so() -> None:
    def no_compiler() -> Builder:
        raise NoCompiler("no C compiler found: install gcc")

    toy = TOYS["mutex"]()
    engine = ExplicitEngine(builder=no_compiler, fallback=InterpreterEngine)
    assert engine.explore(toy.system, Limits()).engine == "interpreter"
    assert engine.notice == "no C compiler found: install gcc; exploring with the interpreter, which is slower"
    with pytest.raises(NoCompiler):
        ExplicitEngine(builder=no_compiler).explore(toy.system, Limits())


def test_more_properties_than_bits_are_left_to_the_fallback() -> None:
    properties = tuple(Property(f"q{number}", PropertyKind.ALWAYS, TRUE) for number in range(65))
    system = counters(2, 2, *properties)
    with pytest.raises(Unsupported, match="65 properties"):
        ExplicitEngine().explore(system, Limits())
    engine = ExplicitEngine(fallback=InterpreterEngine)
    assert engine.explore(system, Limits()).counts == Counts(9, 18, 4)


@BOTH
@pytest.mark.parametrize("index", [Const(3), Op(Operator.ADD, (Load("a", (Const(2),)), Const(1)))])
def test_an_index_that_the_lowering_should_have_checked_is_an_internal_error(tier: Tier, index: Expr) -> None:
    system = _one_step(Assign(Cell("a", (Const(0),)), Load("a", (index,))))
    with pytest.raises(InternalError, match="left its bounds"):
        ExplicitEngine(tier=tier).explore(system, Limits())


@BOTH
def test_a_stored_value_that_the_lowering_should_have_checked_is_an_internal_error(tier: Tier) -> None:
    system = _one_step(Assign(Cell("a", (Const(2),)), Op(Operator.ADD, (Load("a", (Const(2),)), Const(1)))))
    with pytest.raises(InternalError, match="left its bounds"):
        ExplicitEngine(tier=tier).explore(system, Limits())


@BOTH
def test_what_a_conjunction_does_not_evaluate_cannot_fault(tier: Tier) -> None:
    beyond = Op(Operator.ADD, (Load("a", (Const(2),)), Const(1)))
    guarded = Op(Operator.AND, (Op(Operator.LT, (beyond, Const(3))), Op(Operator.EQ, (Load("a", (beyond,)), TRUE))))
    assert ExplicitEngine(tier=tier).explore(_one_step(Wait(guarded)), Limits()).counts == Counts(1, 0, 0)


def test_emitted_c_names_agents_steps_and_places() -> None:
    source = emit_c(TOYS["lost_update"]().system)
    assert "/* cpu0: " in source
    assert '#include "explore.h"' in source


def test_a_cache_folder_of_its_own(tmp_path: Path) -> None:
    engine = ExplicitEngine(tier=Tier.EMITTED, builder=lambda: Builder(folder=tmp_path))
    assert engine.explore(counters(2, 2), Limits()).counts == Counts(9, 18, 4)
    assert len(list(tmp_path.glob("*/*.so"))) == 1


def test_a_search_that_time_stops_tells_of_the_stuck_states_that_it_has_met() -> None:
    with ExplicitEngine(tier=Tier.MACHINE).prepare(embrace().system, Limits(max_seconds=60)) as search:
        search.run(lambda seconds: None)
        search.exhausted, search.stopped = False, "max_seconds"
        late = search.started + 61
        search.clock = lambda: late
        assert (search.stuck(), search.stopped) == (2, "max_seconds")
