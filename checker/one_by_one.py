"""The properties of a system given to an engine one at a time, each with a slice of the system of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from shootdown.model.ir.system import Property, System

from .analysis.merging import merge_steps
from .analysis.pipeline import lift_exploration, reduce_system
from .analysis.select import select_properties
from .options import Limits
from .reductions import MERGE, OF_PASSES
from .registry import engine
from .result import Counts, Exploration
from .shortest import with_shortest_paths


def explored_one_by_one(system: System, limits: Limits, name: str, without: Collection[str]) -> Exploration:
    """What the engine of that name comes to for each property, over macro-steps unless `without` has `merge`.

    Paths are those of the system.
    """
    explorations = []
    for prop in system.properties:
        alone = select_properties(system, (prop.name,))
        small = reduce_system(alone, sorted(OF_PASSES.intersection(without)))
        found = _explored(small, prop, limits, name, merge=MERGE not in without)
        found = with_shortest_paths(small, found, limits)
        explorations.append(lift_exploration(system, small, found))
    return _together(explorations, name)


def _explored(system: System, prop: Property, limits: Limits, name: str, *, merge: bool) -> Exploration:
    """What the engine comes to for the one property of a system."""
    if not merge:
        found = engine(name).explore(system, limits)
        return replace(found, findings={key: each for key, each in found.findings.items() if key == prop.name})
    merged = merge_steps(system)
    found = engine(name).explore(merged.system, limits)
    findings = {
        key: replace(finding, path=merged.decisive(finding.path, prop))
        for key, finding in found.findings.items()
        if key == prop.name
    }
    problem = None if found.problem is None else merged.split(found.problem)
    return replace(found, findings=findings, problem=problem, fired=merged.fired(found.fired))


def _together(explorations: Iterable[Exploration], name: str) -> Exploration:
    every = [*explorations]
    return Exploration(
        counts=Counts(0, 0, 0),
        exhausted=False,
        stopped=None,
        findings={key: finding for each in every for key, finding in each.findings.items()},
        problem=next((each.problem for each in every if each.problem is not None), None),
        seconds=sum(each.seconds for each in every),
        engine=name,
        fired=frozenset(key for each in every for key in each.fired),
        counted=False,
        proofs={key: proof for each in every for key, proof in each.proofs.items()},
        undecidable={key: reason for each in every for key, reason in each.undecidable.items()},
    )
