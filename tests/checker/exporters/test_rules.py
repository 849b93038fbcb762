"""Rules say what steps do: for random systems, in reachable states, they enable and lead to what the evaluator says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random

import pytest
from random_systems import random_system

from shootdown.checker.exporters.rules import Rule, instances, prepared, rules, with_values
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.expr import Bound, Const, Expr, Local
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

Values = Mapping[Bound, Const]


def reachable(evaluator: Evaluator) -> Iterator[State]:
    """Reachable states, breadth first."""
    pending = [evaluator.layout.initial]
    seen = set(pending)
    for state in pending:
        yield state
        for transition in evaluator.transitions(state):
            if transition.target is not None and transition.target not in seen:
                seen.add(transition.target)
                pending.append(transition.target)


class Instances:
    """What the rules of a system say in a state."""

    def __init__(self, system: System) -> None:
        self.evaluator = Evaluator(system)
        self.rules = [(rule, values) for rule in rules(system) for values in instances(rule)]

    def outcomes(self, state: State) -> list[tuple[int, int, State | None, frozenset[str]]]:
        """Agent, source, target and violated assertions of every enabled instance."""
        return sorted(
            (self._outcome(rule, values, state) for rule, values in self.rules if self._enabled(rule, values, state)),
            key=repr,
        )

    def _frame(self, rule: Rule, state: State) -> Frame:
        return Frame(list(state), self.evaluator.layout.points[rule.agent] + 1)

    def _enabled(self, rule: Rule, values: Values, state: State) -> bool:
        here = state[self.evaluator.layout.points[rule.agent]] == rule.step.source
        return here and bool(self.evaluator.value(with_values(rule.guard, values), self._frame(rule, state)))

    def _outcome(self, rule: Rule, values: Values, state: State) -> tuple[int, int, State | None, frozenset[str]]:
        frame = self._frame(rule, state)

        def value(expr: Expr) -> int:
            return self.evaluator.value(with_values(expr, values), frame)

        missed = [demand for demand in rule.demands if value(demand.cond) and not value(demand.truth)]
        violated = frozenset(demand.name for demand in missed if demand.name)
        if any(not demand.name for demand in missed):
            return rule.agent, rule.step.source, None, violated
        after = list(state)
        for store in rule.stores:
            if value(store.cond):
                fixed = tuple(with_values(index, values) for index in store.cell.indices)
                after[self.evaluator.cell(store.cell.array, fixed, frame)] = value(store.value)
        (end,) = [end for end in rule.exits if value(end.cond)]
        after[frame.locals - 1] = end.point
        for slot, held in end.slots.items():
            if isinstance(slot, Local):
                after[frame.locals + slot.slot] = value(held)
        return rule.agent, rule.step.source, tuple(after), violated


def evaluated(evaluator: Evaluator, transitions: Sequence[Transition]) -> list[object]:
    """The same of the evaluator's transitions."""
    return sorted(
        ((each.agent, evaluator.step(each).source, each.target, frozenset(each.violated)) for each in transitions),
        key=repr,
    )


@pytest.mark.parametrize("seed", range(60))
def test_rules_are_the_steps(seed: int) -> None:
    system = prepared(random_system(Random(seed)))
    evaluator = Evaluator(system)
    instances_of = Instances(system)
    for state in islice(reachable(evaluator), 40):
        assert instances_of.outcomes(state) == evaluated(evaluator, list(evaluator.transitions(state)))


def test_preparing_keeps_counts() -> None:
    for seed in range(20):
        system = random_system(Random(seed))
        engine = InterpreterEngine()
        assert engine.explore(prepared(system), Limits()).counts == engine.explore(system, Limits()).counts
