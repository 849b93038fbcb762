"""A run beside an earlier report: what counts as a change, and what fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import ADDERS, Said, Shell

from shootdown.checker.baseline import BaselineError, read_baseline

LOCKED = 'design.with = ["add_is_locked"]\n'


class Project:
    """A folder of scenarios, checked by the interpreter."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.report = shell.folder / "base.json"
        self.folder = shell.folder / "scenarios"
        self.folder.mkdir()

    def write(self, name: str, *expect: str, design: str = "") -> None:
        """A scenario file with these lines of expectations."""
        text = self.shell.scenario(design + ADDERS + "[expect]\n" + "\n".join(expect) + "\n").read_text()
        (self.folder / f"{name}.toml").write_text(text)

    def check(self, *args: object) -> Said:
        return self.shell("check", self.folder, "--engine", "interpreter", "--jobs", 1, *args)

    def save(self) -> None:
        """Make the baseline."""
        self.check("--format", "json", "--output", self.report)

    def compared(self, *args: object) -> tuple[int, list[tuple[str, str, str | None]], Any]:
        """Exit code and changes beside the baseline."""
        said = self.check("--baseline", self.report, "--format", "json", *args)
        report = json.loads(said.out)["baseline"]
        return said.code, [(each["change"], each["scenario"], each["property"]) for each in report["changes"]], report


@pytest.fixture
def project(shell: Shell) -> Project:
    return Project(shell)


LOST = 'no_lost_update = "violated"'
KEPT = 'no_lost_update = "holds"'
SMALL = 'small = "holds"'


def test_nothing_has_changed(project: Project) -> None:
    project.write("a", LOST, SMALL)
    project.save()
    code, changes, report = project.compared()
    assert (code, changes, report["unchanged"], report["known"]) == (0, [], 3, [])
    said = project.check("--baseline", project.report)
    assert said.code == 0
    assert " ".join(said.out.split()).startswith(f"since {project.report}: 3 unchanged, ")


def test_a_known_failure_fails_nothing_until_it_says_something_else(project: Project) -> None:
    project.write("a", KEPT, SMALL)
    project.save()
    assert project.check().code == 1
    code, changes, report = project.compared()
    assert (code, changes) == (0, [])
    assert report["known"] == [{"scenario": "a", "property": "no_lost_update"}]
    code, changes, _ = project.compared("--max-states", 3)
    assert (code, changes[0]) == (3, ("worse", "a", "no_lost_update"))


def test_what_becomes_worse_fails_and_shows_its_diagram(project: Project) -> None:
    project.write("a", KEPT, SMALL, design=LOCKED)
    project.write("b", LOST)
    project.save()
    project.write("a", KEPT, SMALL)
    assert project.compared()[:2] == (1, [("worse", "a", "no_lost_update")])
    said = project.check("--baseline", project.report)
    assert said.code == 1
    assert "NOT worse" in said.out
    assert "no_lost_update is violated" in said.out
    assert "b" not in [word for line in said.out.splitlines()[:2] for word in line.split()]
    assert "no_lost_update is violated" not in project.check("--baseline", project.report, "--no-traces").out


def test_what_is_fixed_is_told(project: Project) -> None:
    project.write("a", KEPT)
    project.save()
    project.write("a", KEPT, design=LOCKED)
    code, changes, report = project.compared()
    assert (code, changes) == (0, [("fixed", "a", "no_lost_update")])
    assert report["changes"][0]["was"].startswith("violated at depth 4, by cpu0 at write")
    assert report["changes"][0]["is"] == "holds"


def test_another_end_of_the_trace_is_a_change_that_fails_nothing(project: Project) -> None:
    project.write("a", LOST)
    project.save()
    report = json.loads(project.report.read_text())
    result = next(each for each in report["results"] if each["property"] == "no_lost_update")
    result["trace"]["steps"].pop()
    project.report.write_text(json.dumps(report))
    assert project.compared()[:2] == (0, [("changed", "a", "no_lost_update")])


def test_what_is_new_counts_as_it_is(project: Project) -> None:
    project.write("a", LOST)
    project.save()
    project.write("b", LOST)
    assert project.compared()[:2] == (0, [("new", "b", "no_lost_update")])
    project.write("c", KEPT)
    code, changes, _ = project.compared()
    assert (code, ("new", "c", "no_lost_update") in changes) == (1, True)


def test_what_is_gone_is_told_and_what_was_not_asked_for_is_not(project: Project) -> None:
    project.write("a", LOST, SMALL)
    project.write("b", LOST)
    project.write("c", LOST)
    project.save()
    (project.folder / "b.toml").unlink()
    project.write("a", LOST)
    removed = [("removed", "a", "small"), ("removed", "b", "no_lost_update")]
    assert project.compared()[:2] == (0, removed)
    code, changes, _ = project.compared("--property", "no_lost_update")
    assert (code, changes) == (0, [("removed", "b", "no_lost_update")])
    said = project.shell("check", project.folder / "a.toml", "--engine", "interpreter", "--baseline", project.report)
    assert "c " not in said.out


def test_a_scenario_that_cannot_be_checked_any_more_is_worse_but_an_old_mistake_is_known(project: Project) -> None:
    project.write("a", LOST)
    project.save()
    project.write("a", LOST, design='design.with = ["add_is_lock"]\n')
    code, changes, report = project.compared()
    assert (code, changes) == (2, [("worse", "a", None)])
    assert "did you mean 'add_is_locked'" in report["changes"][0]["is"]
    project.save()
    code, changes, report = project.compared()
    assert (code, changes, report["known"]) == (0, [], [{"scenario": "a", "property": None}])


def test_a_report_with_a_baseline_is_a_baseline(project: Project) -> None:
    project.write("a", LOST, SMALL)
    project.save()
    project.write("b", LOST)
    project.check("--baseline", project.report, "--format", "json", "--output", project.report)
    assert project.compared()[:2] == (0, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[]", "not a report of shootdown check --format json"),
        ('{"format": "shootdown-trace"}', "not a report of shootdown check --format json"),
        ('{"format": "shootdown-check", "version": 99}', "a report of version 99"),
        ('{"format": "shootdown-check", "version": 1}', "a report that is not whole: KeyError: 'results'"),
        ('{"format": "shootdown-check", "version": 1, "results": [3], "errors": []}', "a report that is not whole"),
        ('{"format": "shootdown-check", "version": 1, "results": 3, "errors": []}', "a report that is not whole"),
    ],
)
def test_a_file_that_is_no_report_is_refused(project: Project, text: str, message: str) -> None:
    project.write("a", LOST)
    project.report.write_text(text)
    said = project.check("--baseline", project.report)
    assert said.code == 2
    assert said.err.startswith(f"error: {project.report}: ")
    assert message in said.err
    assert said.err.count("\n") == 1
    with pytest.raises(BaselineError):
        read_baseline(project.report)


def test_a_baseline_that_is_not_there_is_one_message(project: Project) -> None:
    project.write("a", LOST)
    said = project.check("--baseline", "nowhere.json")
    assert said.code == 2
    assert "nowhere.json" in said.err
    assert Path("nowhere.json").exists() is False


def test_coverage_that_was_asked_for_is_told_beside_the_changes(project: Project) -> None:
    project.write("a", LOST)
    project.save()
    args = ("--baseline", project.report, "--coverage")
    said = project.shell("check", project.folder, "--jobs", 1, *args)
    if "coverage needs the native engine" in said.err:
        pytest.skip("no C compiler here")
    assert "exercised" in said.out
    assert " unchanged, " in " ".join(said.out.splitlines()[-2:])
