"""The reduced search against everything that can happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest
from competing_systems import competing_system
from counting_systems import counting_system
from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system

from shootdown.checker.interpreter.reduced import ReducedSearch
from shootdown.checker.result import Reduced
from shootdown.checker.trace.goals import decides
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import StepClass, System

MODES = [(True, True), (True, False), (False, True), (False, False)]
SEEDS = st.integers(0, 2**32 - 1)


@dataclass
class Everything:
    """All states and transitions of a system, whatever is found on the way."""

    system: System
    states: dict[State, list[State]] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    problem: bool = False
    fired: set[tuple[str, int]] = field(default_factory=set)
    quiet: set[State] = field(default_factory=set)

    def __post_init__(self) -> None:
        evaluator = Evaluator(self.system)
        names = {prop.name for prop in self.system.properties}
        pending = [evaluator.layout.initial]
        while pending:
            state = pending.pop()
            if state in self.states:
                continue
            transitions = list(evaluator.transitions(state))
            self.states[state] = [item.target for item in transitions if item.target is not None]
            pending += self.states[state]
            self.problem |= any(item.target is None for item in transitions)
            self.decided |= names & {name for item in transitions for name in item.violated}
            self.decided |= {prop.name for prop in self.system.properties if decides(evaluator, prop, state)}
            self.fired |= {(self.system.agents[item.agent].process, item.step) for item in transitions}
            if all(evaluator.step(item).kind is StepClass.SPONTANEOUS for item in transitions):
                self.quiet.add(state)

    @property
    def stuck(self) -> bool:
        """Whether there is a stuck state, by the definition: a search forwards from each quiet one."""
        evaluator = Evaluator(self.system)
        return any(evaluator.inside(state) and not self._leads_out(state) for state in self.quiet)

    def _leads_out(self, state: State) -> bool:
        seen, pending = {state}, [state]
        while pending:
            for target in self.states[pending.pop()]:
                if target not in self.quiet:
                    return True
                if target not in seen:
                    seen.add(target)
                    pending.append(target)
        return False


def assert_agrees(system: System, everything: Everything, found: Reduced) -> None:
    names = {prop.name for prop in system.properties}
    assert found.decided <= everything.decided
    assert found.fired <= everything.fired
    assert everything.problem or not found.problem
    assert found.states <= len(everything.states)
    if found.exhausted:
        assert not everything.problem
        assert found.decided == everything.decided
        assert found.fired == everything.fired
        assert found.stuck == everything.stuck
    else:
        assert found.problem or found.decided >= names


@pytest.mark.parametrize(("merge", "partial_order"), MODES)
def test_agents_that_compete_for_locks(merge: bool, partial_order: bool) -> None:
    postponed = passed = 0
    for seed in range(25):
        system = (competing_system, counting_system)[seed % 2](Random(seed))
        found = ReducedSearch(system, merge=merge, partial_order=partial_order).run()
        assert_agrees(system, Everything(system), found)
        postponed += found.postponed
        passed += found.passed
    assert (passed > 0) == merge
    assert (postponed > 0) == partial_order


@pytest.mark.parametrize(("merge", "partial_order"), MODES)
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_verdicts_and_fired_steps_stay(merge: bool, partial_order: bool, seed: int) -> None:
    system = random_system(Random(seed))
    found = ReducedSearch(system, merge=merge, partial_order=partial_order).run()
    assert_agrees(system, Everything(system), found)
