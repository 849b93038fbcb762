"""Whether a property is inductive: true at first, and kept by every step from any state in which it is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import z3

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, System

from .consecution import Unanswered
from .relation import Move, Relation
from .terms import Scope, Truth, as_formula, conjunction, negation


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Why a property is not inductive: a state in which it is true and a step after which it is not.

    Without a `transition` the state is the initial one, in which the property is false. A state need not be reachable.
    """

    state: State
    transition: Transition | None


def counterexample(system: System, prop: Property, given: Sequence[Property] = ()) -> Counterexample | None:
    """A counterexample to induction; None if the property is inductive, the given ones being true in every state.

    All of them are properties of states. Raises `Unanswered` if the solver gives up.
    """
    evaluator, relation = Evaluator(system), Relation(system)
    if not evaluator.holds(prop, evaluator.layout.initial):
        return Counterexample(evaluator.layout.initial, None)
    solver = _before(relation, (prop, *given))
    for move in relation.moves:
        after = relation.terms.truth(prop.expr, Scope([*move.effect.cells]))
        matter = conjunction([relation.starts(move), move.effect.through, negation(after)])
        state = _state(solver, relation, matter)
        if state is not None:
            return Counterexample(state, _step(evaluator, prop, state, move))
    return None


def _before(relation: Relation, props: Sequence[Property]) -> z3.Solver:
    """A solver of the states in which properties are true."""
    solver = z3.SolverFor("QF_FD")
    for variable, symbol in zip(relation.variables, relation.now, strict=True):
        within = None if variable.constant else variable.within(symbol)
        if within is not None:
            solver.add(within)
    for prop in props:
        solver.add(as_formula(relation.truth(prop.expr)))
    return solver


def _state(solver: z3.Solver, relation: Relation, matter: Truth) -> State | None:
    if isinstance(matter, int) and not matter:
        return None
    solver.push()
    solver.add(as_formula(matter))
    answer = solver.check()
    model = solver.model() if answer == z3.sat else None
    solver.pop()
    if answer == z3.unknown:
        raise Unanswered
    return None if model is None else relation.state(model)


def _step(evaluator: Evaluator, prop: Property, state: State, move: Move) -> Transition:
    for transition in evaluator.outcomes(state, move.agent, move.index):
        if transition.target is not None and not evaluator.holds(prop, transition.target):
            return transition
    raise InternalError("the solver's step does not exist")
