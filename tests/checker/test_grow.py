"""`check --grow`: the same scenario in larger worlds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import ADDERS, COUNTER, MODEL, ROOT, Shell
from reports import checked

from shootdown.checker import check as checking
from shootdown.checker.grow import larger_worlds, with_growth
from shootdown.checker.options import Options
from shootdown.checker.record import Checked
from shootdown.checker.scenario import find_one
from shootdown.checker.verdict import Verdict

GOLDEN = Path(__file__).parent / "golden"
ANY = '[agents]\ncpu0 = { any = ["add x"], budget = 2 }\n[expect]\nsmall = "holds"\n'
OVERFLOWN = ANY.replace("budget = 2", "budget = 3").replace("small", "no_deadlock")
TOO_SMALL = '[agents]\ncpu0 = { any = ["clear any"], budget = 2 }\n[expect]\ntwo_is_seen = "holds"\n'
LOST = ADDERS + '[expect]\nno_lost_update = "violated"\n'
STUCK = '[agents]\ncpu0 = ["take"]\ncpu1 = ["take"]\n[expect]\nsmall = "holds"\nno_deadlock = "holds"\n'
LARGEST = "budget of cpu0 2 -> 3"


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
    said = shell("check", shell.scenario(LOST), "--format", "json")
    assert said.code == 0
    assert json.loads(said.out)["grown"] == []


def settled(text: str) -> str:
    """The text without what differs from run to run: times, and where the model is."""
    text = text.replace(str(MODEL), MODEL.name).replace(str(MODEL.relative_to(ROOT)), MODEL.name)
    return re.sub(r"\| \d+\.\d+ \|$", "| 0.0 |", re.sub(r"\d+\.\d+ s\b", "0.0 s", text), flags=re.MULTILINE)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the expected one of that name."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"grow_{name}.txt"
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert text == path.read_text()

    return compare


@pytest.mark.parametrize(
    ("name", "text", "options", "code"),
    [
        ("violated_and_bounded_before", ANY, ["--context-switches", 1], 1),
        ("violated_and_held_before", ANY, [], 1),
        ("violated_as_expected", ANY.replace("holds", "violated"), ["--context-switches", 1], 3),
        ("unknown_before_and_now", ANY, ["--max-states", 3], 3),
        ("bounded_before_and_now", ANY, ["--max-depth", 2], 3),
        ("model_error", OVERFLOWN, [], 2),
        ("too_small_before_and_now", TOO_SMALL, [], 2),
        ("violated_early", LOST, [], 0),
        ("stuck_before_and_now", STUCK, [], 1),
    ],
)
def test_what_is_said_of_larger_worlds(
    shell: Shell, golden: Callable[[str, str], None], name: str, text: str, options: list[object], code: int
) -> None:
    """A violation is told whatever was known before. Saturated, and how many times as many states there are, is said
    only of worlds that were searched whole, or to the same bound."""
    said = shell("check", shell.scenario(text), "--grow", "--no-traces", *options)
    golden(name, settled(said.out))
    assert said.code == code


def test_a_violation_in_a_larger_world_shows_its_trace(shell: Shell) -> None:
    path = shell.scenario(ANY)
    assert f"case: a test, with {LARGEST}" in shell("check", path, "--grow").out
    assert "cpu0\n----" not in shell("check", path, "--grow", "--no-traces").out


def test_json_tells_of_a_violation_where_nothing_was_known(shell: Shell) -> None:
    said = shell("check", shell.scenario(ANY), "--grow", "--context-switches", 1, "--format", "json")
    report = grown(said.out)
    assert report[LARGEST]["changes"] == [{"property": "small", "was": "unknown", "is": "violated"}]
    assert (report[LARGEST]["not_as_expected"], report[LARGEST]["exit_code"]) == (["small"], 1)
    assert (report["Cpu 2 -> 3"]["unknown"], report["Cpu 2 -> 3"]["exit_code"]) == (["small"], 3)
    assert not report["Cpu 2 -> 3"]["saturated"]


def test_what_the_smaller_world_does_not_ask_fails_in_the_larger_one(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That nobody is stuck is judged unasked where a search is exhaustive; that of the smaller world may not be."""
    whole = checking._checked
    calls: list[str] = []

    def without_the_deadlock(*args: Any) -> Checked:
        found = whole(*args)
        calls.append(found.scenario)
        return replace(found, rows=found.rows[:1]) if len(calls) == 1 else found

    monkeypatch.setattr(checking, "_checked", without_the_deadlock)
    said = shell("check", shell.scenario(STUCK), "--grow", "--no-traces")
    assert (said.code, said.out.count("no_deadlock: violated, was unknown")) == (1, 2)


def test_a_problem_beside_decided_properties_fails_a_larger_world(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = checked("error_beside", {"unwritten": Verdict.VIOLATED}, properties=("unwritten",))
    monkeypatch.setattr(checking, "check_scenario", lambda *_: larger)
    scenario = find_one(str(shell.scenario(ANY)))
    for before, code in ((replace(larger, problem=None, exit_code=0), 2), (replace(larger, exit_code=0), 0)):
        found = with_growth(scenario, Options(), before)
        assert [each.row.prop for each in found.grown[0].failing] == (["model"] if code else [])
        assert found.exit_code == code


# Interrupts


@pytest.mark.parametrize("building", [True, False])
def test_after_an_interrupt_no_larger_world_is_searched(
    shell: Shell,
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    building: bool,
) -> None:
    """It comes in the second larger world, as that is being built or searched."""
    whole = checking._checked
    calls: list[str] = []

    def interrupted(*args: Any) -> Checked:
        found = whole(*args)
        calls.append(found.scenario)
        if len(calls) == 3 and building:
            raise KeyboardInterrupt
        if len(calls) < 3:
            return found
        rows = tuple(replace(row, verdict=Verdict.UNKNOWN, evidence=None) for row in found.rows)
        return replace(found, rows=rows, stopped="interrupted", exhausted=False)

    monkeypatch.setattr(checking, "_checked", interrupted)
    said = shell("check", shell.scenario(ANY), "--grow", "--no-traces")
    golden(f"interrupted_while_{'building' if building else 'searching'}", settled(said.out))
    assert (said.code, len(calls)) == (130, 3)


# Who does not use what is added


def notes(shell: Shell, text: str) -> list[str | None]:
    said = shell("check", shell.scenario(text), "--grow", "--format", "json")
    return [each["unused"] for each in json.loads(said.out)["grown"]]


def test_it_is_said_that_nobody_uses_a_new_element(shell: Shell) -> None:
    assert notes(shell, ANY) == ["no agent runs on cpu2", "no agent names word1", None]
    assert notes(shell, ANY.replace("add x", "add *")) == ["no agent runs on cpu2", None, None]
    assert notes(shell, ANY.replace("add x", "clear any").replace("small", "no_deadlock"))[1] is None
    waiting = 'cpu2 = { any = ["clear any"], budget = 1, bind = { cpu = "cpu1" } }\n'
    assert notes(shell, ANY.replace("[expect]", waiting + "[expect]"))[0] is None


def test_a_new_process_is_said_to_do_nothing(shell: Shell) -> None:
    said = shell(
        "check",
        ROOT / "examples" / "peterson" / "peterson.toml",
        "--grow",
        "--engine",
        "interpreter",
        "--max-states",
        500,
    )
    assert "note: no agent runs on process2" in said.out


def test_it_is_said_that_programs_have_no_operation_more(shell: Shell) -> None:
    assert "no world has one operation more of cpu0, cpu1" in shell("check", COUNTER, "--grow", "--no-traces").out
