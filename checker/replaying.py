"""Saved traces executed again on the system of their scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.system import Property
from shootdown.model.language import unfold

from .analysis.reached import whole_of
from .judge import STUCK_MEANING
from .result import NO_DEADLOCK, Path
from .scenario import Scenario
from .scenario.request import Built, build
from .trace.build import build_trace
from .trace.digest import digest
from .trace.replay import retrace
from .trace.trace import Trace


@dataclass(frozen=True)
class Replayed:
    """A trace on the system that it belongs to: the scenario as built, what the run decides, the run itself."""

    built: Built
    prop: Property
    path: Path


def replayed(scenario: Scenario, trace: Trace) -> Replayed:
    """The trace executed again on today's scenario.

    Raises `ReplayError` if the scenario or its model has changed since, `ScenarioError` and `ModelErrors` if it cannot
    be built.
    """
    name = trace.prop.name
    listed = name in scenario.tables.expect or name == NO_DEADLOCK or trace.problem is not None
    properties = None if listed else (name,)
    built = build(scenario, properties=properties, reached=True)
    if trace.digest != digest(built.system):  # it may be of a search without folding
        built = build(scenario, properties=properties)
    meaning = STUCK_MEANING if name == NO_DEADLOCK else trace.prop.meaning
    bare = Property(name, trace.prop.kind, TRUE, meaning)
    prop = next((each for each in built.system.properties if each.name == name), bare)
    return Replayed(built, prop, retrace(Evaluator(built.system), trace))


def on_whole(again: Replayed) -> Replayed:
    """The same on the system with all steps, those too that only another design comes to."""
    built = again.built
    if built.facts is None:
        return again
    system, path = whole_of(unfold(built.model, built.request), built.system, again.path)
    return Replayed(replace(built, system=system, facts=None), again.prop, path)


def remake(scenario: Scenario, trace: Trace) -> Trace:
    """The trace as today's scenario makes it; raises as `replayed`."""
    again = replayed(scenario, trace)
    return build_trace(again.built.system, again.prop, trace.verdict, again.path)
