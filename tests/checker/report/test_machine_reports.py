"""JSON and JUnit: what programs read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from reports import checked, renamed, run_of

from shootdown.checker.options import Limits
from shootdown.checker.record import Checked, Run
from shootdown.checker.report.json import json_report
from shootdown.checker.report.junit import junit_report
from shootdown.checker.trace.json import from_json
from shootdown.checker.verdict import Verdict

VIOLATED = Verdict.VIOLATED
MISTAKE = Checked("bad/one", "bad.toml", error="bad.toml: titel: unknown key\x07", exit_code=2)


def parsed(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json_report(run, run.exit_code))
    return found


def result(run: Run, prop: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in parsed(run)["results"] if each["property"] == prop)
    return found


def test_a_result_has_every_documented_key() -> None:
    run = run_of(checked("lost_update", {"no_lost_update": VIOLATED}))
    assert set(result(run, "no_lost_update")) == {
        *("scenario", "file", "title", "source", "property", "kind", "meaning", "expected", "verdict", "reason"),
        *("as_expected", "evidence", "to_depth", "states", "transitions", "depth", "seconds", "engine", "stopped"),
        *("expected_at", "cached", "line", "split_verdict", "prevented_by", "proof", "trace"),
        *("within_switches", "saved"),
    }


def test_what_is_expected_is_a_word_and_where_it_shows_stands_apart() -> None:
    run = run_of(checked("lost_update", {"no_lost_update": VIOLATED}))
    assert (result(run, "no_lost_update")["expected"], result(run, "no_lost_update")["expected_at"]) == ("violated", {})
    row = run.rows[1]
    pinned = replace(row, expected=replace(row.expected, agent="cpu1", depth=4))
    found = result(run_of(replace(run.checked[0], rows=(pinned,))), "no_lost_update")
    assert (found["expected"], found["expected_at"]) == ("violated", {"agent": "cpu1", "depth": 4})


def test_the_trace_of_a_result_is_a_saved_trace() -> None:
    run = run_of(checked("lost_update", {"no_lost_update": VIOLATED}))
    found = result(run, "no_lost_update")
    assert (found["verdict"], found["evidence"], found["as_expected"]) == ("violated", "trace", True)
    assert from_json(found["trace"]) == run.rows[1].trace
    assert (found["states"], found["transitions"], found["depth"]) == (12, 14, 4)
    assert result(run, "bounded")["trace"] is None


def test_limits_give_unknown_or_bounded_verdicts_and_say_so() -> None:
    bounded = result(run_of(checked("lost_update", limits=Limits(max_depth=1))), "bounded")
    assert (bounded["verdict"], bounded["evidence"], bounded["to_depth"]) == ("holds", "bounded", 1)
    assert not bounded["as_expected"]
    unknown = result(run_of(checked("lost_update", limits=Limits(max_states=2))), "bounded")
    assert (unknown["verdict"], unknown["evidence"], unknown["stopped"]) == ("unknown", None, "max_states")


def test_a_world_that_is_too_small_is_a_model_error_with_its_reason() -> None:
    found = result(run_of(checked("out_of_frames")), "truths")
    assert found["verdict"] == "model_error"
    assert found["reason"].startswith("world too small: no Frame left")


def test_a_problem_beside_decided_properties_is_an_error_with_its_kind_and_reason() -> None:
    run = run_of(checked("error_beside", {"unwritten": VIOLATED}, properties=("unwritten",)))
    report = parsed(run)
    assert [each["as_expected"] for each in report["results"]] == [True]
    (error,) = report["errors"]
    assert (error["verdict"], error["reason"]) == ("model_error", "model error: x is not written")
    assert from_json(error["trace"]) == run.checked[0].problem
    assert report["exit_code"] == 2
    found = cases(run)
    assert kinds(found["error_beside", "unwritten"]) == []
    (complaint,) = found["error_beside", "model"]
    assert (complaint.tag, complaint.get("type")) == ("error", "model_error")
    assert complaint.get("message") == "model error: x is not written"


def test_scenarios_with_mistakes_are_errors_and_not_results() -> None:
    report = parsed(run_of(MISTAKE))
    assert report["results"] == []
    assert report["errors"][0]["scenario"] == "bad/one"
    assert (report["errors"][0]["verdict"], report["errors"][0]["reason"]) == (None, "")
    assert report["exit_code"] == 2


def cases(run: Run) -> dict[tuple[str, str], ElementTree.Element]:
    root = ElementTree.fromstring(junit_report(run))
    return {(str(case.get("classname")), str(case.get("name"))): case for case in root.iter("testcase")}


def kinds(case: ElementTree.Element) -> list[str]:
    return [child.tag for child in case]


def test_failures_are_unexpected_verdicts_and_errors_are_model_errors_and_limits() -> None:
    run = run_of(
        checked("lost_update"), checked("out_of_bounds"), renamed(checked("mutex", limits=Limits(max_states=2)), "cut")
    )
    found = cases(run)
    assert kinds(found["lost_update", "bounded"]) == []
    assert kinds(found["lost_update", "no_lost_update"]) == ["failure"]
    assert kinds(found["out_of_bounds", "small"]) == ["error"]
    assert kinds(found["cut", "exclusion"]) == ["error"]


def test_a_failure_carries_the_diagram() -> None:
    (failure,) = cases(run_of(checked("lost_update")))["lost_update", "no_lost_update"]
    assert failure.get("message") == "violated, expected holds"
    assert "prevented by fix" in str(failure.text)


def test_counters_add_up_and_names_are_unique() -> None:
    run = run_of(checked("lost_update"), checked("out_of_bounds"), renamed(checked("lost_update"), "lost_update/b"))
    root = ElementTree.fromstring(junit_report(run))
    assert int(str(root.get("tests"))) == len(list(root.iter("testcase"))) == len(cases(run))
    assert int(str(root.get("failures"))) == len(list(root.iter("failure")))
    assert int(str(root.get("errors"))) == len(list(root.iter("error")))


def test_control_characters_are_dropped() -> None:
    case = cases(run_of(MISTAKE))["bad.one", "scenario"]
    assert kinds(case) == ["error"]
    assert "\x07" not in junit_report(run_of(MISTAKE))


def test_what_an_interrupt_kept_from_running_is_skipped() -> None:
    run = replace(run_of(checked("mutex")), interrupted=True, missed=("later",))
    assert kinds(cases(run)["later", "all"]) == ["skipped"]
