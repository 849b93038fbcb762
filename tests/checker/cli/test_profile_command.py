"""`shootdown profile`."""

from __future__ import annotations

import json

import pytest
from commands import ADDERS, Shell

from shootdown.checker.cli import output
from shootdown.checker.explicit.reached import Stored, stored_states
from shootdown.checker.options import Limits
from shootdown.checker.profile import profile
from shootdown.checker.profile.estimate import Estimate
from shootdown.checker.report.columns import plain
from shootdown.model.ir.system import System

TEXT = ADDERS + '[expect]\nsmall = "holds"\n'


def test_a_profile_has_the_counts_of_the_check(shell: Shell) -> None:
    path = shell.scenario(TEXT)
    found = json.loads(shell("profile", path, "--format", "json").out)
    checked = json.loads(shell("check", path, "--format", "json").out)["results"][0]
    assert {key: found[key] for key in ("states", "transitions", "depth")} == {
        key: checked[key] for key in ("states", "transitions", "depth")
    }
    assert {each["name"] for each in found["operations"]} == {"add"}
    assert sum(each["transitions"] for each in found["steps"]) > 0.99


def test_the_text_names_agents_and_operations(shell: Shell) -> None:
    said = shell("profile", shell.scenario(TEXT))
    assert (said.code, said.err) == (0, "")
    assert "what multiplies states:" in said.out
    assert "cpu0" in said.out
    assert "operations, in" in said.out
    assert "steps, in" in shell("profile", shell.scenario(TEXT), "--steps").out


def test_what_the_passes_leave_is_said(shell: Shell) -> None:
    path = shell.scenario(TEXT)
    assert "what the passes leave of the system:" in shell("profile", path).out
    lowered, *passes = json.loads(shell("profile", path, "--format", "json").out)["passes"]
    assert [each["name"] for each in passes] == ["fold", "select", "slice", "dead-locals"]
    assert lowered["name"] == ""
    assert lowered["steps"] >= passes[-1]["steps"] > 0
    assert passes[0]["cells"] >= passes[-1]["cells"] > 0
    assert json.loads(shell("profile", path, "--unreduced", "--format", "json").out)["passes"] == []


def test_passes_are_left_out_by_name(shell: Shell) -> None:
    path = shell.scenario(TEXT)
    found = json.loads(shell("profile", path, "--no-reduce", "slice", "--no-reduce", "fold", "--format", "json").out)
    assert [each["name"] for each in found["passes"]] == ["", "select", "dead-locals"]
    said = shell("profile", path, "--no-reduce", "merge")
    assert said.code == 2
    assert "'merge' is not one of 'fold', 'select', 'slice', 'dead-locals'" in said.err


def test_the_guess_is_told_before_the_search_begins(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def searched(system: System, limits: Limits) -> Stored:
        order.append("search")
        return stored_states(system, limits)

    guess = Estimate(600_000, exact=False, bytes_per_state=100)
    monkeypatch.setattr(profile, "estimate", lambda system, seconds: guess)
    monkeypatch.setattr(output, "show", lambda lines: order.append(plain(lines)))
    monkeypatch.setattr(profile, "stored_states", searched)
    assert shell("profile", shell.scenario(TEXT)).code == 0
    told, then, report = order
    assert told == (
        "before the search: about 600,000 states, 57.2 MB of memory; such a guess may be wrong by a factor of\n    ten"
    )
    assert then == "search"
    assert "before the search" not in report
    said = shell("profile", shell.scenario(TEXT), "--format", "json")
    assert json.loads(said.out)["estimate"]["states"] == 600_000


def test_an_interrupt_reports_what_was_looked_at(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    path = shell.scenario(TEXT)
    monkeypatch.setattr(profile, "parts", interrupted)
    said = shell("profile", path)
    assert said.code == 130
    assert "\ninterrupted before all of that was looked at\n" in said.out
    assert "operations, in" in said.out
    found = json.loads(shell("profile", path, "--format", "json").out)
    assert (found["interrupted"], found["stopped"], found["parts"]) == (True, None, [])


def test_an_estimate_alone_searches_no_further(shell: Shell) -> None:
    path = shell.scenario(TEXT)
    said = shell("profile", path, "--estimate")
    assert said.code == 0
    assert " states, " in said.out
    assert "multiplies" not in said.out
    assert json.loads(shell("profile", path, "--estimate", "--format", "json").out)["states"] is None


def test_what_a_limit_stopped_is_said_to_be_a_part(shell: Shell) -> None:
    said = shell("profile", shell.scenario(TEXT), "--max-states", 3)
    assert said.code == 0
    assert "stopped: max_states; what follows is of the states until then" in said.out
