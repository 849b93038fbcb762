"""Every mistake of a user is one message and exit code 2."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import ADDERS, COUNTER, MODEL, Shell

from shootdown.checker.scenario.document import shown

EXPECT = '[expect]\nsmall = "holds"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("world.Cpuu = 1\n" + ADDERS, "world.Cpuu: the model has no index sort 'Cpuu'; did you mean 'Cpu'?"),
        (
            "world.Device.nic = { type = 'x' }\n" + ADDERS,
            "world.Device.nic.type: unknown device type 'x'; the model has none",
        ),
        ("world.given.K = 1\n" + ADDERS, "world.given.K: unknown given place 'K'; the model has none here"),
        ("design.preset = 'v2'\n" + ADDERS, "design.preset: unknown preset 'v2'; known: v1"),
        (
            "design.with = ['add_is_lock']\n" + ADDERS,
            "design.with[0]: unknown mechanism 'add_is_lock'; did you mean 'add_is_locked'?",
        ),
        (
            "design.with = ['order']\n" + ADDERS,
            "design.with[0]: 'order' is one of several alternatives, not a switch; write design.set.order = one of"
            " FIRST, ANY",
        ),
        (
            "design.set.order = 'last'\n" + ADDERS,
            "design.set.order: 'last' is no alternative of 'order'; known: ANY, FIRST",
        ),
        ("hardware.tlb = 'off'\n" + ADDERS, "hardware.tlb: unknown unit 'tlb'; the model has none"),
        (
            "[agents]\ncpu0 = ['add y']\n",
            "agents.cpu0.program[0]: 'y' is not a Word of this world; known: x",
        ),
        (
            "[agents]\nt = ['add x']\n",
            "agents.t.program[0]: 'add x' by 't': nothing says which Cpu 'cpu' is: name the agent 'cpu0',"
            " or bind = { cpu = 'cpu0' }",
        ),
        (
            "[agents.t]\nprogram = ['add x']\nbind = { cpu = 'cpu7' }\n",
            "agents.t.program[0]: 'add x' by 't': bind.cpu: 'cpu7' is not a Cpu of this world; did you mean 'cpu1'?",
        ),
        (
            "[agents.cpu0]\nprogram = ['add x']\nbind = { cpux = 'cpu1' }\n",
            "agents.cpu0.bind.cpux: no operation of this agent has a parameter 'cpux'; did you mean 'cpu'?",
        ),
        (
            "[agents]\ncpu0 = ['add']\n",
            "agents.cpu0.program[0]: 'add' does not read as 'add {word}': {word} (x) is missing",
        ),
        (
            "[agents]\ncpu0 = ['add x x']\n",
            "agents.cpu0.program[0]: 'add x x' does not read as 'add {word}': 'x' is too much",
        ),
        ("[agents]\ncpu0 = ['add *']\n", "agents.cpu0.program[0]: '*' stands only in the lines of an 'any' agent"),
        (ADDERS + "[expect]\nsmal = 'holds'\n", "expect.smal: unknown property 'smal'; did you mean 'small'?"),
        (
            ADDERS + "[expect]\nsmall = { verdict = 'violated', agent = 'cpu9' }\n",
            "expect.small.agent: no agent 'cpu9'; did you mean 'cpu1'?",
        ),
        (
            ADDERS + "[expect]\nsmall = { verdict = 'violated', step = 'wriet' }\n",
            "expect.small.step: no step 'wriet'; did you mean 'write'?",
        ),
        ("", "agents: nobody acts: the scenario has neither agents nor hardware"),
    ],
)
def test_names_are_checked_and_told_with_their_key(shell: Shell, text: str, message: str) -> None:
    path = shell.scenario(text if "[expect]" in text else text + EXPECT)
    said = shell("check", path)
    assert said.code == 2
    assert said.err.rstrip().endswith(message)
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ('["cpu0: take", "cpu1: take"]', "setup[1]: 'cpu1: take' blocks: nothing that it waits for will happen"),
        ('["take"]', "setup[0]: 'take' names nobody who runs it: write 'AGENT: LINE'"),
        ('["tlb.cpu0: fill"]', "setup[0]: unknown unit 'tlb'"),
        ('["cpu0: clear any"]', "setup[0]: world too small: no Word left to pick"),
    ],
)
def test_a_setup_that_cannot_be_run_is_refused(shell: Shell, setup: str, message: str) -> None:
    path = shell.scenario(ADDERS + EXPECT)
    path.write_text(f"setup = {setup}\n" + path.read_text())
    said = shell("check", path)
    assert said.code == 2
    assert message in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("chek",), "no command 'chek'; did you mean 'check'?"),
        (("check", "no_such_thing"), "no bundled scenario, file or folder of this name"),
        (("check", "none.toml"), "no such file or folder"),
        (("check", f"{COUNTER}/unloked"), "no variant 'unloked'; did you mean 'unlocked'?"),
        (("check", "--engine", "fast"), "'fast' is not one of 'bmc', 'explicit', 'induction', 'interpreter'"),
        (("check", "--max-memory", "2X"), "'2X' is not an amount of memory: write 2G, 512M or a number of bytes"),
        (("check", "--max-memory", "-2G"), "'-2G' is not an amount of memory"),
        (("check", "--max-seconds", "nan"), "'nan' is not a finite number"),
        (("check", "--max-seconds", "inf"), "'inf' is not a finite number"),
        (("check", "--max-seconds", "-1"), "-1.0 is not in the range x>0"),
        (("check", "--max-states", "1e30"), "'1e30' is not a valid integer"),
        (("check", "--checkpoint-every", "nan"), "'nan' is not a finite number"),
        (("check", "--fail-under", "nan"), "'nan' is not a finite number"),
        (("check", "--context-switches", "9" * 20), f"{'9' * 20} is not in the range 0<=x<=1000000"),
        (("simulate", "--max-seconds", "nan", COUNTER), "'nan' is not a finite number"),
        (("profile", "--max-seconds", "nan", COUNTER), "'nan' is not a finite number"),
        (("review", "--max-seconds", "nan", COUNTER), "'nan' is not a finite number"),
        (("resume", "--max-seconds", "nan", MODEL), "'nan' is not a finite number"),
        (("check", COUNTER, "--output", "/no/such/folder/x"), "/no/such/folder/x: No such file or directory"),
        (("show", COUNTER), f"stands for 2 scenarios, say which: {shown(COUNTER)}/unlocked, {shown(COUNTER)}/locked"),
        (("show", "pinned_unmap"), "scenarios, say which: pinned_unmap/"),
        (("check", MODEL), "no scenario: a model file; a scenario is a .toml file that names it under `model`"),
        (("check", f"{COUNTER}/unlocked", "--property", "smal"), f"{COUNTER}: unknown property 'smal'"),
        (("check", "/dev/null"), "/dev/null: neither a regular file nor a folder"),
        (("check", COUNTER.with_name("countre.toml")), f"did you mean '{COUNTER}'?"),
        (("check", "--fast"), "error: no such option '--fast'"),
        (("review", "pinned_fork/shared", "--mechanism", "early_copi"), "did you mean 'early_copy'?"),
        (("trace", "none.json"), "none.json: No such file or directory"),
        (("trace", MODEL.with_name("designs.toml")), "v1: unknown key"),
    ],
)
def test_bad_arguments_are_told(shell: Shell, args: tuple[object, ...], message: str) -> None:
    said = shell(*args)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_what_is_offered_instead_of_a_file_of_several_scenarios_is_understood(shell: Shell) -> None:
    offered = shell("show", COUNTER).err.partition("say which: ")[2].strip().split(", ")
    assert [shell("show", each).code for each in offered] == [0, 0]


@pytest.mark.parametrize(("words", "more"), [('["x"]', "another Word"), ("1", "Word = 2")])
def test_a_setup_for_which_the_world_is_too_small_says_what_to_write(shell: Shell, words: str, more: str) -> None:
    path = shell.scenario(ADDERS.replace("add x", "add word0" if words == "1" else "add x") + EXPECT)
    path.write_text('setup = ["cpu0: clear any"]\n' + path.read_text().replace('Word = ["x"]', f"Word = {words}"))
    assert shell("check", path).err.endswith(f"; give [world] more: {more}\n")


def test_a_mistake_that_variants_share_is_told_once(shell: Shell) -> None:
    variants = "".join(f"[[variant]]\nname = '{name}'\nexpect.small = 'holds'\n" for name in ("a", "b", "c"))
    said = shell("check", shell.scenario("design.preset = 'v2'\n" + ADDERS + variants))
    assert (said.code, len(said.err.splitlines())) == (2, 1)


def test_a_model_file_that_breaks_a_rule_is_shown_with_its_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import os\n")
    (tmp_path / "bad.toml").write_text('model = "bad.py"\n[expect]\nno_deadlock = "holds"\n')
    said = shell("check", tmp_path / "bad.toml")
    assert said.code == 2
    assert said.err.startswith("error[SD110]")
    assert "bad.py:1:1" in said.err


def test_a_model_that_is_not_there_is_told_with_the_folder_it_was_looked_for_in(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('model = "none.py"\n[expect]\nno_deadlock = "holds"\n')
    said = shell("check", tmp_path / "a.toml")
    assert (said.code, "model[0]: 'none.py': no such file or folder" in said.err) == (2, True)


def test_a_folder_without_a_model_file_is_no_model(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.toml").write_text('model = "empty"\n[expect]\nno_deadlock = "holds"\n')
    said = shell("check", tmp_path / "a.toml")
    assert (said.code, "model[0]: 'empty': neither a .py file nor a folder with one" in said.err) == (2, True)


def test_the_mistakes_of_every_file_of_a_folder_are_told(shell: Shell, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text("titel = 'x'\n")
    said = shell("check", tmp_path)
    assert (said.code, said.err.count("unknown key; did you mean 'title'?")) == (2, 2)


def test_files_that_are_no_scenarios_keep_no_others_from_running(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "key.toml").write_text("titel = 'x'\nmodle = 'y'\n")
    (tmp_path / "syntax.toml").write_text("title = \n")
    shell.scenario(ADDERS + '[expect]\nsmall = "holds"\n', "right")
    said = shell("check", tmp_path, "--format", "json")
    report = json.loads(said.out)
    assert said.code == 2
    assert {result["scenario"] for result in report["results"]} == {"right"}
    assert [Path(each["file"]).name for each in report["errors"]] == ["key.toml", "syntax.toml"]
    assert [line.startswith("error: ") for line in said.err.splitlines()] == [True] * 3


def test_a_mistake_of_several_variants_is_told_once_with_their_names(shell: Shell) -> None:
    variants = "".join(f"[[variant]]\nname = '{name}'\nexpect.smal = 'holds'\n" for name in ("a", "b"))
    said = shell("check", shell.scenario(ADDERS + variants))
    assert said.err.count("\n") == 1
    assert "case.toml: variants 'a', 'b': expect.smal: unknown property 'smal'" in said.err


def test_a_misspelled_model_is_compared_with_what_is_there(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('model = "kernle"\n[expect]\nno_deadlock = "holds"\n')
    assert shell("check", tmp_path / "a.toml").err.endswith("; did you mean 'kernel'?\n")
    (tmp_path / "device.py").write_text("")
    (tmp_path / "a.toml").write_text('model = ["kernel", "devcie.py"]\n[expect]\nno_deadlock = "holds"\n')
    assert shell("check", tmp_path / "a.toml").err.endswith("; did you mean 'device.py'?\n")


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    said = shell("check", tmp_path)
    assert (said.code, said.err) == (2, f"error: {tmp_path}: cannot be read: Permission denied\n")


def test_an_empty_folder_is_no_success(shell: Shell, tmp_path: Path) -> None:
    said = shell("check", tmp_path)
    assert (said.code, "no scenario file (*.toml) in this folder" in said.err) == (2, True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "shootdown-trace"}', '{"format": "shootdown-trace", "version": 1}']
)
def test_a_file_that_is_no_trace_is_told(shell: Shell, tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)
    said = shell("trace", tmp_path / "t.json")
    assert said.code == 2
    assert len(said.err.splitlines()) == 1
