"""The exported texts, and what the command says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import ADDERS, Shell

from shootdown.checker.exporters import EXPORTERS, Inexpressible
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build

GOLDEN = Path(__file__).parent / "golden"
LOCKED = 'design.with = ["add_is_locked"]\n'
EXPECT = '[expect]\nno_lost_update = "holds"\n'
DEADLOCK = EXPECT + 'no_deadlock = "holds"\n'


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


@pytest.mark.parametrize("language", EXPORTERS)
def test_the_text_is_the_golden_one(language: str, shell: Shell, request: pytest.FixtureRequest) -> None:
    said = shell("export", shell.scenario(ADDERS + EXPECT), "--to", language)
    golden = GOLDEN / f"counter.{language}"
    if request.config.getoption("--update-golden"):
        golden.write_text(said.out)

    assert (said.code, said.err) == (0, "")
    assert said.out == golden.read_text()


def test_only_what_is_asked_for(shell: Shell) -> None:
    path = shell.scenario(ADDERS + EXPECT)
    whole = shell("export", path, "--to", "murphi").out
    bare = shell("export", path, "--to", "murphi", "--no-properties").out
    assert 'invariant "no_lost_update"' in whole
    assert "invariant" not in bare
    assert whole.startswith(bare[: bare.index("startstate")])


def test_only_what_a_run_comes_to(shell: Shell) -> None:
    whole = shell("export", "fork_flush/flushed", "--to", "murphi").out
    reached = shell("export", "fork_flush/flushed", "--to", "murphi", "--reached").out
    assert 0 < reached.count('\nrule "') < whole.count('\nrule "') / 2
    assert re.findall("^invariant .*", reached, re.MULTILINE) == re.findall("^invariant .*", whole, re.MULTILINE)


@pytest.mark.parametrize("language", EXPORTERS)
def test_what_nothing_mentions_is_left_out(language: str, shell: Shell) -> None:
    """A lock that nobody takes without `add_is_locked`; slots that the lowering has left unused."""
    without = shell("export", shell.scenario(ADDERS + EXPECT), "--to", language).out
    locked = shell("export", shell.scenario(LOCKED + ADDERS + EXPECT), "--to", language).out
    assert re.search(r"\bword\b", without)
    assert not re.search(r"\block\b", without)
    assert re.search(r"\block\b", locked)
    assert "unused" not in shell("export", "fork_flush/flushed", "--to", language).out


def test_an_unknown_property_is_refused(shell: Shell) -> None:
    said = shell("export", shell.scenario(ADDERS + EXPECT), "--to", "tla", "--property", "no_lost_updates")
    assert (said.code, said.out) == (2, "")
    assert "no property 'no_lost_updates'" in said.err
    assert "did you mean 'no_lost_update'?" in said.err


@pytest.mark.parametrize("language", EXPORTERS)
def test_what_cannot_be_said_is_refused_with_its_place(language: str, shell: Shell) -> None:
    path = shell.scenario(ADDERS + DEADLOCK)
    line = path.read_text().splitlines().index('no_deadlock = "holds"') + 1
    said = shell("export", path, "--to", language, "--property", "no_deadlock")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {path}:{line}:1: no_deadlock cannot be written in ")
    assert "name other properties, or none" in said.err
    with pytest.raises(Inexpressible, match="no_deadlock"):
        EXPORTERS[language](build(find_one(str(path))).system)


@pytest.mark.parametrize("language", EXPORTERS)
def test_what_is_left_out_is_told(language: str, shell: Shell) -> None:
    path = shell.scenario(ADDERS + DEADLOCK)
    told = "Left out: no_deadlock, which this language cannot say."
    assert told in shell("export", path, "--to", language).out
    assert told not in shell("export", path, "--to", language, "--no-properties").out
    assert told not in shell("export", path, "--to", language, "--property", "no_lost_update").out


def test_options_that_contradict_each_other_are_refused(shell: Shell) -> None:
    path = shell.scenario(ADDERS + EXPECT)
    said = shell("export", path, "--to", "tla", "--property", "no_lost_update", "--no-properties")
    assert (said.code, said.out) == (2, "")
    assert "error: --no-properties leaves out what --property asks for: give one of them" in said.err


@pytest.mark.parametrize("language", EXPORTERS)
def test_the_text_says_which_steps_it_has(language: str, shell: Shell) -> None:
    path = shell.scenario(ADDERS + EXPECT)
    told = "without steps that no run comes to"
    assert told in shell("export", path, "--to", language, "--reached").out
    assert told not in shell("export", path, "--to", language).out


@pytest.mark.parametrize("language", EXPORTERS)
def test_numbers_are_explained_where_they_are_declared(language: str, shell: Shell) -> None:
    said = shell("export", "fork_flush/flushed", "--to", language, "--reached").out
    assert re.search(r"standing\[A, B\]\[buf\]\[frame0, .*\]: 0 NONE, 1 CURRENT, 2 LEAVING, 3 TAKEN\b", said)
    assert re.search(r"parent\[A, B\]: 0 none, 1 A, 2 B\b", said)
    assert re.search(r"\bcpu1: handle_mm_fault\.orig: 0 frame0, 1 frame1\b", said)
    declared = re.split(r"\n(?:startstate|init|all_of_cpu0) ", said)[0].splitlines()
    assert len(declared) > 200
    assert all(len(line) <= 120 for line in declared)


def test_the_file_is_written_where_it_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    path = shell.scenario(ADDERS + EXPECT)
    written = tmp_path / "model.m"
    assert shell("export", path, "--to", "murphi", "--output", written).out == ""
    assert written.read_text() == shell("export", path, "--to", "murphi").out
    assert shell("export", path, "--to", "murphi", "--output", "-").out == written.read_text()
    said = shell("export", path, "--to", "murphi", "--output", tmp_path / "none" / "model.m")
    assert said.code == 2
    assert "No such file or directory" in said.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_is_full_is_one_message(shell: Shell) -> None:
    said = shell("export", shell.scenario(ADDERS + EXPECT), "--to", "murphi", "--output", "/dev/full")
    assert (said.code, said.err) == (2, "error: /dev/full: No space left on device\n")
