"""Steps that the tables call independent are exchanged in every state that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from competing_systems import competing_system
from counting_systems import counting_system

from shootdown.checker.analysis.footprint import NOTHING, Footprint
from shootdown.checker.analysis.independence import Independence, independence
from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System


def reachable(evaluator: Evaluator) -> Iterator[State]:
    pending = [evaluator.layout.initial]
    seen = set(pending)
    while pending:
        state = pending.pop()
        yield state
        new = {each.target for each in evaluator.transitions(state) if each.target is not None} - seen
        seen |= new
        pending += sorted(new)


class Checked:
    """The tables of a system, and what they say in a state."""

    def __init__(self, system: System) -> None:
        self.evaluator = Evaluator(system)
        self.tables: Independence = independence(system)

    def literals(self, state: State) -> list[bool]:
        found = []
        for condition in self.tables.conditions:
            offset = self.evaluator.layout.points[condition.agent] + 1
            args = self.evaluator.system.agents[condition.agent].args
            found.append(self.evaluator.value(condition.expr, Frame(list(state), offset, args)) != 0)
        return found

    def now(self, state: State, agent: int) -> Footprint:
        """What the routes touch that are open where the agent stands, and what keeps the others closed."""
        holds, point = self.literals(state), state[self.evaluator.layout.points[agent]]
        found = NOTHING
        for route in self.tables.routes[agent].get(point, ()):
            false = next((n for n, wanted in route.literals if holds[n] != wanted), None)
            found |= route.footprint if false is None else Footprint(self.tables.conditions[false].reads)
        return found

    def excluded(self, state: State, agent: int) -> int:
        return self.tables.excluded[agent].get(state[self.evaluator.layout.points[agent]], 0)

    def steps(self, state: State, agent: int) -> list[Transition]:
        steps = self.evaluator.steps_at(state, agent)
        return [each for step in steps for each in self.evaluator.outcomes(state, agent, step)]

    def behaviour(self, state: State, agent: int) -> list[object]:
        """What an agent's steps do, but for where they lead."""
        return [(each.step, each.choices, each.violated, each.problem) for each in self.steps(state, agent)]


@pytest.mark.parametrize("make", [counting_system, competing_system])
def test_independent_steps_commute_wherever_they_meet(make: Callable[[Random], System]) -> None:
    exchanged = 0
    for seed in range(8):
        checked = Checked(make(Random(seed)))
        agents = range(len(checked.evaluator.system.agents))
        for state in reachable(checked.evaluator):
            for one, other in ((a, b) for a in agents for b in agents if a != b):
                first, second = checked.steps(state, one), checked.steps(state, other)
                if not first or not second:
                    continue
                if checked.now(state, one).disturbs(checked.now(state, other)):
                    continue
                for step in second:
                    assert step.problem is not None or step.target is not None
                    if step.target is None:
                        continue
                    assert checked.behaviour(step.target, one) == checked.behaviour(state, one), f"seed {seed}"
                    for taken, later in zip(first, checked.steps(step.target, one), strict=True):
                        if taken.target is None:
                            continue
                        ends = {each.target for each in checked.steps(taken.target, other)}
                        assert later.target in ends, f"seed {seed}"
                        exchanged += 1
    assert exchanged > 500


def test_what_a_place_excludes_does_not_hold_there() -> None:
    excluding = 0
    for seed in range(25):
        checked = Checked(counting_system(Random(seed)))
        for state in reachable(checked.evaluator):
            literals = checked.literals(state)
            for agent in range(len(checked.evaluator.system.agents)):
                excluded = checked.excluded(state, agent)
                assert not any(excluded >> 2 * n + value & 1 for n, value in enumerate(literals)), f"seed {seed}"
                excluding += excluded.bit_count()
    assert excluding > 100
