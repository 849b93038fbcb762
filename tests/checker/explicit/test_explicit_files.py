"""Fingerprints, and states in files: what is found is the same, and verdicts by fingerprints say so."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import gettempdir

import pytest
from counters import counters
from native_builds import expected, found
from random_systems import random_system

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit import search as search_module
from shootdown.checker.explicit.checkpoint import CheckpointError
from shootdown.checker.judge import judge
from shootdown.checker.options import Checkpoint, Limits, Native
from shootdown.checker.result import Counts
from shootdown.checker.verdict import AS_EXPECTED, Evidence, Verdict
from shootdown.model.ir.expr import TRUE, Const, Load, Op, Operator
from shootdown.model.ir.system import Property, PropertyKind

WAYS = {
    "fingerprint": Native(fingerprint=True),
    "fingerprint, three threads": Native(fingerprint=True, threads=3),
    "spill": Native(spill=Path("/tmp")),
    "spill, three threads": Native(spill=Path("/tmp"), threads=3),
}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads from the first level on, with a few states at a time."""
    monkeypatch.setattr(search_module, "CHUNK_STATES", 2)
    monkeypatch.setattr(search_module, "FEWEST_STATES", 1)
    monkeypatch.setattr(search_module, "_THREADS_AFTER", 0.0)
    monkeypatch.setattr(search_module, "_SLICE", 100_000)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("way", WAYS)
def test_what_is_found_is_what_the_naive_search_finds(way: str, tmp_path: Path) -> None:
    native = WAYS[way]
    native = native if native.spill is None else replace(native, spill=tmp_path)
    for seed in range(41_000, 41_030):
        limits = Limits(max_states=1 + seed % 43 if seed % 3 == 0 else None, native=native)
        system = random_system(Random(seed))
        engine = ExplicitEngine(tier=Tier.MACHINE, word_bits=(64, 4)[seed % 2])
        assert found(engine.explore(system, limits)) == expected(system, limits), f"seed {seed}"
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_states_in_files_are_read_back(way: str) -> None:
    engine, system = ExplicitEngine(tier=Tier.MACHINE, word_bits=4), counters(4, 7)
    with engine.prepare(system, Limits()) as search:
        search.run(lambda _: None)
        states = search.states()
    with engine.prepare(system, Limits(native=WAYS[way])) as search:
        search.run(lambda _: None)
        assert search.states() == states


def test_states_in_files_do_not_count_as_memory(tmp_path: Path) -> None:
    system, engine = counters(4, 19), ExplicitEngine(tier=Tier.MACHINE, word_bits=5)
    limits = Limits(max_memory=1_500_000)
    assert engine.explore(system, limits).stopped == "max_memory"
    spilt = engine.explore(system, replace(limits, native=Native(spill=tmp_path)))
    assert spilt.counts == Counts(160_000, 640_000, 76)
    assert spilt.exhausted


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may have more than 512 KB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_is_not_taken_for_a_limit_of_memory(way: str) -> None:
    engine, limits = ExplicitEngine(tier=Tier.MACHINE, word_bits=5), Limits(native=WAYS[way])
    explored = engine.explore(counters(4, 19), limits)
    folder = limits.native.spill or gettempdir()
    assert (explored.stopped, explored.exhausted) == ("full_disk", False)
    assert engine.notice == f"{folder}: no room on the disk for more states"
    assert 1 < explored.counts.states < 160_000
    explored = engine.explore(counters(4, 19), replace(limits, max_memory=1))
    assert explored.stopped == "max_memory"
    assert not engine.notice


def test_a_checkpoint_for_which_the_disk_has_no_room_is_told(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    kept = Checkpoint(tmp_path / "kept")
    engine, limits = ExplicitEngine(tier=Tier.MACHINE, word_bits=5), Limits(max_states=100_000)
    engine.explore(counters(4, 19), replace(limits, native=Native(checkpoint=kept)))
    request.getfixturevalue("small_disk")
    native = Native(spill=tmp_path, checkpoint=replace(kept, resume=True))
    with pytest.raises(CheckpointError, match=f"kept: no room for its 100,... states on the disk of {tmp_path}"):
        engine.explore(counters(4, 19), Limits(native=native))


def test_verdicts_by_fingerprints_are_marked_and_say_how_likely_they_are_wrong() -> None:
    system = counters(
        3,
        9,
        Property("true", PropertyKind.ALWAYS, TRUE),
        Property("small", PropertyKind.ALWAYS, Op(Operator.NE, (Load("n1"), Const(5)))),
    )
    limits = Limits(native=Native(fingerprint=True))
    explored = ExplicitEngine(tier=Tier.MACHINE).explore(system, limits)
    assert explored.collision is not None
    assert explored.collision == pytest.approx(1_000 * 999 / 2 / 2**64)
    true, small = judge(system, explored, {}, limits).outcomes[:2]
    assert (true.verdict, true.evidence, true.exit_code) == (Verdict.HOLDS, Evidence.FINGERPRINT, AS_EXPECTED)
    assert true.remark == "64-bit fingerprints: a state was missed with probability 3e-14 at most"
    assert (small.verdict, small.evidence) == (Verdict.VIOLATED, Evidence.TRACE)
    bounded = ExplicitEngine(tier=Tier.MACHINE).explore(system, replace(limits, max_depth=3))
    (outcome, _) = judge(system, bounded, {}, replace(limits, max_depth=3)).outcomes[:2]
    assert outcome.evidence is Evidence.BOUNDED
    assert "64-bit fingerprints" in outcome.remark


def test_a_search_by_fingerprints_is_not_resumed_as_an_exact_one(tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "kept")
    by_prints = Limits(max_states=50, native=Native(fingerprint=True, checkpoint=kept))
    assert ExplicitEngine(tier=Tier.MACHINE).explore(counters(3, 5), by_prints).stopped == "max_states"
    again = replace(kept, resume=True)
    with pytest.raises(CheckpointError, match="of another scenario, model or set of options"):
        ExplicitEngine(tier=Tier.MACHINE).explore(counters(3, 5), Limits(native=Native(checkpoint=again)))
    limits = Limits(native=Native(fingerprint=True, checkpoint=again))
    assert ExplicitEngine(tier=Tier.MACHINE).explore(counters(3, 5), limits).counts == Counts(216, 648, 15)


def test_a_folder_that_cannot_be_written_is_told_before_the_search() -> None:
    with pytest.raises(OSError, match="proc"):
        ExplicitEngine(tier=Tier.MACHINE).explore(counters(2, 2), Limits(native=Native(spill=Path("/proc"))))
