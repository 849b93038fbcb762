"""`check --checkpoint` and `resume`: what goes on, and what is refused with a message."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pytest
from commands import ADDERS, ROOT, Shell
from counters import counters

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit.checkpoint import read_header
from shootdown.checker.options import Checkpoint, Limits, Native

COMMIT = ROOT / "examples" / "two_phase_commit" / "two_phase_commit.toml"


def _verdicts(text: str) -> list[tuple[object, ...]]:
    return [
        tuple(row[key] for key in ("property", "verdict", "evidence", "states")) for row in json.loads(text)["results"]
    ]


def test_a_search_that_a_limit_has_ended_goes_on_with_another(shell: Shell, tmp_path: Path) -> None:
    scenario, file = f"{COMMIT}/3", tmp_path / "kept"
    whole = shell("check", scenario, "--no-cache", "--unreduced", "--format", "json")
    options = ("--no-cache", "--unreduced", "--checkpoint", file)
    assert shell("check", scenario, *options, "--max-states", 40).code == 3
    assert shell("resume", file).code == 3
    assert shell("resume", file, "--max-states", 90).code == 3
    resumed = shell("resume", file, "--max-states", 10_000, "--format", "json")
    assert resumed.code == 0
    assert _verdicts(resumed.out) == _verdicts(whole.out)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("two_phase_commit", "--split"),
            "--checkpoint is of one search, and --split, --grow and --coverage take several",
        ),
        (
            ("two_phase_commit", "--engine", "bmc"),
            "--checkpoint is for the explicit engine, not for bmc",
        ),
    ],
)
def test_what_cannot_be_kept_is_told(shell: Shell, tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    said = shell("check", f"{COMMIT}/2", *args[1:], "--checkpoint", tmp_path / "kept")
    assert said.code == 2
    assert message in " ".join(said.err.split())


def test_how_often_is_refused_without_a_file(shell: Shell) -> None:
    for seconds in (5, 60):
        said = shell("check", f"{COMMIT}/2", "--checkpoint-every", seconds)
        assert said.code == 2
        assert "--checkpoint-every says how often the file of --checkpoint is written; name that, too" in said.err


def test_cached_verdicts_are_not_searched_again_to_be_kept_and_that_is_told(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOOTDOWN_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    scenario, file = shell.scenario(ADDERS + '[expect]\nno_deadlock = "holds"\n'), tmp_path / "kept"
    first = shell("check", scenario, "--checkpoint", file)
    assert (first.code, first.err, file.exists()) == (0, "", True)
    file.unlink()
    second = shell("check", scenario, "--checkpoint", file, "--format", "json")
    told = f"note: {file}: not written, as the verdicts are cached (--no-cache searches again)\n"
    assert (second.code, second.err, file.exists()) == (0, told, False)
    assert shell("check", scenario, "--no-cache", "--checkpoint", file).err == ""
    assert file.exists()


def test_the_searches_of_several_scenarios_are_not_kept(shell: Shell, tmp_path: Path) -> None:
    said = shell("check", COMMIT, "--checkpoint", tmp_path / "kept")
    assert said.code == 2
    assert "--checkpoint keeps the search of one scenario; name one" in said.err


def test_a_checkpoint_that_does_not_fit_into_memory_says_what_it_takes(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    options = ("--no-cache", "--unreduced", "--checkpoint", file, "--max-states", 4_000)
    assert shell("check", f"{COMMIT}/5", *options).code == 3
    said = shell("resume", file, "--max-memory", "10K")
    assert said.code == 2
    found = re.fullmatch(
        r"error: (.*): its 4,\d{3} states do not fit into 10,240 bytes; go on with --max-memory (\d+M) or more\n",
        said.err,
    )
    assert found is not None
    assert found[1] == str(file)
    assert shell("resume", file, "--max-states", 100_000, "--max-memory", found[2]).code == 0


def test_a_file_that_is_no_checkpoint_is_told(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("not at all\n")
    said = shell("resume", file)
    assert said.code == 2
    assert said.err == f"error: {file}: not a checkpoint of shootdown\n"


def test_damage_in_the_header_is_told_wherever_it_is(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    options = ("--no-cache", "--unreduced", "--checkpoint", file, "--max-states", 10)
    assert shell("check", f"{COMMIT}/2", *options).code == 3
    data = file.read_bytes()
    header = len(b"".join(data.splitlines(keepends=True)[:2]))
    for bit in range(0, 8 * header, 11):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        said = shell("resume", file)
        assert (said.code, said.out) == (2, ""), f"bit {bit}"
        assert said.err.startswith(f"error: {file}: "), f"bit {bit}"
        assert said.err.count("\n") == 1, f"bit {bit}"


def test_a_checkpoint_that_no_command_has_begun_is_told(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    limits = Limits(max_states=50, native=Native(checkpoint=Checkpoint(file)))
    ExplicitEngine(tier=Tier.MACHINE).explore(counters(3, 5), limits)
    said = shell("resume", file)
    assert (said.code, said.err) == (2, f"error: {file}: does not say of which scenario it is\n")


def test_a_folder_that_is_not_there_is_told_with_the_file_that_was_asked_for(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "kept"
    said = shell("check", f"{COMMIT}/2", "--no-cache", "--checkpoint", file)
    assert (said.code, said.err) == (2, f"error: {file}: No such file or directory\n")


@pytest.mark.parametrize(
    ("function", "number"), [("fsync", errno.ENOSPC), ("fsync", errno.EIO), ("replace", errno.EACCES)]
)
def test_what_refuses_the_first_write_is_told_with_the_file_and_leaves_nothing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, function, refuse)
    file = tmp_path / "kept"
    said = shell("check", f"{COMMIT}/2", "--no-cache", "--checkpoint", file)
    assert (said.code, said.err) == (2, f"error: {file}: {os.strerror(number)}\n")
    assert not os.listdir(tmp_path)


def test_a_file_that_is_no_checkpoint_is_not_replaced(shell: Shell, tmp_path: Path) -> None:
    scenario = shell.scenario(ADDERS + '[expect]\nsmall = "holds"\n')
    text = scenario.read_text()
    said = shell("check", scenario, "--no-cache", "--checkpoint", scenario)
    assert said.code == 2
    assert said.err == f"error: {scenario}: exists and is not a checkpoint; name another file, or remove this one\n"
    assert scenario.read_text() == text
    beside = scenario.with_name("kept.new")
    beside.write_text("notes")
    said = shell("check", scenario, "--no-cache", "--checkpoint", tmp_path / "kept")
    assert (said.code, said.err.startswith(f"error: {beside}: exists and is not")) == (2, True)
    assert (beside.read_text(), (tmp_path / "kept").exists()) == ("notes", False)


def test_an_earlier_checkpoint_is_replaced(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    options = ("--no-cache", "--unreduced", "--checkpoint", file, "--max-states", 40)
    for scenario in (f"{COMMIT}/2", f"{COMMIT}/3"):
        assert shell("check", scenario, *options).code == 3
    assert str(read_header(file).request["scenario"]).endswith("/3")


def test_what_is_no_regular_file_is_neither_written_nor_read(shell: Shell, tmp_path: Path) -> None:
    fifo, device, folder = tmp_path / "fifo", Path("/dev/null"), tmp_path
    os.mkfifo(fifo)
    for file in (fifo, device, folder):
        said = shell("check", f"{COMMIT}/2", "--no-cache", "--checkpoint", file)
        assert (said.code, str(file) in said.err) == (2, True)
    assert not device.is_file()
    for file in (fifo, device):
        said = shell("resume", file)
        assert (said.code, said.err) == (2, f"error: {file}: not a regular file\n")


def test_a_scenario_that_has_changed_is_refused(shell: Shell, tmp_path: Path) -> None:
    text, file = ADDERS + '[expect]\nsmall = "holds"\n', tmp_path / "kept"
    said = shell("check", shell.scenario(text), "--no-cache", "--unreduced", "--checkpoint", file, "--max-states", 2)
    assert (said.code, said.err) == (3, "")
    shell.scenario(text.replace('cpu1 = ["add x"]', 'cpu1 = ["add x", "add x"]'))
    said = shell("resume", file)
    assert said.code == 2
    assert "of another scenario, model or set of options than this one" in said.err
