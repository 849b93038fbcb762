"""What of the model a run has exercised: operations, steps, branches, assertions, mechanisms, properties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from shootdown.model.ir.reads import block_reads
from shootdown.model.ir.system import Step, System

from .analysis.marks import Kind, Mark, step_mark, with_marks
from .analysis.pipeline import reduce_system
from .exercise import Exercise
from .options import Limits
from .record import Row
from .scenario.models import own_files
from .scenario.request import Built
from .verdict import Verdict

LONGEST = 30.0
"""Seconds after which the search for one scenario's coverage ends, if no other limit is set."""


def exercised(built: Built, rows: Iterable[Row], limits: Limits) -> Exercise:
    """What a scenario exercises, by a search of its own of the system with marks; of its own files, if it has some.

    Slicing is left out: it drops branches that decide nothing. Raises `NoCompiler` or `Unsupported`.
    """
    from .explicit.engine import ExplicitEngine

    marked, marks = with_marks(built.system)
    if limits.max_seconds is None:
        limits = replace(limits, max_seconds=LONGEST)
    reduced = reduce_system(marked, without=("slice",))
    noted, cut = ExplicitEngine().noted(reduced, [mark.note for mark in marks], limits)
    met = {mark for mark in marks if mark.note in noted}
    every = {*marks, *_operations(built), *_mechanisms(built), *_properties(built)}
    run = _run(built.system, met)
    met |= {mark for mark in _operations(built) if mark.what in run}
    met |= _consulted(built, met)
    met |= _at_stake(built, rows)
    own = own_files(built.scenario, built.model)
    if own:
        every, met = ({mark for mark in marks if mark.where.path in own} for marks in (every, met))
    return Exercise(frozenset(every), frozenset(met), cut)


def _operations(built: Built) -> set[Mark]:
    return {Mark(Kind.OPERATION, each.where, each.name) for each in built.model.operations.values()}


def _taken(system: System, met: Collection[Mark]) -> Iterator[Step]:
    """The steps that are taken."""
    for process in system.processes:
        for step in process.steps:
            if step_mark(step) in met:
                yield step


def _run(system: System, met: Collection[Mark]) -> set[str]:
    """The operations of which some step is taken."""
    taken = list(_taken(system, met))
    called = {call.operation for step in taken for call in step.calls}
    return called | {step.starts for step in taken if step.starts is not None}


def _mechanisms(built: Built) -> set[Mark]:
    return {
        Mark(Kind.MECHANISM, mechanism.where, f"{name} = {label}")
        for name, mechanism in built.model.mechanisms.items()
        for label in mechanism.labels
    }


def _consulted(built: Built, met: Collection[Mark]) -> set[Mark]:
    """The settings of the mechanisms that some step that is taken asks for."""
    asked = {name for step in _taken(built.system, met) for name in block_reads(step.block).mechanisms}
    settings = {item.name: item.labels[item.value] for item in built.system.mechanisms}
    return {Mark(Kind.MECHANISM, built.model.mechanisms[name].where, f"{name} = {settings[name]}") for name in asked}


def _properties(built: Built) -> set[Mark]:
    return {Mark(Kind.PROPERTY, each.where, each.name) for each in built.model.properties.values()}


def _at_stake(built: Built, rows: Iterable[Row]) -> set[Mark]:
    """The properties that are violated, or hold and say something."""
    decided = {row.prop for row in rows if row.verdict in (Verdict.VIOLATED, Verdict.HOLDS)}
    return {mark for mark in _properties(built) if mark.what in decided}
