"""What a path has to reach to decide a property: a test of its last transition."""

from __future__ import annotations

from collections.abc import Callable, Container

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, PropertyKind

Goal = Callable[[Transition], bool]
"""Whether a path that ends in this transition decides the property."""


def decides(evaluator: Evaluator, prop: Property, state: State) -> bool:
    """Whether a state decides a property by itself; false for step assertions and `no_deadlock`."""
    match prop.kind:
        case PropertyKind.ALWAYS:
            return not evaluator.holds(prop, state)
        case PropertyKind.SOMETIMES:
            return evaluator.holds(prop, state)
        case PropertyKind.AT_END:
            ended = evaluator.finished(state) and not evaluator.holds(prop, state)
            return ended and not evaluator.progress_enabled(state)
        case PropertyKind.ASSERTION | PropertyKind.NO_DEADLOCK:
            return False


def property_goal(evaluator: Evaluator, prop: Property) -> Goal:
    """The goal of a path that decides `prop`; for `no_deadlock` use `states_goal`."""
    if prop.kind is PropertyKind.ASSERTION:
        return lambda transition: prop.name in transition.violated
    return lambda transition: transition.target is not None and decides(evaluator, prop, transition.target)


def states_goal(states: Container[State]) -> Goal:
    """The goal of a path that leads to one of these states."""
    return lambda transition: transition.target is not None and transition.target in states


def problem_goal(transition: Transition) -> bool:
    """The goal of a path that ends in a model error or in a world that is too small."""
    return transition.problem is not None
