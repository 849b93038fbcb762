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
from consumers import consumer
from junitparser import Failure, JUnitXml, Skipped, TestCase
from reports import checked

from shootdown.checker import check as checking
from shootdown.checker.cache.memory import NO_CACHE
from shootdown.checker.grow import larger_worlds, with_growth
from shootdown.checker.options import Options
from shootdown.checker.record import Checked
from shootdown.checker.scenario import Scenario, find_one
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


# Other reports


def test_junit_has_a_case_for_each_larger_world(shell: Shell) -> None:
    said = shell("check", shell.scenario(ANY), "--grow", "--format", "junit")
    (suite,) = JUnitXml.fromstring(said.out.encode())
    cases = {case.name: case for case in suite if isinstance(case, TestCase)}
    assert list(cases)[2:] == ["with Cpu 2 -> 3", "with Word 1 -> 2", f"with {LARGEST}"]
    assert [len(case.result) for case in cases.values()] == [0, 0, 0, 0, 1]
    (result,) = cases[f"with {LARGEST}"].result
    assert isinstance(result, Failure)
    assert (result.type, result.message) == ("violated", "small: violated, was holds")
    assert "small is violated" in (result.text or "")
    assert (suite.failures, suite.errors) == (1, 0)


def test_what_junit_calls_an_error_in_a_larger_world(shell: Shell) -> None:
    for text, options in ((OVERFLOWN, []), (ANY, ["--max-states", 3])):
        said = shell("check", shell.scenario(text), "--grow", "--format", "junit", *options)
        assert JUnitXml.fromstring(said.out.encode()).failures == 0
        assert JUnitXml.fromstring(said.out.encode()).errors >= 1


def test_a_world_that_cannot_be_made_is_skipped(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = checking._checked

    def refused(scenario: Scenario, options: Options) -> Checked:
        if scenario.tables.world.elements["Cpu"] == 3:
            raise scenario.error("world.Cpu", "three are too many")
        return whole(scenario, options)

    monkeypatch.setattr(checking, "_checked", refused)
    path = shell.scenario(ANY)
    assert re.search("Cpu 2 -> 3 +not possible\n", shell("check", path, "--grow").out)
    said = shell("check", path, "--grow", "--format", "junit")
    (case,) = (each for each in next(iter(JUnitXml.fromstring(said.out.encode()))) if each.name == "with Cpu 2 -> 3")
    (result,) = case.result
    assert isinstance(result, Skipped)
    assert re.match("not possible: .*three are too many", result.message or "")


def test_sarif_has_a_result_for_what_fails_in_a_larger_world(shell: Shell) -> None:
    path = shell.scenario(ANY)
    report = json.loads(shell("check", path, "--grow", "--format", "sarif").out)
    consumer("sarif_kit.validate").assert_valid(report)
    (run,) = report["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"], len(result["codeFlows"])) == ("small", "error", 1)
    assert result["message"]["text"].startswith(f"small: violated in case with {LARGEST}\n")
    assert "--grow" in run["tool"]["driver"]["rules"][0]["help"]["text"]
    cut = json.loads(shell("check", path, "--grow", "--max-states", 3, "--format", "sarif").out)["runs"][0]
    notes = [each["message"]["text"] for each in cut["invocations"][0]["toolExecutionNotifications"]]
    assert f"case with {LARGEST} stopped: max_states" in notes
    assert len({each["partialFingerprints"]["shootdown/v1"] for each in cut["results"]}) == len(cut["results"]) == 4


@pytest.mark.parametrize("format_", ["github", "markdown"])
def test_what_fails_in_a_larger_world_is_annotated_and_summed_up(
    shell: Shell, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.chdir(shell.folder)
    said = shell("check", shell.scenario(ANY), "--grow", "--format", format_)
    golden(format_, settled(said.out))


def test_a_baseline_knows_what_failed_in_a_larger_world(shell: Shell) -> None:
    path, before = shell.scenario(ANY), shell.folder / "before.json"
    args = ["check", path, "--grow", "--no-traces"]
    assert shell(*args, "--output", f"json:{before}").code == 1
    again = shell(*args, "--baseline", before)
    assert (again.code, "2 unchanged (1 of them not as expected)" in " ".join(again.out.split())) == (0, True)
    said = shell(*args, "--baseline", before, "--format", "junit")
    skipped = [case.name for case in next(iter(JUnitXml.fromstring(said.out.encode()))) if case.result]
    assert skipped == [f"with {LARGEST}"]
    path.write_text(path.read_text().replace("budget = 2", "budget = 1"))
    assert shell(*args, "--output", f"json:{before}").code == 0
    path.write_text(path.read_text().replace("budget = 1", "budget = 2"))
    worse = shell(*args, "--baseline", before)
    assert (worse.code, f"small with {LARGEST}" in worse.out) == (1, True)


def test_one_that_was_as_expected_in_a_larger_world_is_worse(shell: Shell) -> None:
    path, before = shell.scenario(ANY), shell.folder / "before.json"
    shell("check", path, "--grow", "--output", f"json:{before}")
    report = json.loads(before.read_text())
    for each in report["grown"]:
        each["changes"] = []
    before.write_text(json.dumps(report))
    said = shell("check", path, "--grow", "--baseline", before, "--format", "json")
    (change,) = json.loads(said.out)["baseline"]["changes"]
    assert (said.code, change["change"], change["was"]) == (1, "worse", "as expected")


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


def test_an_interrupt_of_the_scenario_itself_is_one_of_its_larger_worlds(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checking._checked
    calls: list[str] = []

    def interrupted(*args: Any) -> Checked:
        calls.append("")
        return replace(whole(*args), stopped="interrupted")

    monkeypatch.setattr(checking, "_checked", interrupted)
    path = shell.scenario(ANY)
    said = shell("check", path, "--grow", "--format", "junit")
    cases = [case for case in next(iter(JUnitXml.fromstring(said.out.encode()))) if case.name.startswith("with")]
    assert (said.code, len(calls)) == (130, 1)
    assert [[type(each) for each in case.result] for case in cases] == [[Skipped]] * 3
    assert "interrupted before 3 larger worlds" in shell("check", path, "--grow", "--format", "github").out


def test_a_larger_world_that_was_given_up_is_searched_again(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """How long a search may take is no part of what is kept under."""
    monkeypatch.delenv(NO_CACHE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole = checking._checked
    calls: list[str] = []

    def given_up(*args: Any) -> Checked:
        calls.append("")
        return replace(whole(*args), stopped="max_seconds") if len(calls) == 2 else whole(*args)

    monkeypatch.setattr(checking, "_checked", given_up)
    path = shell.scenario(ANY)
    args = ["check", path, "--grow", "--engine", "interpreter", "--format", "json"]
    cached = [json.loads(shell(*args).out)["results"][0]["cached"] for _ in range(3)]
    assert cached == [False, False, True]


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
