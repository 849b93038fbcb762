"""Proofs by induction: of what holds and of nothing else, with invariants that bear the proof."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from random_systems import random_system
from reference_search import search
from toy_systems import START, array, equal, op, points, step

from shootdown.checker import one_by_one
from shootdown.checker.analysis.merging import Merged, merge_steps
from shootdown.checker.analysis.select import select_properties
from shootdown.checker.explicit.reached import reached_states
from shootdown.checker.options import Limits
from shootdown.checker.result import Counts, Exploration, Proof, Reached
from shootdown.checker.searching import search as checked_search
from shootdown.checker.symbolic.consecution import Consecution
from shootdown.checker.symbolic.induction import InductionEngine, check_proof, forbidden_of
from shootdown.checker.symbolic.lemmas import Lemma
from shootdown.checker.symbolic.relation import Relation
from shootdown.checker.symbolic.teacher import Teacher
from shootdown.checker.verdict import Evidence, Verdict
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import Const, Load, Operator
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.stmt import Assign, Cell, Wait
from shootdown.model.ir.system import Agent, Process, Property, PropertyKind, System

PROVABLE = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)


def _singles(seeds: range) -> list[System]:
    return [
        select_properties(system, (prop.name,))
        for system in (random_system(Random(seed), problems=False) for seed in seeds)
        for prop in system.properties
        if prop.kind in PROVABLE
    ]


def test_it_proves_what_holds_and_nothing_else() -> None:
    proved = 0
    for system in _singles(range(300, 312)):
        (prop,) = system.properties
        found = InductionEngine(reached_states).explore(system, Limits())
        violated = prop.name in search(system).decided
        assert (prop.name in found.findings) == violated
        assert (prop.name in found.proofs) == (not violated), found.undecidable
        proved += not violated
    assert proved > 5


def test_the_reachable_states_are_those_of_the_evaluator() -> None:
    for seed in range(320, 330):
        system = replace(random_system(Random(seed), problems=False), properties=())
        _, reached = reached_states(system, Limits())
        assert reached is not None
        evaluator = Evaluator(system)
        states = [evaluator.layout.initial]
        known = set(states)
        for state in states:
            new = {item.target for item in evaluator.transitions(state) if item.target is not None} - known
            known |= new
            states += new
        assert set(zip(*reached.columns, strict=True)) == known
        assert reached.count == len(known)


def test_what_is_no_proof_is_refused() -> None:
    refused = 0
    for system in _singles(range(340, 352)):
        (prop,) = system.properties
        relation = Relation(system)
        _, reached = reached_states(system, Limits())
        if reached is None:
            continue
        assert reached is not None
        nothing = Consecution(relation, forbidden_of(relation, prop))
        if nothing.escape() is None:
            continue
        with pytest.raises(InternalError, match="not inductive"):
            check_proof(system, prop, [])
        refused += 1
    assert refused > 3


def test_an_invariant_that_is_false_at_first_is_refused() -> None:
    (system, *_) = _singles(range(300, 312))
    initial = Evaluator(system).layout.initial
    with pytest.raises(InternalError, match="initial state"):
        check_proof(system, system.properties[0], [Lemma(((0, frozenset({initial[0]})),))])


def test_lemmas_exclude_the_state_that_they_are_made_for_and_no_reachable_one() -> None:
    for seed in range(360, 366):
        system = replace(random_system(Random(seed), problems=False), properties=())
        _, reached = reached_states(system, Limits())
        assert reached is not None
        layout = Evaluator(system).layout
        teacher = Teacher(reached, layout.bounds, layout.points)
        states = list(zip(*reached.columns, strict=True))
        random = Random(seed)
        for _ in range(20):
            state = tuple(random.randint(lo, hi) for lo, hi in layout.bounds)
            lemmas = teacher.lemmas(state, frozenset())
            assert bool(lemmas) == (state not in states)
            for lemma in (*lemmas, *teacher.ranges(), *teacher.at_points()):
                inside = [all(each[at] in values for at, values in lemma.cube) for each in states]
                assert not any(inside)
            for lemma in lemmas:
                assert all(state[at] in values for at, values in lemma.cube)


@pytest.mark.parametrize("without", [(), ("merge",)])
def test_a_check_says_proved_and_lifts_what_is_violated(without: tuple[str, ...]) -> None:
    for seed in range(380, 384):
        system = random_system(Random(seed), problems=False)
        searched = checked_search(system, {}, Limits(), "induction", without)
        reference = checked_search(system, {}, Limits(), "interpreter")
        for outcome, expected in zip(searched.judgement.outcomes, reference.judgement.outcomes, strict=False):
            if outcome.prop.kind not in PROVABLE:
                continue
            if expected.verdict is Verdict.VIOLATED:
                assert (outcome.verdict, outcome.path) == (Verdict.VIOLATED, expected.path)
            else:
                assert (outcome.verdict, outcome.evidence) == (Verdict.PROVED, Evidence.INDUCTION)
                assert outcome.proof is not None
                assert outcome.as_expected


def test_steps_are_merged_unless_that_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    merged: list[System] = []

    def noted(system: System) -> Merged:
        merged.append(system)
        return merge_steps(system)

    monkeypatch.setattr(one_by_one, "merge_steps", noted)
    system = random_system(Random(380), problems=False)
    checked_search(system, {}, Limits(), "induction", ("merge",))
    assert not merged
    checked_search(system, {}, Limits(), "induction")
    assert merged


def _no_teacher(system: System, limits: Limits) -> tuple[Exploration, Reached | None]:
    return Exploration(Counts(1, 0, 0), False, "max_states", {}, None, 0.0, "none"), None


def _rising(threshold: int) -> System:
    """x goes round 0, 1, 2; where it never is, it goes from 3 over 4 to 7."""
    x = Load("x")
    low = step(0, "low", Wait(op(Operator.LT, x, Const(2))), Assign(Cell("x"), op(Operator.ADD, x, Const(1))), to=0)
    back = step(0, "back", Wait(equal(x, 2)), Assign(Cell("x"), Const(0)), to=0)
    four = step(0, "four", Wait(equal(x, 3)), Assign(Cell("x"), Const(4)), to=0)
    seven = step(0, "seven", Wait(equal(x, 4)), Assign(Cell("x"), Const(7)), to=0)
    process = Process("p", 0, (), 0, points(START), (low, back, four, seven))
    prop = Property("below", PropertyKind.ALWAYS, op(Operator.LT, x, Const(threshold)))
    return System("rising", (array("x", 7),), (process,), (Agent("a", "p"),), properties=(prop,))


def test_without_reachable_states_it_goes_back_as_many_steps_as_it_takes() -> None:
    for threshold, k in ((7, 3), (4, 2), (3, 1)):
        found = InductionEngine(_no_teacher).explore(_rising(threshold), Limits())
        assert found.proofs == {"below": Proof(k, ())}
    found = InductionEngine(_no_teacher).explore(_rising(2), Limits())
    assert not found.proofs


def test_without_reachable_states_it_proves_nothing_that_is_violated() -> None:
    proved = 0
    for system in _singles(range(400, 412)):
        (prop,) = system.properties
        found = InductionEngine(_no_teacher).explore(system, Limits())
        proved += len(found.proofs)
        assert not (found.proofs and prop.name in search(system).decided)
        assert bool(found.proofs) != bool(found.undecidable)
    assert proved > 1
