"""A run taken again under another design: how far it goes, and which mechanisms that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shootdown.model.ir.consult import ConsultingEvaluator
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, PropertyKind, StepClass, System

from ..result import Path
from .goals import decides
from .replay import Key


@dataclass(frozen=True)
class Retaken:
    """A run as far as the other design takes it: `missing` is the number of steps that are left when the next one is
    not enabled. `reads` are the mechanisms that its steps read, with the position of the first step that did."""

    path: Path
    missing: int
    reads: Mapping[str, int]


def retake(system: System, keys: Sequence[Key]) -> Retaken:
    """The transitions with these keys, from the initial state, until one is not enabled."""
    evaluator = ConsultingEvaluator(system)
    state: State | None = evaluator.layout.initial
    taken: list[Transition] = []
    reads: dict[str, int] = {}
    for position, (agent, step, chosen) in enumerate(keys):
        transition = None if state is None else evaluator.outcome(state, agent, step, chosen)
        for name in sorted(evaluator.consulted - reads.keys()):
            reads[name] = position
        if transition is None:
            return Retaken(Path(evaluator.layout.initial, tuple(taken)), len(keys) - position, reads)
        taken.append(transition)
        state = transition.target
    return Retaken(Path(evaluator.layout.initial, tuple(taken)), 0, reads)


def goes_wrong(system: System, path: Path, prop: Property | None) -> bool:
    """Whether the end of a run violates a property (None: is a problem)."""
    evaluator = Evaluator(system)
    if path.transitions:
        return wrong_at(evaluator, path.transitions[-1], prop)
    return prop is not None and shows(evaluator, path.initial, prop)


def wrong_at(evaluator: Evaluator, last: Transition, prop: Property | None) -> bool:
    """Whether a run that ends in this transition violates a property (None: ends in a problem)."""
    if prop is None:
        return last.problem is not None
    if prop.kind is PropertyKind.ASSERTION:
        return prop.name in last.violated
    return last.target is not None and shows(evaluator, last.target, prop)


def shows(evaluator: Evaluator, state: State, prop: Property) -> bool:
    """Whether a run that ends in this state violates a property by that; false for step assertions."""
    if prop.kind is PropertyKind.NO_DEADLOCK:
        return _stuck(evaluator, state)
    return decides(evaluator, prop, state)


def _stuck(evaluator: Evaluator, state: State) -> bool:
    """Whether some agent is inside an operation and no sequence of spontaneous steps leads to a progress step."""
    if not evaluator.inside(state):
        return False
    reached, pending = {state}, [state]
    while pending:
        for transition in evaluator.transitions(pending.pop()):
            if evaluator.step(transition).kind is StepClass.PROGRESS:
                return False
            if transition.target is not None and transition.target not in reached:
                reached.add(transition.target)
                pending.append(transition.target)
    return True
