"""Steps executed statement by statement against the evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from random_systems import random_system

from shootdown.checker.trace.rerun import executed, obstacles
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assert, Check, Goto, Wait

SEEDS = range(50)
STATES = 40


def reached() -> Iterator[tuple[Evaluator, State]]:
    """The first states of each random system."""
    for seed in SEEDS:
        evaluator = Evaluator(random_system(Random(seed)))
        states = dict.fromkeys([evaluator.layout.initial])
        for state in list_growing(states):
            yield evaluator, state
            for transition in evaluator.transitions(state):
                if transition.target is not None and len(states) < STATES:
                    states[transition.target] = None


def list_growing(states: dict[State, None]) -> Iterator[State]:
    """The keys of a dictionary, those added meanwhile included."""
    position = 0
    while position < len(states):
        yield list(states)[position]
        position += 1


def test_every_transition_comes_out_the_same() -> None:
    compared = 0
    for evaluator, state in reached():
        for taken in evaluator.transitions(state):
            chosen = [choice.value for choice in taken.choices]
            violated = []
            for statement, frame in executed(evaluator, state, taken.agent, evaluator.step(taken).block, chosen):
                if isinstance(statement, Assert) and not evaluator.value(statement.cond, frame):
                    violated.append(statement.name)
            assert tuple(violated) == taken.violated
            if taken.target is not None:
                assert isinstance(statement, Goto)
                frame.values[evaluator.layout.points[taken.agent]] = statement.point
                assert tuple(frame.values) == taken.target
                compared += 1
            elif isinstance(statement, Check):
                assert not evaluator.value(statement.cond, frame)
    assert compared > 300


def test_a_step_has_obstacles_if_and_only_if_it_is_not_enabled() -> None:
    blocked = 0
    for evaluator, state in reached():
        enabled = {(transition.agent, transition.step) for transition in evaluator.transitions(state)}
        for position, agent in enumerate(evaluator.system.agents):
            for index, step in enumerate(evaluator.system.process(agent).steps):
                if step.source == state[evaluator.layout.points[position]]:
                    found = obstacles(evaluator, state, position, step.block)
                    assert bool(found) == ((position, index) not in enabled)
                    blocked += bool(found)
                    for guard, frame in found:
                        assert not isinstance(guard, Wait) or not evaluator.value(guard.cond, frame)
    assert blocked > 50
