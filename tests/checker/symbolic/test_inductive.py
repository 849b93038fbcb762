"""Whether a property is inductive, against trying every state."""

from __future__ import annotations

import math
from itertools import product
from random import Random

from random_systems import random_system

from shootdown.checker.symbolic.inductive import counterexample
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.system import Property, PropertyKind, System


def _is_inductive(system: System, prop: Property, given: tuple[Property, ...]) -> bool:
    evaluator = Evaluator(system)
    if not evaluator.holds(prop, evaluator.layout.initial):
        return False
    for state in product(*(range(lo, hi + 1) for lo, hi in evaluator.layout.bounds)):
        if all(evaluator.holds(each, state) for each in (prop, *given)):
            for transition in evaluator.transitions(state):
                if transition.target is not None and not evaluator.holds(prop, transition.target):
                    return False
    return True


def _small(seeds: range) -> list[System]:
    systems = [random_system(Random(seed), problems=False) for seed in seeds]
    return [each for each in systems if math.prod(hi - lo + 1 for lo, hi in Layout(each).bounds) <= 500]


def test_it_agrees_with_trying_every_state() -> None:
    found = {True: 0, False: 0}
    for system in _small(range(400, 470)):
        always = [prop for prop in system.properties if prop.kind is PropertyKind.ALWAYS]
        for prop in always:
            given = tuple(other for other in always if other is not prop)
            for others in ((), given):
                expected = _is_inductive(system, prop, others)
                shown = counterexample(system, prop, others)
                assert (shown is None) == expected
                found[expected] += 1
    assert min(found.values()) > 2


def test_a_counterexample_is_a_step_out_of_the_property() -> None:
    steps = 0
    for system in _small(range(400, 470)):
        evaluator = Evaluator(system)
        for prop in system.properties:
            shown = counterexample(system, prop) if prop.kind is PropertyKind.ALWAYS else None
            if shown is None or shown.transition is None:
                continue
            steps += 1
            assert evaluator.holds(prop, shown.state)
            assert shown.transition in list(evaluator.transitions(shown.state))
            assert shown.transition.target is not None
            assert not evaluator.holds(prop, shown.transition.target)
    assert steps > 1
