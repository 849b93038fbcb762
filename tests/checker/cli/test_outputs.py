"""Several reports of one run: which goes where, and what becomes of files that cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import ADDERS, COUNTER, Shell

from shootdown.checker.cli.outputs import Target, targets

CHECK = ("check", COUNTER, "--engine", "interpreter", "--jobs", 1)


@pytest.mark.parametrize(
    ("format_", "given", "wanted"),
    [
        ("text", [], [("text", "-")]),
        ("json", [], [("json", "-")]),
        ("text", ["a"], [("text", "a")]),
        ("json", ["a"], [("text", "-"), ("json", "a")]),
        ("text", ["junit:a", "sarif:b"], [("text", "-"), ("junit", "a"), ("sarif", "b")]),
        ("github", ["junit:a"], [("github", "-"), ("junit", "a")]),
        ("text", ["github:-"], [("text", "-"), ("github", "-")]),
        ("github", ["github:-"], [("github", "-")]),
        ("text", ["text:a", "json:-"], [("text", "a"), ("json", "-")]),
        ("json", ["c:a"], [("text", "-"), ("json", "c:a")]),
    ],
)
def test_where_reports_go(format_: str, given: list[str], wanted: list[tuple[str, str]]) -> None:
    assert targets(format_, given) == [Target(*each) for each in wanted]


def test_every_format_of_one_run(shell: Shell, tmp_path: Path) -> None:
    formats = ("json", "junit", "sarif", "github", "markdown", "text")
    outputs = [f"{each}:{tmp_path / each}" for each in formats]
    said = shell(*CHECK, *(word for each in outputs for word in ("--output", each)))
    assert (said.code, said.out, said.err) == (0, "", "")
    assert json.loads((tmp_path / "json").read_text())["exit_code"] == 0
    assert json.loads((tmp_path / "sarif").read_text())["version"] == "2.1.0"
    assert ElementTree.parse(tmp_path / "junit").getroot().get("tests") == "7"
    assert (tmp_path / "github").read_text() == ""
    assert (tmp_path / "markdown").read_text().startswith("## shootdown: 7 verdicts on 2 scenarios, all as expected\n")
    assert "all as expected" in (tmp_path / "text").read_text()


def test_annotations_stand_below_the_text(shell: Shell) -> None:
    path = shell.scenario(ADDERS + '[expect]\nno_lost_update = "holds"\n')
    said = shell("check", path, "--engine", "interpreter", "--output", "github:-")
    lines = said.out.splitlines()
    assert said.code == 1
    assert lines[-1].startswith(f"::error title=no_lost_update%3A violated in case,file={path},line=10,col=1::expected")
    assert any("no_lost_update is violated" in line for line in lines[:-1])


def test_the_summary_of_a_step_is_appended_to_what_other_commands_wrote(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    summary.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    shell(*CHECK, "--output", f"markdown:{summary}")
    assert summary.read_text().startswith("# before\n## shootdown: ")
    shell(*CHECK, "--output", f"json:{tmp_path / 'other'}")
    shell(*CHECK, "--output", f"json:{tmp_path / 'other'}")
    assert json.loads((tmp_path / "other").read_text())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["junit:"], "--output junit:: no file behind the format"),
        (["juint:a"], "--output juint:a: no format 'juint' (a file of this name: ./juint:a); did you mean 'junit'?"),
        (["junit:a", "json:a"], "--output: two reports for the file a"),
        (["sarif:nowhere/at/all"], "nowhere/at/all: No such file or directory"),
        (["sarif:."], ".: Is a directory"),
    ],
)
def test_an_output_that_cannot_be_is_one_message_before_any_search(
    shell: Shell, given: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.folder)
    said = shell(*CHECK, *(word for each in given for word in ("--output", each)))
    assert said.code == 2
    assert message in said.err
    assert said.out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("format_", ["json", "junit", "sarif", "github", "markdown", "text"])
def test_a_disk_that_is_full_is_one_message(format_: str, tmp_path: Path, shell: Shell) -> None:
    path = shell.scenario(ADDERS + '[expect]\nno_lost_update = "holds"\n')
    command = [sys.executable, "-m", "shootdown", "check", str(path), "--engine", "interpreter"]
    done = subprocess.run([*command, "--output", f"{format_}:/dev/full"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: /dev/full: No space left on device\n")
    with open("/dev/full", "w") as full:
        done = subprocess.run([*command, "--format", format_], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (2, "error: standard output: No space left on device\n")


@pytest.mark.parametrize("format_", ["sarif", "github", "markdown"])
def test_a_reader_that_stops_reading_gets_no_traceback(format_: str, shell: Shell) -> None:
    path = shell.scenario(ADDERS + '[expect]\nno_lost_update = "holds"\n')
    command = f"{sys.executable} -m shootdown check {path} --engine interpreter --format {format_}"
    done = subprocess.run(["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode in (1, 141)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_may_not_be_written_is_one_message(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.touch(mode=0o400)
    said = shell(*CHECK, "--output", f"sarif:{target}")
    assert (said.code, said.err) == (2, f"error: {target}: Permission denied\n")


def test_files_that_cannot_be_used_are_told_in_the_reports_too(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.toml").write_text('title = "x"\n[expect\n')
    (tmp_path / "two.toml").write_text('titel = "x"\n')
    monkeypatch.chdir(tmp_path)
    said = shell("check", ".", "--output", "junit:report.xml", "--output", "github:-", "--output", "json:report.json")
    assert said.code == 2
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == ["error", "error"]
    cases = {case.get("classname"): len(case) for case in ElementTree.parse("report.xml").getroot().iter("testcase")}
    assert cases == {"one": 1, "two": 1}
    annotations = [line for line in said.out.splitlines() if line.startswith("::error")]
    head = "::error title={0} cannot be checked,file={0}.toml"
    assert annotations[0].startswith(head.format("one") + ",line=2,col=8::one.toml:2:8: not TOML: ")
    assert annotations[1].startswith(head.format("two") + ",line=1,col=1::two.toml: titel: unknown key")
    report = json.loads((tmp_path / "report.json").read_text())
    assert [each["scenario"] for each in report["errors"]] == ["one", "two"]
    assert report["exit_code"] == 2
