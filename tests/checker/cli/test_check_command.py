"""`shootdown check`: verdicts, exit codes, reports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from commands import ADDERS, COUNTER, MODEL, Shell

from shootdown.checker.cli import check
from shootdown.checker.record import Run

VIOLATED = ADDERS + 'expect.no_lost_update = "violated"\n'


def expecting(verdict: str, prop: str = "no_lost_update") -> str:
    return ADDERS + f'[expect]\n{prop} = "{verdict}"\n'


def results(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["scenario"], each["property"]): each for each in json.loads(text)["results"]}


def test_what_is_as_expected_exits_with_zero(shell: Shell) -> None:
    said = shell("check", COUNTER)
    assert said.code == 0
    assert said.err == ""
    assert "counter/unlocked" in said.out
    assert "all as expected" in said.out


def test_a_single_scenario_shows_its_diagram(shell: Shell) -> None:
    said = shell("check", f"{COUNTER}/unlocked")
    assert "no_lost_update is violated: Every CPU's addition counts" in said.out
    assert "prevented by add_is_locked: an addition holds the lock" in said.out
    assert "is violated" not in shell("check", f"{COUNTER}/unlocked", "--no-traces").out


@pytest.mark.parametrize(
    ("verdict", "prop", "code"),
    [("holds", "no_lost_update", 1), ("violated", "small", 1), ("vacuous", "small", 1), ("holds", "small", 0)],
)
def test_the_exit_code_says_whether_verdicts_are_as_expected(shell: Shell, verdict: str, prop: str, code: int) -> None:
    assert shell("check", shell.scenario(expecting(verdict, prop))).code == code


def test_a_pinned_step_that_differs_is_not_as_expected(shell: Shell) -> None:
    wish = '{ verdict = "violated", step = "read", agent = "cpu0" }'
    said = shell("check", shell.scenario(ADDERS + f"[expect]\nno_lost_update = {wish}\n"))
    assert said.code == 1
    assert "expected at step read, not write" in said.out


def test_a_limit_leaves_verdicts_undecided(shell: Shell) -> None:
    path = shell.scenario(expecting("holds", "small"))
    said = shell("check", path, "--max-states", 2)
    assert (said.code, "stopped: max_states" in said.out) == (3, True)
    said = shell("check", path, "--max-depth", 2)
    assert (said.code, "holds to depth 2" in said.out) == (3, True)


def test_few_context_switches_are_no_proof(shell: Shell) -> None:
    path = shell.scenario(expecting("holds", "small"))
    said = shell("check", path, "--context-switches", 1)
    assert (said.code, "holds within 1 context switch  switches" in said.out) == (3, True)
    report = shell("check", path, "--context-switches", 1, "--format", "json").out
    found = results(report)["case", "small"]
    assert (found["evidence"], found["to_depth"], found["within_switches"]) == ("switches", None, 1)
    path.with_suffix(".json").write_text(report)
    said = shell("check", path, "--context-switches", 1, "--baseline", path.with_suffix(".json"))
    assert (said.code, "1 unchanged" in " ".join(said.out.split())) == (0, True), "wherever the line breaks"


def test_a_lost_update_takes_two_context_switches(shell: Shell) -> None:
    path = shell.scenario(expecting("violated", "no_lost_update"))
    assert shell("check", path, "--context-switches", 0).code == 3
    assert shell("check", path, "--context-switches", 1).code == 3
    said = shell("check", path, "--context-switches", 2)
    assert said.code == 0


def test_context_switches_are_counted_step_by_step_only(shell: Shell) -> None:
    path = shell.scenario(expecting("violated", "no_lost_update"))
    said = shell("check", path, "--context-switches", 2, "--engine", "bmc")
    assert (said.code, "cannot count context switches" in said.err) == (2, True)


def test_a_model_error_exits_with_two_and_shows_its_trace(shell: Shell) -> None:
    text = '[agents]\ncpu0 = ["set x", "add x"]\n[expect]\nno_lost_update = "violated"\n'
    said = shell("check", shell.scenario(text))
    assert said.code == 2
    assert "model error" in said.out


def test_a_world_that_is_too_small_exits_with_two(shell: Shell) -> None:
    said = shell(
        "check", shell.scenario('[agents]\ncpu0 = ["clear any"]\n[expect]\nsmall = "holds"\n'), "--format", "json"
    )
    assert said.code == 2
    assert results(said.out)["case", "small"]["reason"].startswith("world too small: no Word left")


def test_a_problem_in_the_level_of_an_expected_violation_is_told(shell: Shell) -> None:
    agents = '[agents]\ncpu0 = ["set x"]\ncpu1 = ["clear any"]\n'
    path = shell.scenario(agents + '[expect]\nsmall = "violated"\n')
    said = shell("check", path, "--no-traces")
    assert said.code == 2
    assert "ok   small  violated" in said.out
    assert "case: world too small: no Word left" in said.out
    assert "1 as expected, world too small in 1 scenario" in said.out


def test_a_deadlock_is_found_though_nobody_asked(shell: Shell) -> None:
    said = shell("check", shell.scenario('[agents]\ncpu0 = ["take"]\ncpu1 = ["take"]\n[expect]\nsmall = "holds"\n'))
    assert said.code == 1
    assert "no_deadlock is violated" in said.out


def test_a_program_that_never_finishes_makes_holds_vacuous(shell: Shell) -> None:
    text = '[agents]\ncpu0 = ["take", "take"]\n[expect]\nsmall = "vacuous"\nno_deadlock = "violated"\n'
    said = shell("check", shell.scenario(text))
    assert said.code == 0
    assert "vacuous" in said.out


def test_engines_agree(shell: Shell) -> None:
    found = []
    for engine in ("interpreter", "explicit"):
        said = shell("check", COUNTER, "--engine", engine, "--format", "json", "--jobs", 1)
        each = results(said.out)
        for result in each.values():
            del result["seconds"], result["engine"]
        found.append(each)
    assert found[0] == found[1]


def test_jobs_change_neither_order_nor_results(shell: Shell) -> None:
    reports = []
    for jobs in (1, 2):
        report = json.loads(shell("check", COUNTER, "--format", "json", "--jobs", jobs).out)
        del report["seconds"]
        for result in report["results"]:
            del result["seconds"]
        reports.append(report)
    assert reports[0] == reports[1]


def test_reductions_keep_verdicts(shell: Shell) -> None:
    one = results(shell("check", COUNTER, "--format", "json").out)
    other = results(shell("check", COUNTER, "--format", "json", "--unreduced").out)
    assert {key: each["verdict"] for key, each in one.items()} == {key: each["verdict"] for key, each in other.items()}


def test_split_says_that_verdicts_stay(shell: Shell) -> None:
    found = results(shell("check", COUNTER, "--split", "--format", "json").out)
    assert {each["split_verdict"] for each in found.values()} == {"violated", "holds"}
    assert all(each["split_verdict"] == each["verdict"] for each in found.values())


def test_split_names_the_reason_of_the_step_that_was_taken_apart(shell: Shell, tmp_path: Path) -> None:
    together = MODEL.read_text()
    for old, new in (
        ('    yield "read"\n', '    yield "read"\n    atomic("one at a time")\n'),
        ('    yield "write"\n    k.word[word] = seen + 1', "    k.lock = False\n    k.word[word] = seen + 1"),
        ("    at_end,\n", "    at_end,\n    atomic,\n"),
    ):
        assert old in together
        together = together.replace(old, new)
    (tmp_path / "together.py").write_text(together)
    path = shell.scenario(ADDERS + '[expect]\nno_lost_update = "holds"\n')
    path.write_text(path.read_text().replace(str(MODEL), "together.py"))
    row = results(shell("check", path, "--split", "--format", "json").out)["case", "no_lost_update"]
    assert row["reason"] == (
        "holds as written, violated with atomic steps cut: others act inside what is atomic because 'one at a time'"
    )


def test_property_restricts_what_is_checked(shell: Shell) -> None:
    found = results(shell("check", COUNTER, "--property", "small", "--format", "json").out)
    assert {prop for _, prop in found} <= {"small", "no_deadlock"}
    said = shell("check", COUNTER, "--property", "smal")
    assert (said.code, "did you mean 'small'?" in said.err) == (2, True)


def test_a_property_that_the_scenario_does_not_list_is_expected_to_hold(shell: Shell) -> None:
    said = shell("check", shell.scenario(expecting("violated")), "--property", "two_is_seen", "--format", "json")
    assert said.code == 0
    assert results(said.out)["case", "two_is_seen"]["verdict"] == "holds"


def test_a_report_in_a_file_leaves_the_text_on_standard_output(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "report.xml"
    said = shell("check", COUNTER, "--format", "junit", "--output", target)
    assert "all as expected" in said.out
    root = ElementTree.fromstring(target.read_text())
    assert root.get("failures") == "0"
    said = shell("check", COUNTER, "--output", tmp_path / "report.txt")
    assert said.out == ""
    assert "all as expected" in (tmp_path / "report.txt").read_text()


def test_the_setup_makes_the_initial_state(shell: Shell) -> None:
    setup = 'setup = ["cpu0: add x", "cpu1: add x"]\n'
    path = shell.scenario('[agents]\ncpu0 = []\n[expect]\ntwo_is_seen = { verdict = "holds" }\n')
    path.write_text(setup + path.read_text())
    found = results(shell("check", path, "--format", "json").out)
    assert found["case", "two_is_seen"]["trace"]["steps"] == []


def test_folders_stand_for_the_scenarios_below_them(shell: Shell, tmp_path: Path) -> None:
    shell.scenario(expecting("violated"), "b")
    shell.scenario(expecting("violated"), "a")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "c.toml").write_text("not TOML")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    names = [each for each, _ in results(shell("check", tmp_path, "--format", "json").out)]
    assert list(dict.fromkeys(names)) == ["a", "b"]


def test_one_bad_scenario_does_not_hide_the_others(shell: Shell, tmp_path: Path) -> None:
    shell.scenario(expecting("violated"), "good")
    shell.scenario('[agents]\ncpu0 = ["ad x"]\n[expect]\nsmall = "holds"\n', "bad")
    said = shell("check", tmp_path)
    assert said.code == 2
    assert "no operation reads 'ad x'" in said.err
    assert "good" in said.out


def test_presets_and_alternatives_are_resolved(shell: Shell) -> None:
    design = '[design]\npreset = "v1"\nwithout = ["add_is_locked"]\nset = { order = "first" }\n'
    path = shell.scenario(design + expecting("violated"))
    said = shell("show", path, "--mechanisms")
    assert "v1, without add_is_locked, order = first" in said.out
    assert "order = first: where additions go" in said.out


def test_an_interrupt_before_any_verdict_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check_all", lambda *_: Run((), 1.0, interrupted=True, missed=("counter/unlocked",)))
    said = shell("check", f"{COUNTER}/unlocked")
    assert (said.code, "interrupted before 1 scenario" in said.out) == (130, True)


def test_a_search_with_reductions_says_what_each_has_saved(shell: Shell) -> None:
    path = shell.scenario(expecting("violated"))
    args = ("check", path, "--engine", "reduced")
    (found,) = results(shell(*args, "--format", "json").out).values()
    assert found["saved"].keys() == {"merge", "partial-order", "symmetry"}
    (found,) = results(shell(*args, "--no-reduce", "symmetry", "--format", "json").out).values()
    assert found["saved"].keys() == {"merge", "partial-order"}
    (found,) = results(shell("check", path, "--format", "json").out).values()
    assert found["saved"] is None
    assert "successors exchanged (symmetry" in shell(*args).out.replace("\n    ", " ")


def test_a_search_that_reduces_nothing_says_so(shell: Shell) -> None:
    path = shell.scenario(expecting("violated"))
    args = ("check", path, "--no-cache", "--engine", "reduced")
    assert "switches one off" in shell(*args).out.replace("\n    ", " ")
    assert "switches one off" not in shell(*args, "--unreduced").out.replace("\n    ", " ")
    assert "with --max-depth nothing is reduced" in shell(*args, "--max-depth", 9).out


@pytest.mark.parametrize("engine", ["explicit", "interpreter"])
def test_a_stuck_state_that_was_met_before_a_limit_is_told(shell: Shell, engine: str) -> None:
    path = shell.scenario('[agents]\ncpu0 = ["take", "add x"]\ncpu1 = ["take"]\n[expect]\nsmall = "holds"\n')
    said = shell("check", path, "--engine", engine, "--no-cache", "--max-depth", 4)
    assert said.code == 1
    assert re.search(r"NOT  no_deadlock +violated", said.out)
    assert "the trace is not known to be the shortest" in said.out


def test_a_limit_beyond_what_there_can_be_is_none(shell: Shell) -> None:
    path = shell.scenario(ADDERS + '[expect]\nno_lost_update = "violated"\n')
    huge = ("--max-states", 2**64, "--max-depth", 2**64, "--max-memory", "9" * 400, "--max-seconds", "1e300")
    assert shell("check", path, "--no-cache", *huge).code == 0
    assert shell("check", path, "--no-cache", "--engine", "reduced", "--max-states", 2**64).code == 0
    assert shell("check", path, "--no-cache", "--engine", "bmc", "--max-seconds", "1e300").code == 0
