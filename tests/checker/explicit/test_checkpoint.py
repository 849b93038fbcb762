"""A search that goes on from a file finds what one finds that nothing has stopped; other files are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from counters import counters, tree
from native_builds import expected, found
from random_systems import random_system

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit import checkpoint as checkpoint_module
from shootdown.checker.explicit import search as search_module
from shootdown.checker.explicit.checkpoint import MAGIC, CheckpointError, read_header
from shootdown.checker.explicit.native import Outcome
from shootdown.checker.options import Checkpoint, Limits, Native
from shootdown.checker.result import Exploration
from shootdown.model.ir.system import System


def _explore(system: System, limits: Limits, file: Path, *, resume: bool = False, word_bits: int = 64) -> Exploration:
    native = replace(limits.native, checkpoint=Checkpoint(file, every=0.0, resume=resume))
    engine = ExplicitEngine(tier=Tier.MACHINE, word_bits=word_bits)
    return engine.explore(system, replace(limits, native=native))


@pytest.mark.parametrize("seed", range(8_000, 8_030))
def test_a_search_stopped_twice_finds_what_the_naive_search_finds(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, file, bits = random_system(Random(seed)), tmp_path / "kept", (64, 4)[seed % 2]
    reference = expected(system, Limits())
    monkeypatch.setattr(search_module, "PACK_AFTER", (1, 10**9)[seed // 2 % 2])
    monkeypatch.setattr(search_module, "PACK_PERCENT", 10**9)
    first = _explore(system, Limits(max_states=1 + seed % 29), file, word_bits=bits)
    if first.stopped is None:
        assert found(first) == reference
        return
    depth = first.counts.depth + seed % 3
    second = _explore(system, Limits(max_depth=depth), file, resume=True, word_bits=bits)
    last = second
    if second.stopped is not None:
        monkeypatch.setattr(search_module, "PACK_AFTER", (1, 10**9)[seed % 3 % 2])
        last = _explore(system, Limits(native=Native(threads=2)), file, resume=True, word_bits=bits)
    assert found(last) == reference


def test_a_search_is_kept_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 1)
    monkeypatch.setattr(search_module, "_SHARE_OF_KEEPING", 0)
    system, file, kept = counters(4, 11), tmp_path / "kept", []
    write = checkpoint_module.Keeper.write

    def written(keeper: checkpoint_module.Keeper, load: checkpoint_module.LoadStates) -> None:
        write(keeper, load)
        kept.append(file.read_bytes())

    monkeypatch.setattr(checkpoint_module.Keeper, "write", written)
    whole = _explore(system, Limits(), file)
    assert whole.counts.states == 12**4
    assert len(kept) > 3
    for data in kept[:: len(kept) // 3]:
        file.write_bytes(data)
        again = _explore(system, Limits(), file, resume=True)
        assert replace(again, seconds=0) == replace(whole, seconds=0)


def test_a_disk_that_is_full_does_not_end_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 1_000_000)
    file, writes = tmp_path / "kept", 0
    write = checkpoint_module.Keeper.write

    def refused(keeper: checkpoint_module.Keeper, load: checkpoint_module.LoadStates) -> None:
        nonlocal writes
        writes += 1
        if writes > 1:
            raise OSError(28, "No space left on device", str(file))
        write(keeper, load)

    monkeypatch.setattr(checkpoint_module.Keeper, "write", refused)
    engine = ExplicitEngine(tier=Tier.MACHINE)
    explored = engine.explore(counters(4, 9), Limits(native=Native(checkpoint=Checkpoint(file, every=0.0))))
    assert explored.counts.states == 10_000
    assert engine.notice is not None
    assert "No space left on device" in engine.notice
    assert writes == 2


def test_an_interrupt_while_a_file_is_read_leaves_it_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _kept(tmp_path)
    data = file.read_bytes()
    monkeypatch.setattr(checkpoint_module, "_AT_ONCE", 10)
    give, given = checkpoint_module.Keeper._give, 0

    def interrupted(function: checkpoint_module.AddWords, values: array[int]) -> None:
        nonlocal given
        give(function, values)
        given += 1
        if given == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint_module.Keeper, "_give", staticmethod(interrupted))
    with pytest.raises(KeyboardInterrupt):
        _explore(counters(3, 5), Limits(), file, resume=True)
    assert file.read_bytes() == data


def _interrupted_where_memory_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an interrupt come in the very slice in which memory ends."""
    call = search_module.NativeSearch._call

    def interrupted(search: search_module.NativeSearch, function: Callable[[object, int], int]) -> Outcome:
        outcome = call(search, function)
        if outcome is Outcome.FULL_MEMORY and search.native.max_states:
            raise KeyboardInterrupt
        return outcome

    monkeypatch.setattr(search_module.NativeSearch, "_call", interrupted)


