"""`check --grow`: the same scenario in larger worlds."""

from __future__ import annotations

import json
from typing import Any

from commands import ADDERS, Shell

from shootdown.checker.grow import larger_worlds
from shootdown.checker.scenario import find_one

ANY = '[agents]\ncpu0 = { any = ["add x"], budget = 2 }\n[expect]\nsmall = "holds"\n'


def grown(text: str) -> dict[str, Any]:
    return {each["more"]: each for each in json.loads(text)["grown"]}


def test_each_world_has_one_more_of_one_thing(shell: Shell) -> None:
    scenario = find_one(str(shell.scenario(ANY)))
    worlds = dict(larger_worlds(scenario))
    assert list(worlds) == ["Cpu 2 -> 3", "Word 1 -> 2", "budget of cpu0 2 -> 3"]
    assert worlds["Cpu 2 -> 3"].tables.world.elements == {"Cpu": 3, "Word": ("x",)}
    assert worlds["Word 1 -> 2"].tables.world.elements == {"Cpu": 2, "Word": ("x", "word1")}
    assert worlds["budget of cpu0 2 -> 3"].tables.agents["cpu0"].budget == 3
    assert worlds["budget of cpu0 2 -> 3"].tables.world == scenario.tables.world


def test_a_verdict_that_a_larger_world_changes_is_not_as_expected(shell: Shell) -> None:
    path = shell.scenario(ANY)
    assert shell("check", path).code == 0
    said = shell("check", path, "--grow")
    assert said.code == 1
    assert "small: violated, was holds" in said.out
    found = grown(shell("check", path, "--grow", "--format", "json").out)["budget of cpu0 2 -> 3"]
    assert found["changes"] == [{"property": "small", "was": "holds", "is": "violated"}]


def test_what_nobody_uses_saturates(shell: Shell) -> None:
    path = shell.scenario(ANY)
    found = grown(shell("check", path, "--grow", "--format", "json").out)
    assert found["Cpu 2 -> 3"]["saturated"]
    assert not found["budget of cpu0 2 -> 3"]["saturated"]
    assert "Cpu 2 -> 3" in shell("check", path, "--grow").out


def test_a_larger_world_that_a_limit_stops_is_undecided(shell: Shell) -> None:
    path = shell.scenario(ANY)
    states = json.loads(shell("check", path, "--format", "json").out)["results"][0]["states"]
    said = shell("check", path, "--grow", "--max-states", states + 1)
    assert said.code == 3
    assert "unknown: max_states" in said.out


def test_a_check_that_is_not_asked_to_grow_has_no_larger_worlds(shell: Shell) -> None:
    said = shell("check", shell.scenario(ADDERS + 'expect.no_lost_update = "violated"\n'), "--format", "json")
    assert json.loads(said.out)["grown"] == []
