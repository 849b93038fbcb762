"""From paths to traces."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from random_systems import random_system
from toy_systems import (
    DONE,
    INSIDE,
    START,
    TOYS,
    array,
    embrace,
    lost_update,
    mutex,
    out_of_bounds,
    pairs,
    points,
    step,
    system,
    use_after_free,
)

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.judge import Outcome, judge
from shootdown.checker.options import Limits
from shootdown.checker.result import Path
from shootdown.checker.trace.build import build_trace
from shootdown.checker.trace.state_text import Describer
from shootdown.checker.trace.trace import Named, Trace
from shootdown.checker.verdict import Verdict
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import TRUE, Const, Load
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.source import Span
from shootdown.model.ir.stmt import Assign, Cell, Note
from shootdown.model.ir.system import Agent, Call, Mechanism, Process, Property, PropertyKind, System


def outcomes(whole: System) -> dict[str, Outcome]:
    found = InterpreterEngine().explore(whole, Limits(max_states=300))
    return {outcome.name: outcome for outcome in judge(whole, found, {}, Limits()).outcomes}


def trace(whole: System, name: str) -> Trace:
    outcome = outcomes(whole)[name]
    assert outcome.path is not None
    return build_trace(whole, outcome.prop, outcome.verdict, outcome.path)


def walk(whole: System, length: int) -> Path:
    """A run that always takes the first transition."""
    evaluator = Evaluator(whole)
    state, taken = evaluator.layout.initial, []
    for _ in range(length):
        transition = next(evaluator.transitions(state))
        assert transition.target is not None
        taken.append(transition)
        state = transition.target
    return Path(evaluator.layout.initial, tuple(taken))


def test_a_trace_says_what_happened() -> None:
    found = trace(lost_update().system, "no_lost_update")
    assert (found.scenario, found.verdict, found.depth) == ("lost_update", Verdict.VIOLATED, 4)
    assert (found.prop.name, found.prop.meaning) == ("no_lost_update", "Both additions count.")
    assert [(found.agents[item.agent].name, item.label, item.starts) for item in found.steps] == [
        ("cpu0", "read", "add"),
        ("cpu1", "read", "add"),
        ("cpu1", "write", None),
        ("cpu0", "write", None),
    ]
    changes = [[(change.old, change.cell.text, change.cell.shown) for change in item.changes] for item in found.steps]
    assert changes == [[], [], [("0", "1", "x = 1")], []]
    assert [(blame.text, blame.reads[0].text) for blame in found.blame] == [("(x == 2)", "1")]
    assert found.stuck is None
    assert found.problem is None


def test_states_follow_from_the_changes() -> None:
    for name in TOYS:
        whole = TOYS[name]().system
        for outcome in outcomes(whole).values():
            if outcome.path is not None:
                found = build_trace(whole, outcome.prop, outcome.verdict, outcome.path)
                for number, state in enumerate(outcome.path.states):
                    assert found.state(number) == Describer(whole).state(state)


def test_choices_notes_and_design_are_told() -> None:
    (only,) = trace(pairs().system, "y_not_two").steps
    assert only.choices == (Named("low", "zero"), Named("high", "two"))
    assert only.chosen == (0, 2)
    last = trace(use_after_free().system, "no_use_after_free").steps[-1]
    assert (last.notes, last.violated) == (("page is read",), ("no_use_after_free",))
    mechanisms = (Mechanism("notify", ("off", "on"), 0), Mechanism("reuse", ("mapcount", "exclusive"), 1))
    designed = trace(replace(pairs().system, mechanisms=mechanisms), "y_not_two").design
    assert designed == (Named("notify", "off"), Named("reuse", "exclusive"))


def test_a_failed_assertion_is_explained_where_it_failed() -> None:
    (blame,) = trace(use_after_free().system, "no_use_after_free").blame
    assert (blame.text, blame.value) == ("(freed == 0)", False)
    assert [(cell.name, cell.text) for cell in blame.reads] == [("freed", "1")]


def test_a_witness_blames_nobody() -> None:
    found = trace(mutex().system, "one_enters")
    assert (found.verdict, found.depth, found.blame) == (Verdict.HOLDS, 1, ())


def test_a_stuck_state_says_who_waits() -> None:
    found = trace(embrace().system, "no_deadlock")
    assert found.stuck is not None
    assert found.stuck.cycle == ("cpu0", "cpu1")


def test_a_problem_says_what_went_wrong() -> None:
    found = trace(out_of_bounds().system, "small")
    assert found.verdict is Verdict.MODEL_ERROR
    assert found.problem is not None
    assert found.problem.message == "x is 3, from 0 to 2"
    assert (found.blame, found.steps[-1].changes) == ((), ())


def calling(*rows: tuple[str, tuple[Call, ...]]) -> list[list[int]]:
    """Numbers of the call frames of an agent's steps, given as labels with calls."""
    steps = tuple(
        replace(step(number, label, Note((label,)), to=number + 1), calls=calls, starts="f" if number == 0 else None)
        for number, (label, calls) in enumerate(rows)
    )
    flags = points(START, *[INSIDE] * (len(rows) - 1), DONE)
    whole = system("calls", (array("x", 1),), (Process("p", 0, (), 0, flags, steps),), (Agent("cpu0", "p"),))
    seen = Property("seen", PropertyKind.SOMETIMES, TRUE)
    return [
        [frame.number for frame in item.calls]
        for item in build_trace(whole, seen, Verdict.HOLDS, walk(whole, len(rows))).steps
    ]