@pytest.mark.parametrize("megabytes", [0.25, 0.5, 0.75, 1, 1.25, 1.5])
def test_an_interrupt_where_memory_ends_keeps_nothing(
    megabytes: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, file = tree(17), tmp_path / "kept"
    _interrupted_where_memory_ends(monkeypatch)
    cut = _explore(system, Limits(max_memory=int(megabytes * 2**20)), file)
    assert (cut.stopped, cut.exhausted) == ("interrupted", False)
    assert 1 < cut.counts.states < 2**17 - 1
    monkeypatch.undo()
    assert _explore(system, Limits(), file, resume=True).counts.states == 2**17 - 1


def test_memory_that_ends_is_told_where_a_search_is_kept(tmp_path: Path) -> None:
    file, engine = tmp_path / "kept", ExplicitEngine(tier=Tier.MACHINE)
    native = Native(checkpoint=Checkpoint(file, every=1000.0))
    cut = engine.explore(tree(17), Limits(max_memory=2**20, native=native))
    assert cut.stopped == "max_memory"
    why = "room for states ended in the middle of a step"
    assert engine.notice == f"{file}: {why}; the file has an earlier state of the search"
    assert _explore(tree(17), Limits(), file, resume=True).counts.states == 2**17 - 1


def test_limits_beyond_what_c_counts_are_none() -> None:
    limits = Limits(max_states=2**64, max_depth=2**64, max_memory=2**70)
    assert found(ExplicitEngine(tier=Tier.MACHINE).explore(counters(2, 9), limits)) == expected(
        counters(2, 9), Limits()
    )


def test_a_depth_that_the_file_has_behind_it_ends_the_search_at_once(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    first = _explore(counters(3, 5), Limits(max_states=100), file)
    again = _explore(counters(3, 5), Limits(max_depth=2), file, resume=True)
    assert (again.stopped, again.counts) == ("max_depth", first.counts)


def test_a_file_that_was_read_is_not_written_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, writes = _kept(tmp_path), 0

    def written(keeper: checkpoint_module.Keeper, load: checkpoint_module.LoadStates) -> None:
        nonlocal writes
        writes += 1

    monkeypatch.setattr(search_module, "_SLICE", 1)
    monkeypatch.setattr(checkpoint_module.Keeper, "write", written)
    native = Native(checkpoint=Checkpoint(file, every=1000.0, resume=True))
    assert ExplicitEngine(tier=Tier.MACHINE).explore(counters(3, 5), Limits(native=native)).exhausted
    assert writes == 0


def test_nothing_is_left_beside_the_file_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_SLICE", 1_000_000)
    file, fsync = tmp_path / "kept", os.fsync

    def full(descriptor: int) -> None:
        if file.exists() and not Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    engine = ExplicitEngine(tier=Tier.MACHINE)
    explored = engine.explore(counters(4, 9), Limits(native=Native(checkpoint=Checkpoint(file, every=0.0))))
    assert explored.exhausted
    assert engine.notice == f"{file}: No space left on device; the file has an earlier state of the search"
    assert os.listdir(tmp_path) == ["kept"]


def test_what_a_killed_process_has_left_beside_the_file_is_removed(tmp_path: Path) -> None:
    file = _kept(tmp_path)
    for left in (b"", MAGIC + b"{"):
        file.with_name("kept.new").write_bytes(left)
        assert _explore(counters(3, 5), Limits(), file, resume=True).counts.states == 216
        assert os.listdir(tmp_path) == ["kept"]


def _kept(tmp_path: Path) -> Path:
    file = tmp_path / "kept"
    assert _explore(counters(3, 5), Limits(max_states=50), file).stopped == "max_states"
    return file


def test_another_system_is_refused(tmp_path: Path) -> None:
    file = _kept(tmp_path)
    with pytest.raises(CheckpointError, match="of another scenario, model or set of options"):
        _explore(counters(3, 6), Limits(), file, resume=True)


def test_another_version_is_refused(tmp_path: Path) -> None:
    file = _kept(tmp_path)
    magic, header, rest = file.read_bytes().split(b"\n", 2)
    for changed in ({"version": "0.0"}, {"format": 0}):
        text = json.dumps({**json.loads(header[9:]), **changed}).encode()
        file.write_bytes(b"\n".join((magic, b"%08x %s" % (zlib.crc32(text), text), rest)))
        with pytest.raises(CheckpointError, match="written by shootdown"):
            _explore(counters(3, 5), Limits(), file, resume=True)


def test_what_is_damaged_is_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    file = _kept(tmp_path)
    data = file.read_bytes()
    for length in (0, 5, len(MAGIC) + 3, len(data) // 2, len(data) - 30, len(data) - 1):
        file.write_bytes(data[:length])
        with pytest.raises(CheckpointError):
            _explore(counters(3, 5), Limits(), file, resume=True)
    for at in range(3, len(data), 61):
        file.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with pytest.raises(CheckpointError):
            _explore(counters(3, 5), Limits(), file, resume=True)
    file.write_bytes(data)
    assert _explore(counters(3, 5), Limits(), file, resume=True).counts.states == 216


_KEPT_OFTEN = """
from shootdown.checker.cli import main
from shootdown.checker.explicit import search
search._SLICE, search._SHARE_OF_KEEPING = 1_000_000, 0
main()
"""


def _killed(command: Sequence[object], file: Path, beyond: int) -> int:
    """Begin a command and kill it once its file has more than so many states; how many it has then."""
    process = subprocess.Popen(
        [sys.executable, "-c", _KEPT_OFTEN, *map(str, command), "--checkpoint-every", "0"], stdout=subprocess.DEVNULL
    )
    while process.poll() is None and not (file.exists() and read_header(file).count > beyond):
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it came to its end"
    return read_header(file).count


def _reported(*command: object) -> list[tuple[object, ...]]:
    args = [sys.executable, "-m", "shootdown", *map(str, command), "--format", "json"]
    done = subprocess.run(args, stdout=subprocess.PIPE, check=True)
    keys = ("property", "verdict", "evidence", "states", "transitions", "depth")
    return [tuple(row[key] for key in keys) for row in json.loads(done.stdout)["results"]]


def test_a_search_survives_being_killed_again_and_again(tmp_path: Path) -> None:
    commit = Path(__file__).parents[3] / "examples" / "two_phase_commit" / "two_phase_commit.toml"
    model = f'"{commit.with_suffix(".py")}"'
    scenario, file = tmp_path / "seven.toml", tmp_path / "kept"
    text = commit.read_text().replace('"two_phase_commit.py"', model)
    scenario.write_text(text.partition("[[variant]]")[0].replace("[agents]", "world.Rm = 7\n[agents]", 1))
    check = ["check", scenario, "--unreduced", "--no-cache"]
    whole = _reported(*check)
    counts = [_killed([*check, "--checkpoint", file], file, 1)]
    while len(counts) < 4:
        counts.append(_killed(["resume", file], file, 2 * counts[-1]))
    assert whole[0][3] == 296_448
    assert counts[-1] < 296_448, "the last file has all that there is"
    assert _reported("resume", file) == whole
    assert not file.with_name("kept.new").exists()
