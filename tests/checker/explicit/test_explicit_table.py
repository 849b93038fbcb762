"""The table of stored states: it grows, in one piece and in several, and no state is lost or stored twice."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from counters import counters
from native_builds import expected, found
from random_systems import random_system

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit import search as search_module
from shootdown.checker.explicit.build import FAST, Builder, default_builder
from shootdown.checker.explicit.search import NativeSearch
from shootdown.checker.options import Limits, Native
from shootdown.checker.result import Counts

IN_PIECES = 16


@pytest.fixture(params=[1, 3])
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Limits:
    monkeypatch.setattr(search_module, "FEWEST_STATES", 64)
    monkeypatch.setattr(search_module, "CHUNK_STATES", 16)
    monkeypatch.setattr(search_module, "_THREADS_AFTER", 0.0)
    monkeypatch.setattr(search_module, "_SLICE", 1_000_000)
    return Limits(native=Native(threads=request.param))


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what is built with flags of this file stays for other tests."""
    return tmp_path_factory.mktemp("libraries")


@pytest.fixture
def always_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "SPLIT_LINES", 1)


def _narrow(folder: Path) -> Builder:
    """Entries lie in their home line, or there is no room for them: the table grows when one line is full."""
    return Builder(folder=folder, flags=(*FAST, "-DREACH=1"))


def _stretched(folder: Path, *flags: str) -> Builder:
    """Pieces of a few pages already grow where they are."""
    return Builder(folder=folder, flags=(*FAST, "-DHUGE_FROM=16384", *flags))


def _each_is_where_it_was_stored(search: NativeSearch) -> bool:
    words, states = search.packing.words, search.states()
    unpacked = (search.packing.unpack(states[first : first + words]) for first in range(0, len(states), words))
    return all(search.position(state) == position for position, state in enumerate(unpacked))


@pytest.mark.parametrize("word_bits", [64, 5])
def test_a_table_grows_without_losing_a_state(word_bits: int, limits: Limits) -> None:
    engine = ExplicitEngine(tier=Tier.MACHINE, word_bits=word_bits)
    with engine.prepare(counters(4, 11), limits) as search:
        search.run(lambda _: None)
        assert search.counts == Counts(12**4, 4 * 12**4, 44)
        assert search.native.table.piece_bits == 0
        assert _each_is_where_it_was_stored(search)


@pytest.mark.usefixtures("always_in_pieces")
@pytest.mark.parametrize("word_bits", [64, 5])
def test_pieces_of_a_table_grow_one_after_another(word_bits: int, limits: Limits) -> None:
    engine = ExplicitEngine(tier=Tier.MACHINE, word_bits=word_bits)
    with engine.prepare(counters(4, 15), limits) as search:
        search.run(lambda _: None)
        assert search.counts == Counts(16**4, 4 * 16**4, 60)
        assert 1 << search.native.table.piece_bits == IN_PIECES
        sizes = {search.native.table.pieces[number][1] for number in range(IN_PIECES)}
        assert len(sizes) > 1
        assert _each_is_where_it_was_stored(search)


@pytest.mark.parametrize("split_lines", [1, 1 << 19])
def test_a_full_line_makes_the_table_grow(
    split_lines: int, limits: Limits, monkeypatch: pytest.MonkeyPatch, libraries: Path
) -> None:
    monkeypatch.setattr(search_module, "SPLIT_LINES", split_lines)
    engine = ExplicitEngine(tier=Tier.MACHINE, builder=lambda: _narrow(libraries))
    with engine.prepare(counters(4, 9), limits) as search:
        search.run(lambda _: None)
        assert search.counts == Counts(10**4, 4 * 10**4, 36)
        narrow = sum(search.native.table.pieces[number][1] for number in range(IN_PIECES))
        assert _each_is_where_it_was_stored(search)
    with ExplicitEngine(tier=Tier.MACHINE).prepare(counters(4, 9), limits) as search:
        search.run(lambda _: None)
        wide = sum(search.native.table.pieces[number][1] for number in range(IN_PIECES))
        assert narrow > wide or limits.native.threads != 1


_SHARED = "-DLEAST_SHARED=64"
"""Threads share the lines of a piece that grows even where there are few."""


@pytest.mark.parametrize("flags", [(), ("-DREACH=1",), ("-DREACH=4",), (_SHARED,), ("-DREACH=4", _SHARED)])
@pytest.mark.parametrize("split_lines", [1, 1 << 11, 1 << 19])
def test_a_table_grows_where_it_is(
    split_lines: int, flags: tuple[str, ...], limits: Limits, monkeypatch: pytest.MonkeyPatch, libraries: Path
) -> None:
    monkeypatch.setattr(search_module, "SPLIT_LINES", split_lines)
    engine = ExplicitEngine(tier=Tier.MACHINE, builder=lambda: _stretched(libraries, *flags))
    with engine.prepare(counters(4, 15), limits) as search:
        search.run(lambda _: None)
        assert search.counts == Counts(16**4, 4 * 16**4, 60)
        pieces = [search.native.table.pieces[number] for number in range(IN_PIECES)]
        assert any(lines and kept for lines, _, _, kept in pieces)
        assert _each_is_where_it_was_stored(search)


@pytest.mark.usefixtures("always_in_pieces")
@pytest.mark.parametrize("narrow", [False, True])
def test_searches_with_such_tables_find_what_the_naive_search_finds(
    narrow: bool, limits: Limits, monkeypatch: pytest.MonkeyPatch, libraries: Path
) -> None:
    monkeypatch.setattr(search_module, "FEWEST_STATES", 1)
    monkeypatch.setattr(search_module, "CHUNK_STATES", 1)
    builder = _narrow(libraries) if narrow else default_builder()
    engine = ExplicitEngine(tier=Tier.MACHINE, builder=lambda: builder)
    for seed in range(52_000, 52_040):
        system = random_system(Random(seed))
        assert found(engine.explore(system, limits)) == expected(system, limits), f"seed {seed}"


def test_memory_that_full_lines_ask_for_is_limited(libraries: Path) -> None:
    engine = ExplicitEngine(tier=Tier.MACHINE, builder=lambda: _narrow(libraries))
    assert engine.explore(counters(4, 9), Limits(max_memory=200_000)).stopped == "max_memory"
