"""Compressed states: what is found does not depend on it, and they are smaller."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest
from counters import counters
from native_builds import expected, found
from random_systems import random_system
from two_phase_commit import two_phase_commit

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit import search as search_module
from shootdown.checker.options import Limits, Native
from shootdown.checker.result import Counts


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """States are packed from the first slice on, be they smaller then or not."""
    monkeypatch.setattr(search_module, "PACK_AFTER", 1)
    monkeypatch.setattr(search_module, "PACK_PERCENT", 10**9)
    monkeypatch.setattr(search_module, "CHUNK_STATES", 2)
    monkeypatch.setattr(search_module, "FEWEST_STATES", 1)
    monkeypatch.setattr(search_module, "_THREADS_AFTER", 0.0)
    monkeypatch.setattr(search_module, "_SLICE", 100_000)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("threads", [1, 3])
def test_packed_states_are_those_that_the_naive_search_finds(threads: int) -> None:
    packed = 0
    for seed in range(31_000, 31_040):
        limits = Limits(native=Native(threads=threads))
        limits = replace(limits, max_states=1 + seed % 41) if seed % 3 == 0 else limits
        engine = ExplicitEngine(tier=Tier.MACHINE, word_bits=(3, 5)[seed % 2])
        system = random_system(Random(seed))
        assert found(engine.explore(system, limits)) == expected(system, limits), f"seed {seed}"
        with engine.prepare(system, limits) as search:
            search.run(lambda _: None)
            packed += bool(search.native.pack)
    assert packed > 20


@pytest.mark.usefixtures("always")
def test_packed_states_are_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, system = ExplicitEngine(tier=Tier.MACHINE, word_bits=4), counters(4, 7)
    with engine.prepare(system, Limits(native=Native(threads=3))) as search:
        search.run(lambda _: None)
        assert search.native.pack
        packed = search.states()
    monkeypatch.setattr(search_module, "PACK_AFTER", 10**9)
    with engine.prepare(system, Limits()) as search:
        search.run(lambda _: None)
        assert not search.native.pack
        assert search.states() == packed


def test_wide_states_become_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "PACK_AFTER", 10_000)
    monkeypatch.setattr(search_module, "_SLICE", 1_000_000)
    with ExplicitEngine(tier=Tier.MACHINE, word_bits=8).prepare(two_phase_commit(6), Limits()) as search:
        search.run(lambda _: None)
        assert search.counts == Counts(50_816, 402_305, 19)
        assert search.packing.words == 4
        assert search.bytes_used < 24 * 50_816


def test_states_whose_parts_are_all_different_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "PACK_AFTER", 20)
    monkeypatch.setattr(search_module, "_SLICE", 1)
    with ExplicitEngine(tier=Tier.MACHINE, word_bits=4).prepare(counters(3, 9), Limits()) as search:
        search.run(lambda _: None)
        assert search.counts == Counts(1_000, 3_000, 27)
        assert not search.native.pack


@pytest.mark.parametrize(
    ("agents", "top", "word_bits", "stride"), [(3, 9, 8, 9), (5, 9, 12, 9), (2, 299, 10, 10), (2, 9, 64, 8)]
)
def test_of_the_last_word_only_the_bytes_in_use_are_stored(agents: int, top: int, word_bits: int, stride: int) -> None:
    with ExplicitEngine(tier=Tier.MACHINE, word_bits=word_bits).prepare(counters(agents, top), Limits()) as search:
        packing = search.packing
        assert packing.stride == search.native.stride == stride
        search.run(lambda _: None)
        words, places = search.states(), [packing.layout.arrays[f"n{number}"] for number in range(agents)]
        found = [
            tuple(packing.unpack(words[first : first + packing.words])[place] for place in places)
            for first in range(0, len(words), packing.words)
        ]
        assert sorted(found) == list(product(range(top + 1), repeat=agents))
