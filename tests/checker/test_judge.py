"""Verdicts and exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from toy_systems import counter, embrace, lost_update, mutex, out_of_bounds, page_request, use_after_free

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.judge import Judgement, Outcome, judge, worst
from shootdown.checker.options import Limits
from shootdown.checker.verdict import Evidence, Expectation, Verdict
from shootdown.model.ir.system import System

VIOLATED, HOLDS = Expectation(Verdict.VIOLATED), Expectation(Verdict.HOLDS)
NO_LIMITS = Limits()


def judged(whole: System, expectations: Mapping[str, Expectation], limits: Limits = NO_LIMITS) -> Judgement:
    return judge(whole, InterpreterEngine().explore(whole, limits), expectations, limits)


def outcome(judgement: Judgement, name: str) -> Outcome:
    return next(item for item in judgement.outcomes if item.name == name)


def test_expected_verdicts_are_success() -> None:
    judgement = judged(lost_update().system, {"no_lost_update": VIOLATED})
    assert judgement.exit_code == 0
    assert outcome(judgement, "no_lost_update").evidence is Evidence.TRACE
    assert outcome(judgement, "no_lost_update").depth == 4
    assert outcome(judgement, "bounded").evidence is Evidence.EXHAUSTIVE


def test_a_property_without_expectation_should_hold() -> None:
    judgement = judged(lost_update().system, {})
    assert judgement.exit_code == 1
    assert outcome(judgement, "no_lost_update").remark == "expected holds"
    assert not outcome(judgement, "no_lost_update").as_expected


def test_a_violation_that_does_not_show_is_not_as_expected() -> None:
    judgement = judged(lost_update().system, {"no_lost_update": VIOLATED, "bounded": VIOLATED})
    assert (judgement.exit_code, outcome(judgement, "bounded").remark) == (1, "expected violated")


@pytest.mark.parametrize(
    ("expected", "remark"),
    [
        (Expectation(Verdict.VIOLATED, "nic", "dma_read", 2), ""),
        (Expectation(Verdict.VIOLATED, agent="cpu0"), "expected by agent cpu0, not nic"),
        (Expectation(Verdict.VIOLATED, step="free"), "expected at step free, not dma_read"),
        (
            Expectation(Verdict.VIOLATED, "nic", "free", 3),
            "expected at step free, not dma_read; expected at depth 3, not 2",
        ),
    ],
)
def test_agent_step_and_depth_are_those_of_the_last_step(expected: Expectation, remark: str) -> None:
    judgement = judged(use_after_free().system, {"no_use_after_free": expected})
    assert outcome(judgement, "no_use_after_free").remark == remark
    assert judgement.exit_code == (1 if remark else 0)


def test_deadlock_is_judged_although_nobody_listed_it() -> None:
    judgement = judged(embrace().system, {})
    assert judgement.exit_code == 1
    assert outcome(judgement, "no_deadlock").verdict is Verdict.VIOLATED
    assert judged(embrace().system, {"no_deadlock": VIOLATED}).exit_code == 0


def test_a_stuck_state_that_was_met_is_judged_although_not_all_were_seen() -> None:
    whole = embrace().system
    found = replace(InterpreterEngine().explore(whole, NO_LIMITS), exhausted=False, stopped="max_states")
    judgement = judge(whole, found, {}, NO_LIMITS)
    assert (outcome(judgement, "no_deadlock").verdict, judgement.exit_code) == (Verdict.VIOLATED, 1)


def test_deadlock_is_left_out_of_a_search_that_ended_early() -> None:
    whole = counter().system
    alone = replace(whole, properties=whole.properties[1:])
    assert [item.name for item in judged(alone, {"not_two": VIOLATED}).outcomes] == ["not_two"]
    asked = judged(alone, {"not_two": VIOLATED, "no_deadlock": HOLDS})
    assert outcome(asked, "no_deadlock").verdict is Verdict.UNKNOWN
    assert asked.exit_code == 3


def test_a_witness_decides_sometimes() -> None:
    judgement = judged(mutex().system, {"both_enter": VIOLATED})
    assert judgement.exit_code == 0
    assert outcome(judgement, "one_enters").evidence is Evidence.TRACE
    missing = outcome(judgement, "both_enter")
    assert (missing.verdict, missing.evidence, missing.path) == (Verdict.VIOLATED, Evidence.EXHAUSTIVE, None)


def test_a_verdict_without_a_trace_cannot_have_the_expected_step() -> None:
    judgement = judged(mutex().system, {"both_enter": Expectation(Verdict.VIOLATED, agent="cpu0")})
    assert outcome(judgement, "both_enter").remark == "expected by agent cpu0, but there is no step"
    assert judgement.exit_code == 1


def test_a_model_error_never_satisfies_an_expected_violation() -> None:
    judgement = judged(out_of_bounds().system, {"not_one": VIOLATED, "small": VIOLATED})
    assert outcome(judgement, "small").verdict is Verdict.MODEL_ERROR
    assert outcome(judgement, "small").remark.startswith("x is 3, from 0 to 2")
    assert outcome(judgement, "not_one").as_expected
    assert judgement.exit_code == 2


def test_a_problem_counts_although_everything_was_decided() -> None:
    whole = out_of_bounds().system
    late = replace(whole, properties=(whole.properties[1],))
    limits = Limits()
    found = InterpreterEngine().explore(whole, limits)
    judgement = judge(
        late, replace(found, findings={"not_one": found.findings["not_one"]}), {"not_one": VIOLATED}, limits
    )
    assert [item.exit_code for item in judgement.outcomes] == [0]
    assert judgement.exit_code == 2
    assert judged(replace(whole, properties=()), {}).exit_code == 2


def test_an_expected_problem_is_success() -> None:
    expected = {"not_one": VIOLATED, "small": Expectation(Verdict.MODEL_ERROR)}
    assert judged(out_of_bounds().system, expected).exit_code == 0


def test_max_depth_bounds_what_holds() -> None:
    judgement = judged(lost_update().system, {}, Limits(max_depth=3))
    bounded, at_end = (outcome(judgement, name) for name in ("bounded", "no_lost_update"))
    assert (bounded.verdict, bounded.evidence, bounded.depth) == (Verdict.HOLDS, Evidence.BOUNDED, 3)
    assert (at_end.verdict, at_end.evidence, at_end.depth) == (Verdict.HOLDS, Evidence.BOUNDED, 2)
    assert judgement.exit_code == 3
    assert judged(lost_update().system, {}, Limits(max_depth=0)).outcomes[1].verdict is Verdict.UNKNOWN


def test_max_depth_leaves_witnesses_and_deadlock_unknown() -> None:
    judgement = judged(page_request().system, {"never_asks": VIOLATED}, Limits(max_depth=1))
    verdicts = {item.name: (item.verdict, item.exit_code) for item in judgement.outcomes}
    assert verdicts == {
        "answered": (Verdict.UNKNOWN, 3),
        "never_asks": (Verdict.VIOLATED, 0),
        "no_deadlock": (Verdict.UNKNOWN, 3),
    }


def test_other_limits_leave_everything_unknown() -> None:
    judgement = judged(lost_update().system, {"no_lost_update": VIOLATED}, Limits(max_states=3, max_depth=9))
    assert [item.verdict for item in judgement.outcomes] == [Verdict.UNKNOWN] * 2
    assert judgement.outcomes[0].remark == "stopped by max_states"
    assert judgement.exit_code == 3
    assert judged(replace(lost_update().system, properties=()), {}, Limits(max_states=3)).exit_code == 3


def test_unknown_is_never_as_expected() -> None:
    judgement = judged(lost_update().system, {"bounded": Expectation(Verdict.UNKNOWN)}, Limits(max_states=3))
    assert not judgement.outcomes[0].as_expected


def test_bad_input_beats_unexpected_beats_undecided() -> None:
    assert worst([]) == 0
    assert worst([0, 3]) == 3
    assert worst([3, 1, 0]) == 1
    assert worst([3, 1, 2]) == 2
