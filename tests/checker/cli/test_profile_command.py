"""`shootdown profile`."""

from __future__ import annotations

import json

from commands import ADDERS, Shell

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
