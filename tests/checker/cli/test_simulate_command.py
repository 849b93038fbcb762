"""`shootdown simulate`."""

from __future__ import annotations

import json
import re

from commands import ADDERS, Shell

VIOLATED = ADDERS + '[expect]\nno_lost_update = "violated"\n'


def test_a_violation_is_shown_with_its_shortest_trace(shell: Shell) -> None:
    path = shell.scenario(VIOLATED)
    said = shell("simulate", path)
    assert (said.code, said.err) == (0, "")
    assert "no_lost_update is violated" in said.out
    assert "; the shortest has " in said.out
    longer = shell("simulate", path, "--shorten", 0)
    assert longer.code == 0
    assert "not known to be the shortest" in longer.out


def test_the_seed_that_is_named_finds_it_in_one_run(shell: Shell) -> None:
    path = shell.scenario(VIOLATED)
    (result,) = json.loads(shell("simulate", path, "--format", "json").out)["results"]
    said = shell("simulate", path, "--seed", result["seed"], "--runs", 1, "--format", "json")
    (again,) = json.loads(said.out)["results"]
    assert (again["verdict"], again["found_after"]) == ("violated", result["found_after"])


def test_what_no_run_violates_stays_unknown(shell: Shell) -> None:
    said = shell("simulate", shell.scenario(ADDERS + '[expect]\nsmall = "holds"\n'), "--untaken")
    assert said.code == 3
    assert "small  unknown  no run decides it, which proves nothing" in said.out
    assert "every step was taken" in said.out


def test_a_stuck_state_that_a_run_meets_is_told_as_by_check(shell: Shell) -> None:
    path = shell.scenario('[agents]\ncpu0 = ["take"]\ncpu1 = ["take"]\n[expect]\nsmall = "holds"\n')
    said = shell("simulate", path)
    assert (said.code, shell("check", path, "--no-cache").code) == (1, 1)
    assert re.search(r"NOT  no_deadlock +violated", said.out)
    assert "no_deadlock is violated" in said.out


def test_how_many_runs_were_taken_is_said_and_what_stopped_them(shell: Shell) -> None:
    undecided = shell.scenario(ADDERS + '[expect]\nsmall = "holds"\n', "undecided")
    assert "  7 runs of at most 200 steps, seed 0, " in shell("simulate", undecided, "--runs", 7).out
    late = shell("simulate", undecided, "--max-seconds", "1e-9")
    assert "  0 of at most 100 runs of at most 200 steps, seed 0, " in late.out
    assert "\nstopped: max_seconds\n" in late.out
    found = json.loads(shell("simulate", shell.scenario(VIOLATED), "--format", "json").out)
    (result,) = found["results"]
    assert (found["runs"], found["runs_begun"], found["stopped"]) == (100, result["seed"] + 1, None)
    every = json.loads(shell("simulate", undecided, "--format", "json").out)
    assert (every["runs_begun"], every["stopped"]) == (100, "simulation")


def test_steps_that_no_run_came_to_are_listed(shell: Shell) -> None:
    path = shell.scenario(ADDERS + '[expect]\nsmall = "holds"\n')
    said = shell("simulate", path, "--steps", 1, "--untaken")
    assert "never taken:" in said.out
    report = json.loads(shell("simulate", path, "--steps", 1, "--format", "json").out)
    assert 0 < report["steps_taken"] == report["steps_of_the_model"] - len(report["untaken"])


def test_a_model_error_exits_with_two(shell: Shell) -> None:
    text = '[agents]\ncpu0 = ["set x", "add x"]\n[expect]\nno_lost_update = "violated"\n'
    said = shell("simulate", shell.scenario(text))
    assert said.code == 2
    assert "model error" in said.out


def test_an_unknown_property_is_refused(shell: Shell) -> None:
    said = shell("simulate", shell.scenario(VIOLATED), "--property", "no_lost_updates")
    assert (said.code, said.out) == (2, "")
    assert "did you mean 'no_lost_update'?" in said.err
