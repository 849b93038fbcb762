"""Saved traces executed again on the system of their scenario."""

from __future__ import annotations

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.system import Property

from .judge import STUCK_MEANING
from .result import NO_DEADLOCK
from .scenario import Scenario
from .scenario.request import build
from .trace.build import build_trace
from .trace.replay import retrace
from .trace.trace import Trace


def remake(scenario: Scenario, trace: Trace) -> Trace:
    """The trace as today's scenario makes it.

    Raises `ReplayError` if the scenario or its model has changed since, `ScenarioError` and `ModelErrors` if it cannot
    be built.
    """
    name = trace.prop.name
    listed = name in scenario.tables.expect or name == NO_DEADLOCK or trace.problem is not None
    system = build(scenario, properties=None if listed else (name,)).system
    meaning = STUCK_MEANING if name == NO_DEADLOCK else trace.prop.meaning
    bare = Property(name, trace.prop.kind, TRUE, meaning)
    prop = next((each for each in system.properties if each.name == name), bare)
    return build_trace(system, prop, trace.verdict, retrace(Evaluator(system), trace))
