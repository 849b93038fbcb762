"""The SMT-LIB text, read back by a parser: it has the initial state and the transitions of the evaluator, no others."""

from __future__ import annotations

from random import Random

import pytest
import z3
from random_systems import random_system

from shootdown.checker.symbolic.relation import Relation
from shootdown.checker.symbolic.smt2 import smt2
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind, System


def _is(relation: Relation, state: State, mark: str = "") -> str:
    parts = [
        f"(= {variable.symbol(mark).sexpr()} {variable.numeral(value).sexpr()})"
        for variable, value in zip(relation.variables, state, strict=True)
        if not variable.constant
    ]
    return f"(and true {' '.join(parts)})"


def _holds(text: str, *assertions: str) -> bool:
    solver = z3.Solver()
    solver.from_string(text + "".join(f"(assert {each})\n" for each in assertions))
    return bool(solver.check() == z3.sat)


def _states(system: System, most: int) -> list[State]:
    evaluator = Evaluator(system)
    states = [evaluator.layout.initial]
    for state in states:
        for transition in evaluator.transitions(state):
            if transition.target is not None and transition.target not in states and len(states) < most:
                states.append(transition.target)
    return states


@pytest.mark.parametrize("seed", range(8))
def test_the_text_has_the_transitions_of_the_evaluator(seed: int) -> None:
    system = random_system(Random(seed))
    relation, evaluator, text = Relation(system), Evaluator(system), smt2(system)
    states = _states(system, 5)
    assert _holds(text, "init", "within", _is(relation, evaluator.layout.initial))
    assert not _holds(text, "init", f"(not {_is(relation, evaluator.layout.initial)})")
    for state in states[:2]:
        found = list(evaluator.transitions(state))
        targets = {transition.target for transition in found if transition.target is not None}
        for target in {*states, *targets}:
            steps = _holds(text, "trans", _is(relation, state), _is(relation, target, "'"))
            assert steps == (target in targets), f"{state} -> {target}"
        problem = any(transition.problem is not None for transition in found)
        assert _holds(text, "problem", _is(relation, state)) == problem


def test_a_property_is_violated_in_the_text_where_the_evaluator_says_so() -> None:
    seen = 0
    for seed in range(20, 32):
        system = random_system(Random(seed))
        relation, evaluator, text = Relation(system), Evaluator(system), smt2(system)
        for prop in system.properties:
            if prop.kind is PropertyKind.ALWAYS:
                for state in _states(system, 3):
                    seen += 1
                    violated = _holds(text, f"|violates {prop.name}|", _is(relation, state))
                    assert violated == (not evaluator.holds(prop, state))
    assert seen > 10


def test_steps_are_named_after_their_agents_and_labels() -> None:
    system = random_system(Random(3))
    text = smt2(system)
    for agent in system.agents:
        for step in system.process(agent).steps:
            assert f"{agent.name}: {step.label}".replace("\\", "/") in text
