"""What the main benchmark measures and writes, and what it tells of mistakes, failures and interrupts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import probe
import pytest
import run
from command_line import guarded
from commands import Said
from measure import Contestant, Failed, Measurement, Usage
from models import SMALL
from shelf import Shelf

from shootdown.checker.explicit.build import Compiler
from shootdown.model.ir.system import System

Main = Callable[..., Said]

FIRST, SECOND, THIRD = "Peterson 4", "Peterson 5", "German 4"


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Main:
    """The command as it ends, whichever way; it does not probe the memory."""
    monkeypatch.setattr(run, "probe", lambda: {16: 500.0})

    def ends(*args: object) -> Said:
        try:
            code = guarded(lambda: run.main([str(arg) for arg in args]))
        except SystemExit as error:
            code = int(str(error.code))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return ends


@dataclass(frozen=True)
class StandIn:
    """Counts what it is told to, or ends otherwise."""

    name: str = "emitted C"
    transitions: int = 20
    error: BaseException | None = None

    def run(self) -> Measurement:
        if self.error is not None:
            raise self.error
        return Measurement(self.name, 10, self.transitions, 1.0, 1.0, 80)


def measured_by(monkeypatch: pytest.MonkeyPatch, which: Callable[[str], Sequence[StandIn]]) -> None:
    """Let these be what can search a model."""

    def contestants(
        model: str, system: System, threads: int, peers: Sequence[str], shelf: Shelf
    ) -> Iterator[Contestant]:
        yield from which(model)

    monkeypatch.setattr(run, "contestants", contestants)


def test_a_model_is_measured_and_written(main: Main, tmp_path: Path) -> None:
    written, plots = tmp_path / "measured.json", tmp_path / "deep" / "plots"
    options = ("--no-peers", "--rounds", 1, "--threads", 1, "--json", written, "--plots", plots)
    said = main(*SMALL, *options, "--programs", tmp_path / "programs")
    assert (said.code, said.err) == (0, "")
    assert re.search(r"^two-phase commit 3: 288 states, 1,145 transitions$", said.out, re.MULTILINE)
    assert re.search(r"^emitted C +[\d.]+ .* 1\.0x$", said.out, re.MULTILINE)
    assert re.search(r"^register machine +[\d.]+x over 1 models", said.out, re.MULTILINE)
    told = json.loads(written.read_text())
    assert told.keys() == {"machine", "probe_millions_per_second", "models"}
    assert told["probe_millions_per_second"] == {"16": 500.0}
    (model,) = told["models"]
    assert (model["model"], model["agree"]) == (SMALL[0], True)
    assert [row["tool"] for row in model["measurements"]] == ["emitted C", "register machine"]
    for row in model["measurements"]:
        assert (row["states"], row["transitions"]) == (288, 1145)
        assert {"seconds", "processor", "memory", "build", "threads", "empty", "ratio"} < row.keys()
        assert {"transitions_per_second", "states_per_second", "bytes_per_state"} < row.keys()
    assert sorted(each.name for each in plots.iterdir()) == ["memory.svg", "rate.svg"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["two-phase comit 8"], "error: two-phase comit 8: no model, .*; did you mean 'two-phase commit 8'?"),
        ([FIRST, "peterson 5", "any_dsa/usr"], "error: peterson 5: .* did you mean 'Peterson 5'.*\n.*'user'"),
        (["any_dsa"], "error: any_dsa: stands for 6 scenarios, say which: any_dsa/user"),
        (["--rounds", "0"], "error: argument --rounds: '0' is not a whole number of 1 or more"),
        (["--threads", "0"], "error: argument --threads: '0' is not a whole number from 1 to 256"),
        (["--threads", "-3"], "error: argument --threads: '-3' is not"),
        (["--threads", "two"], "error: argument --threads: 'two' is not"),
        (["--json", "/nonexistent/x.json"], "error: argument --json: /nonexistent/x.json: No such file"),
        (["--json", "/"], "error: argument --json: /: Is a directory: name a file that can be written"),
        (["--plots", "/proc/x"], "error: argument --plots: /proc/x: .*: name a folder that can be written to"),
        (["--programs", "/proc/x"], "error: argument --programs: /proc/x: .*: name a folder"),
        (["--build"], "error: --build needs --programs"),
        (["--large", FIRST], "error: --large stands for models of its own"),
        (["--peer", "spin", "--no-peers"], "error: argument --no-peers: not allowed with argument --peer"),
    ],
)
def test_a_mistake_is_one_message_before_anything_is_measured(
    args: Sequence[str], message: str, main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "measure", lambda *_: pytest.fail("measured"))
    said = main(*args)
    assert (said.code, said.out) == (2, "")
    assert re.search(message, said.err), said.err


@pytest.mark.parametrize("option", ["--json", "--plots"])
def test_what_is_only_built_is_not_written(option: str, main: Main, tmp_path: Path) -> None:
    said = main("--build", "--programs", tmp_path / "programs", option, tmp_path / "x")
    assert said.code == 2
    assert "error: --build measures nothing that --json or --plots could write" in said.err


def test_without_a_compiler_nothing_is_begun(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PATH", "CC"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said = main(FIRST, "--no-peers")
    assert (said.code, said.out) == (2, "")
    assert re.fullmatch("error: no C compiler found: install .*\n", said.err)


def test_a_peer_that_is_asked_for_must_be_there(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    measured_by(monkeypatch, lambda model: [StandIn()])
    monkeypatch.setattr(run, "PEERS", {"rumur": lambda: True, "spin": lambda: False})
    said = main(FIRST, "--peer", "spin")
    assert (said.code, said.out) == (2, "")
    assert "error: --peer spin: spin or gcc is not on the PATH: install both, or leave --peer out" in said.err
    assert main(FIRST, "--peer", "rumur").err == ""
    said = main(FIRST)
    assert (said.code, said.err) == (0, "not installed, not compared: spin\n")


@pytest.mark.parametrize("peer", sorted(run.PEERS))
def test_a_peer_without_the_compiler_of_its_programs_is_missing(
    peer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in (peer, "gcc"):
        assert not run.PEERS[peer]()
        (tmp_path / name).touch(0o755)
    assert run.PEERS[peer]()


def test_the_probe_is_built_by_the_compiler_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Sequence[str]] = []

    def usage(command: Sequence[str]) -> Usage:
        commands.append(command)
        return Usage("7", 1.0, 1.0, 80)

    monkeypatch.setattr(probe, "usage", usage)
    monkeypatch.setattr(probe, "find_compiler", lambda: Compiler(("zig", "cc"), ""))
    assert set(probe.probe().values()) == {7.0}
    assert commands[0][:2] == ["zig", "cc"]


def test_a_model_that_fails_is_told_and_the_others_are_measured(
    main: Main, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails = StandIn(error=Failed("pan -m100: failed with exit code 3; its last lines:\n    out of luck"))
    measured_by(monkeypatch, lambda model: [StandIn(), fails] if model == SECOND else [StandIn()])
    written = tmp_path / "measured.json"
    said = main(FIRST, SECOND, THIRD, "--json", written, "--no-peers")
    assert said.code == 1
    assert said.err.startswith(f"error: {SECOND}: left out: pan -m100: failed with exit code 3; its last lines:\n")
    assert "out of luck" in said.err
    assert [each["model"] for each in json.loads(written.read_text())["models"]] == [FIRST, THIRD]


def test_what_is_written_before_stays_if_nothing_is_measured(
    main: Main, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    measured_by(monkeypatch, lambda model: [StandIn(error=Failed("no luck"))])
    written = tmp_path / "measured.json"
    assert main(FIRST, "--json", written, "--no-peers").code == 1
    assert not written.exists()
    written.write_text("earlier")
    assert main(FIRST, "--json", written, "--no-peers").code == 1
    assert written.read_text() == "earlier"


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (ZeroDivisionError(), None)])
def test_what_was_measured_before_an_interrupt_or_a_defect_is_written(
    error: BaseException, code: int | None, main: Main, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    measured_by(monkeypatch, lambda model: [StandIn(), StandIn("rumur", error=error if model == SECOND else None)])
    written = tmp_path / "measured.json"
    args = (FIRST, SECOND, THIRD, "--json", written, "--plots", tmp_path / "plots", "--no-peers")
    if code is None:
        with pytest.raises(ZeroDivisionError):
            main(*args)
    else:
        said = main(*args)
        assert (said.code, said.err) == (code, "interrupted\n")
        assert re.search("^rumur .* over 1 models", said.out, re.MULTILINE)
    assert [each["model"] for each in json.loads(written.read_text())["models"]] == [FIRST]
    assert (tmp_path / "plots" / "rate.svg").exists()


def test_counts_that_differ_are_told(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    measured_by(monkeypatch, lambda model: [StandIn(), StandIn("rumur", transitions=21)])
    said = main(FIRST, "--no-peers")
    assert said.code == 1
    assert "COUNTS DIFFER" in said.out


def test_building_goes_on_after_a_failure(main: Main, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    built = []

    def which(model: str) -> Sequence[StandIn]:
        built.append(model)
        if model == FIRST:
            raise Failed("gcc: failed")
        return [StandIn(error=AssertionError("is only built"))]

    measured_by(monkeypatch, which)
    said = main(FIRST, SECOND, "--build", "--programs", tmp_path, "--no-peers")
    assert (said.code, said.out, said.err) == (1, "", f"error: {FIRST}: left out: gcc: failed\n")
    assert built == [FIRST, SECOND]
