"""The summary for people."""

from __future__ import annotations

from dataclasses import replace

from reports import checked, renamed, run_of

from shootdown.checker.options import Limits
from shootdown.checker.record import Checked, Run
from shootdown.checker.report.columns import plain
from shootdown.checker.report.text import text_report
from shootdown.checker.verdict import Verdict

EXPECTED = {"no_lost_update": Verdict.VIOLATED}


def text(run: Run, traces: bool | None = False, *, width: int = 100, verbose: bool = False) -> list[str]:
    return plain(text_report(run, width=width, traces=traces, verbose=verbose)).splitlines()


def test_a_single_scenario_has_a_line_for_each_verdict_below_its_name() -> None:
    assert text(run_of(checked("lost_update", EXPECTED))) == [
        "lost_update  12 states, depth 4, 0.25 s",
        "ok  bounded         holds     exhaustive",
        "ok  no_lost_update  violated  trace",
        "ok  no_deadlock     holds     exhaustive",
        "",
        "3 verdicts on 1 scenario, all as expected, 0.5 s; memory is sequentially consistent",
    ]


def test_of_several_scenarios_what_is_as_expected_has_one_line_each() -> None:
    good = checked("lost_update", EXPECTED)
    run = run_of(good, renamed(good, "other"))
    assert text(run) == [
        "    scenario     states  seconds  verdicts",
        "ok  lost_update      12     0.25  holds: bounded, no_deadlock; violated: no_lost_update",
        "ok  other            12     0.25  holds: bounded, no_deadlock; violated: no_lost_update",
        "",
        "6 verdicts on 2 scenarios, all as expected, 0.5 s; memory is sequentially consistent",
    ]
    assert text(run, width=72)[1] == "ok  lost_update      12     0.25  violated: no_lost_update; 2 hold"
    assert text(run, width=54)[:3] == [
        "    scenario     verdicts",
        "ok  lost_update  violated: no_lost_update; 2 hold",
        "ok  other        violated: no_lost_update; 2 hold",
    ]
    assert text(run, width=44)[1:3] == ["ok lost_update violated: no_lost_update; 2", "    hold"]
    assert text(run, verbose=True)[:2] == text(run_of(good))[:2]


def test_of_several_scenarios_what_is_not_as_expected_stands_last_and_in_full() -> None:
    lines = text(run_of(checked("lost_update"), renamed(checked("lost_update", EXPECTED), "good")))
    assert [line.split()[:2] for line in lines[:7]] == [
        ["scenario", "states"],
        ["ok", "good"],
        [],
        ["lost_update", "12"],
        ["ok", "bounded"],
        ["NOT", "no_lost_update"],
        ["ok", "no_deadlock"],
    ]


def test_what_is_not_as_expected_is_marked_and_told() -> None:
    lines = text(run_of(checked("lost_update")))
    assert lines[2].startswith("NOT  no_lost_update  violated")
    assert "lost_update: no_lost_update: expected holds" in lines
    assert lines[-1].startswith("3 verdicts on 1 scenario, 2 as expected, 1 not, ")


def test_nothing_is_wider_than_the_terminal() -> None:
    run = replace(run_of(replace(checked("lost_update"), notices=("no compiler was found: " * 4,))), missed=("b",))
    assert max(map(len, text(run, None, width=60))) <= 60


def test_undecided_is_neither_success_nor_failure() -> None:
    lines = text(run_of(checked("lost_update", EXPECTED, Limits(max_states=2))))
    assert [line.split()[0] for line in lines[1:3]] == ["?", "?"]
    assert "lost_update: stopped: max_states after 3 states, to depth 1" in lines
    assert "0 as expected, 2 undecided" in lines[-1]


def test_traces_are_of_a_single_scenario_or_of_what_is_unexpected() -> None:
    good = checked("lost_update", EXPECTED)
    shown = "no_lost_update is violated: Both additions count."
    assert shown in text(run_of(good), None)
    assert shown not in text(run_of(good, good), None)
    assert shown in text(run_of(good, checked("lost_update")), None)
    assert text(run_of(good, good), True).count(shown) == 2


def test_a_problem_beside_decided_properties_is_told_and_counted() -> None:
    both = checked("error_beside", {"unwritten": Verdict.VIOLATED}, properties=("unwritten",))
    assert [row.as_expected for row in both.rows] == [True]
    assert text(run_of(both), width=120) == [
        "error_beside  2 states, depth 1, 0.25 s",
        "ok   unwritten  violated     trace",
        "NOT  model      model error  trace",
        "",
        "error_beside: model error: x is not written",
        "",
        "1 verdict on 1 scenario, 1 as expected, model error in 1 scenario, 0.5 s; memory is sequentially consistent",
    ]
    good = checked("lost_update", EXPECTED)
    lines = text(run_of(good, both))
    assert lines[3] == "error_beside  2 states, depth 1, 0.25 s"
    assert "4 verdicts on 2 scenarios, 4 as expected, model error in 1 scenario, 0.5 s" in lines[-1]
    assert run_of(good, both).exit_code == 2


def test_notices_and_skipped_scenarios_are_told_once() -> None:
    told = replace(checked("mutex"), notices=("no compiler",), skipped="too large")
    lines = text(run_of(told, replace(told, scenario="other")))
    assert lines.count("note: no compiler") == 1
    assert "other: skipped: too large" in lines
    assert "2 scenarios skipped" in lines[-1]


def test_scenarios_with_mistakes_and_missed_ones_are_counted() -> None:
    run = replace(run_of(Checked("a", "a.toml", error="x", exit_code=2)), missed=("b",), interrupted=True)
    assert "1 not checked because of mistakes in them, interrupted before 1 scenario" in text(run, width=120)[-1]


def test_a_run_that_decided_nothing_is_undecided() -> None:
    skipped = Checked("a", "a.toml", skipped="too large")
    assert run_of(skipped).exit_code == 3
    assert run_of(skipped, checked("lost_update", EXPECTED)).exit_code == 0
