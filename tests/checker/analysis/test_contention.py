"""Steps that the tables call independent are exchanged in every state that there is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from random import Random

import pytest
from competing_systems import competing_system
from counting_systems import counting_system
from orbits import orbit
from twin_systems import twin_system

from shootdown.checker.analysis.footprint import NOTHING, Footprint
from shootdown.checker.analysis.independence import Independence, independence
from shootdown.checker.analysis.symmetry import Symmetry
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.expr import FALSE, TRUE, Const, Load, Op, Operator, Param
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.stmt import Assign, Cell, Goto, Wait
from shootdown.model.ir.system import Agent, Array, Point, Process, Step, System


def reachable(evaluator: Evaluator, begin: Collection[State] = (), most: int = 100_000) -> Iterator[State]:
    pending = [*(begin or {evaluator.layout.initial})]
    seen = set(pending)
    while pending and most:
        most -= 1
        state = pending.pop()
        yield state
        new = {each.target for each in evaluator.transitions(state) if each.target is not None} - seen
        seen |= new
        pending += sorted(new)


class Checked:
    """The tables of a system, and what they say in a state."""

    def __init__(self, system: System, symmetry: Symmetry | None = None) -> None:
        self.evaluator = Evaluator(system)
        self.tables: Independence = independence(system, symmetry)

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


def exchanged(checked: Checked, states: Iterable[State], seed: int) -> int:
    """Exchange what the tables call independent in each state; how often."""
    found = 0
    agents = range(len(checked.evaluator.system.agents))
    for state in states:
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
                    found += 1
    return found


def check_excluded(checked: Checked, states: Iterable[State], seed: int) -> int:
    """Whether what a place excludes does not hold there; how much was excluded."""
    excluding = 0
    for state in states:
        literals = checked.literals(state)
        for agent in range(len(checked.evaluator.system.agents)):
            excluded = checked.excluded(state, agent)
            assert not any(excluded >> 2 * n + value & 1 for n, value in enumerate(literals)), f"seed {seed}"
            excluding += excluded.bit_count()
    return excluding


@pytest.mark.parametrize("make", [counting_system, competing_system])
def test_independent_steps_commute_wherever_they_meet(make: Callable[[Random], System]) -> None:
    checked = [Checked(make(Random(seed))) for seed in range(8)]
    assert sum(exchanged(each, reachable(each.evaluator), seed) for seed, each in enumerate(checked)) > 500


def test_what_a_place_excludes_does_not_hold_there() -> None:
    checked = [Checked(counting_system(Random(seed))) for seed in range(25)]
    assert sum(check_excluded(each, reachable(each.evaluator), seed) for seed, each in enumerate(checked)) > 100


def test_what_is_known_of_cells_holds_from_every_image_of_the_initial_state() -> None:
    commuted = excluding = several = 0
    for seed in range(20):
        system = twin_system(Random(seed), apart=False)
        symmetry = find_symmetry(system)
        checked, begin = Checked(system, symmetry), orbit(symmetry, Layout(symmetry.system).initial)
        states = [*reachable(checked.evaluator, begin, 200)]
        several += len(begin) > 1
        commuted += exchanged(checked, states, seed)
        excluding += check_excluded(checked, states, seed)
    assert several > 5
    assert commuted > 500
    assert excluding > 100


def gates() -> System:
    """Two CPUs, each behind a gate of its own, of which one is open; who looks at both; nobody opens one."""
    points = Point("out", False, True), Point("in", False, True)
    mine = Load("gate", (Param(0),))
    enter = Wait(Op(Operator.EQ, (mine, TRUE))), Assign(Cell("gate", (Param(0),)), FALSE), Goto(1)
    both = [Op(Operator.EQ, (Load("gate", (Const(cpu),)), FALSE)) for cpu in range(2)]
    look = Wait(Op(Operator.AND, tuple(both))), Goto(1)
    processes = (
        Process("cpu", 1, (), 0, points, (Step(0, "enter", enter),)),
        Process("watch", 0, (), 0, points, (Step(0, "look", look),)),
    )
    agents = Agent("cpu0", "cpu", (0,)), Agent("cpu1", "cpu", (1,)), Agent("watch", "watch")
    return System("gates", (Array("gate", (2,), 0, 1, (1, 0)),), processes, agents)


def test_a_cell_that_another_is_called_begins_as_that_does() -> None:
    symmetry = find_symmetry(gates())
    assert symmetry.classes == (((0, 1),),)
    assert orbit(symmetry, Layout(symmetry.system).initial) == {(1, 0, 0, 0, 0), (0, 1, 0, 0, 0)}
    assert symmetry.initial[:2] == (frozenset({0, 1}), frozenset({0, 1}))
    known, apart = Checked(gates(), symmetry), Checked(gates())
    states = [*reachable(known.evaluator, orbit(symmetry, Layout(symmetry.system).initial))]
    assert check_excluded(known, states, 0) > 0
    with pytest.raises(AssertionError):
        check_excluded(apart, states, 0)