HERE, THERE = Span("model.py", 5, 1, 5, 9), Span("model.py", 7, 1, 7, 9)
F, G, G_AGAIN = Call("f"), Call("g", HERE), Call("g", THERE)


def test_steps_of_one_call_share_its_number() -> None:
    assert calling(("f", (F,)), ("g", (F, G)), ("set_pte", (F, G)), ("after g", (F,))) == [[0], [0, 1], [0, 1], [0]]


def test_calls_from_different_places_differ() -> None:
    assert calling(("f", (F,)), ("g", (F, G)), ("g", (F, G_AGAIN))) == [[0], [0, 1], [0, 2]]
    assert calling(("f", (F,)), ("g", (F, G)), ("g", (F, replace(G, instance=1)))) == [[0], [0, 1], [0, 2]]


def test_a_call_entered_anew_in_a_loop_differs() -> None:
    assert calling(("f", (F,)), ("g", (F, G)), ("flush", (F, G)), ("g", (F, G))) == [[0], [0, 1], [0, 1], [0, 2]]


def test_an_operation_started_anew_differs() -> None:
    tick = replace(step(0, "f", Assign(Cell("x"), Const(1)), to=0, starts="f"), calls=(F,))
    whole = system("calls", (array("x", 1),), (Process("p", 0, (), 0, points(DONE), (tick,)),), (Agent("cpu0", "p"),))
    seen = Property("seen", PropertyKind.SOMETIMES, Load("x"))
    found = build_trace(whole, seen, Verdict.HOLDS, walk(whole, 2))
    assert [item.calls[0].number for item in found.steps] == [0, 1]


def test_a_path_that_does_not_replay_is_a_defect() -> None:
    whole = lost_update().system
    outcome = outcomes(whole)["no_lost_update"]
    assert outcome.path is not None
    path, transitions = outcome.path, outcome.path.transitions
    last = replace(transitions[-1], target=path.initial)
    wrong = {
        "leads elsewhere": Path(path.initial, (*transitions[:-1], last)),
        "not enabled": Path(path.initial, (transitions[0], *transitions[2:])),
        "initial state": Path(path.states[1], transitions[1:]),
        "does not show": Path(path.initial, transitions[:-1]),
    }
    for message, bad in wrong.items():
        with pytest.raises(InternalError, match=message):
            build_trace(whole, outcome.prop, outcome.verdict, bad)


def test_every_kind_of_finding_is_confirmed() -> None:
    for whole, name in ((embrace().system, "no_deadlock"), (use_after_free().system, "no_use_after_free")):
        outcome = outcomes(whole)[name]
        with pytest.raises(InternalError, match="does not show"):
            build_trace(whole, outcome.prop, outcome.verdict, walk(whole, 1))


def test_traces_of_random_systems_can_be_told() -> None:
    told = 0
    for seed in range(80):
        whole = replace(random_system(Random(seed)), variables=())
        for outcome in outcomes(whole).values():
            if outcome.path is not None:
                found = build_trace(whole, outcome.prop, outcome.verdict, outcome.path)
                assert found.depth == len(outcome.path.transitions)
                state_kind = outcome.prop.kind in (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)
                assert bool(found.blame) == (outcome.verdict is Verdict.VIOLATED and state_kind)
                told += 1
    assert told > 40
