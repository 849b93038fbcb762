"""Every step's formulas against the evaluator: blocked, failed, successor and assertions, state by state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from random import Random

import pytest
import z3
from random_systems import random_system

from shootdown.checker.symbolic.names import position_names
from shootdown.checker.symbolic.relation import Move, Relation
from shootdown.checker.symbolic.terms import Term
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

Outcome = tuple[State | None, frozenset[str]]
"""Successor (None: a problem) and the step assertions that fail."""


def some_states(system: System, most: int) -> list[State]:
    evaluator = Evaluator(system)
    found = {evaluator.layout.initial: None}
    for state in found.copy():
        pending = [state]
        while pending and len(found) < most:
            for transition in evaluator.transitions(pending.pop()):
                if transition.target is not None and transition.target not in found:
                    found[transition.target] = None
                    pending.append(transition.target)
    return list(found)


class Symbolic:
    """Evaluates a move's formulas in a state, for each combination of choices."""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation

    def outcomes(self, move: Move, state: State) -> set[Outcome]:
        return set(self._outcomes(move, state))

    def _outcomes(self, move: Move, state: State) -> Iterator[Outcome]:
        relation = self.relation
        pairs = [
            (symbol, variable.numeral(value))
            for symbol, variable, value in zip(relation.now, relation.variables, state, strict=True)
        ]
        for values in product(*(range(1 << symbol.size()) for symbol in relation.choices)):
            chosen = [
                (symbol, z3.BitVecVal(value, symbol.size()))
                for symbol, value in zip(relation.choices, values, strict=True)
            ]
            every = [*pairs, *chosen]

            def number(term: Term, every: list[tuple[object, object]] = every) -> int:
                if isinstance(term, int):
                    return term
                found = z3.simplify(z3.substitute(term, *every))
                return found.as_signed_long() if z3.is_bv(found) else int(z3.is_true(found))

            effect = move.effect
            if number(effect.blocked):
                continue
            target = None if number(effect.failed) else tuple(map(number, effect.cells))
            yield target, frozenset(name for name, cond in effect.violated.items() if number(cond))


@pytest.mark.parametrize("seed", range(40))
def test_formulas_say_what_the_evaluator_does(seed: int) -> None:
    system = random_system(Random(seed))
    relation, evaluator = Relation(system), Evaluator(system)
    symbolic = Symbolic(relation)
    if sum(symbol.size() for symbol in relation.choices) > 6:
        pytest.skip("too many choices to try each")
    for state in islice(some_states(system, 12), 12):
        for move in relation.moves:
            if state[relation.layout.points[move.agent]] != move.step.source:
                continue
            expected = {
                (transition.target, frozenset(transition.violated))
                for transition in evaluator.outcomes(state, move.agent, move.index)
            }
            assert symbolic.outcomes(move, state) == expected, f"{move.step.label} in {state}"


def test_names_of_a_state_are_distinct_and_as_many_as_its_entries() -> None:
    for seed in range(20):
        system = random_system(Random(seed))
        names = position_names(system)
        assert len(set(names)) == len(names) == len(Evaluator(system).layout.initial)
