"""A system searched: reductions, the engine, the judgement, and traces of the system as it was before."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.stmt import Failure
from shootdown.model.ir.system import Property, PropertyKind, System

from .analysis.dead_locals import reset_dead_locals
from .analysis.following import Facts
from .analysis.merging import merge_steps
from .analysis.pipeline import lift_exploration, reduce_system
from .analysis.switches import bound_switches
from .judge import Judgement, Outcome, judge
from .one_by_one import explored_one_by_one
from .options import Limits
from .reductions import MERGE, OF_PASSES, PARTIAL_ORDER, SYMMETRY
from .registry import MACRO_STEPS, ONE_BY_ONE, REDUCED, engine
from .result import Exploration
from .shortest import with_shortest_paths
from .switching import of_all_runs
from .trace.build import build_trace
from .trace.trace import Trace
from .verdict import Expectation, Verdict

LARGE = 30_000_000
"""States after which a search begins again with merging, partial-order and symmetry reduction."""

_ALL_SEARCHED = (
    "after {:,} states the search began again with merge, partial-order and symmetry; these saved nothing of the first"
    " {:,}, so all are searched"
)

_PROBLEMS = {Failure.MODEL_ERROR: Verdict.MODEL_ERROR, Failure.WORLD_TOO_SMALL: Verdict.WORLD_TOO_SMALL}


class EngineError(Exception):
    """The engine that was asked for by name cannot explore this system here."""


@dataclass(frozen=True)
class Searched:
    """What a search of `system` came to. `notices` are for the user: what ran instead of what, and why.

    `reduced` is what the passes made of the system, if one search decided all properties.
    """

    system: System
    exploration: Exploration
    judgement: Judgement
    notices: tuple[str, ...] = ()
    too_large: bool = False
    """Whether the search was given up because the native engine was not to be had."""
    reduced: System | None = None
    facts: Facts | None = None
    """What is known of `system` wherever a run may come, if that was worked out."""

    def trace(self, outcome: Outcome) -> Trace | None:
        """The trace that decided a property, executed again; None if none did."""
        if outcome.path is None:
            return None
        return build_trace(self.system, outcome.prop, outcome.verdict, outcome.path)

    def problem_trace(self) -> Trace | None:
        """The trace to a model error or a world too small, if no outcome has it."""
        path = self.exploration.problem
        if path is None or any(outcome.verdict in _PROBLEMS.values() for outcome in self.judgement.outcomes):
            return None
        problem = path.transitions[-1].problem
        assert problem is not None
        verdict = _PROBLEMS[problem.failure]
        prop = Property(verdict.value, PropertyKind.ASSERTION, TRUE)
        return build_trace(self.system, prop, verdict, path)


def search(
    system: System,
    expected: Mapping[str, Expectation],
    limits: Limits,
    name: str | None = None,
    without: Collection[str] = (),
    facts: Facts | None = None,
) -> Searched:
    """Search a system with the engine of that name (None: the fastest that works here) and judge what it found.

    Paths are those of `system` whatever reductions are made; those in `without` are not. `facts` are those of the
    system, if they are known. Raises `EngineError`.
    """
    from .explicit.build import NoCompiler
    from .explicit.specialise import Unsupported

    if limits.context_switches is not None and name is not None and name in MACRO_STEPS | ONE_BY_ONE:
        raise EngineError(f"the {name} engine does not search step by step, and cannot count context switches")
    if name is not None and name in ONE_BY_ONE:
        try:
            exploration = explored_one_by_one(system, limits, name, without)
        except (NoCompiler, Unsupported) as reason:
            raise EngineError(f"the {name} engine cannot run here: {reason}") from None
        return Searched(system, exploration, judge(system, exploration, expected, limits))
    reduced = reduce_system(system, sorted(OF_PASSES.intersection(without)), facts)
    if limits.context_switches is not None:
        return _searched_within(system, reduced, expected, limits, name, without)
    exploration, notices = (
        _explored_in_macro_steps(reduced, limits, name)
        if name in MACRO_STEPS and MERGE not in without
        else _explored(reduced, limits, name, without)
    )
    if not exploration.canonical:
        exploration = with_shortest_paths(reduced, exploration, limits)
    if reduced is not system:
        exploration = lift_exploration(system, reduced, exploration)
    too_large = exploration.stopped == "max_states" and limits.max_states is None
    return Searched(
        system, exploration, judge(system, exploration, expected, limits), notices, too_large, reduced, facts
    )


def _searched_within(
    system: System,
    reduced: System,
    expected: Mapping[str, Expectation],
    limits: Limits,
    name: str | None,
    without: Collection[str],
) -> Searched:
    """The search of the runs with few context switches."""
    assert limits.context_switches is not None
    bounded = bound_switches(reduced, limits.context_switches)
    exploration, notices = _explored(bounded, limits, name, without)
    exploration = lift_exploration(system, reduced, of_all_runs(reduced, exploration))
    return Searched(system, exploration, judge(system, exploration, expected, limits), notices)


def violated(
    system: System,
    limits: Limits,
    name: str | None,
    without: Collection[str] = (),
    facts: Facts | None = None,
) -> frozenset[str]:
    """The properties of a system that are violated, no path being asked for; all of them if a limit ends the search.

    `facts` are those of the system, if they are known.
    """
    from .explicit.build import NoCompiler
    from .explicit.engine import ExplicitEngine
    from .explicit.specialise import Unsupported

    names = frozenset(prop.name for prop in system.properties)
    if not names:
        return names
    if name in (None, ExplicitEngine.name):
        try:
            first = _first(limits, without) if name is None else limits
            reduced = reduce_system(system, sorted(OF_PASSES.intersection(without)), facts)
            found, exhausted = ExplicitEngine().violated(reduced, first)
            if exhausted:
                return found
            if first is limits or found == names:
                return names
        except (NoCompiler, Unsupported):
            pass
    exploration = search(system, {}, limits, name, without).exploration
    return names & exploration.findings.keys() if exploration.exhausted else names


@dataclass(frozen=True)
class _Modest:
    """The interpreter, where it stands in for the native engine: it leaves alone what is too large for it."""

    name: str = "interpreter"

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As the interpreter does, up to so many states as are modest if nobody sets a limit."""
        asked = replace(limits, max_states=None) if limits.max_states == LARGE else limits
        own = replace(limits, max_states=limits.modest) if asked.unlimited else limits
        return engine(self.name).explore(system, own)


def _explored_in_macro_steps(system: System, limits: Limits, name: str | None) -> tuple[Exploration, tuple[str, ...]]:
    """The search of the system's macro-steps, its paths being those of the system."""
    merged = merge_steps(system)
    exploration, notices = _explored(merged.system, limits, name, ())
    properties = {prop.name: prop for prop in system.properties}
    findings = {
        found: replace(finding, path=merged.decisive(finding.path, properties[found]))
        for found, finding in exploration.findings.items()
    }
    problem = None if exploration.problem is None else merged.split(exploration.problem)
    return replace(exploration, findings=findings, problem=problem), notices


def _explored(
    system: System, limits: Limits, name: str | None, without: Collection[str]
) -> tuple[Exploration, tuple[str, ...]]:
    from .explicit.build import NoCompiler
    from .explicit.engine import ExplicitEngine
    from .explicit.reduced import NOTHING_SAVED
    from .explicit.specialise import Unsupported

    if limits.native.alone:
        return _explored_alone(system, limits)
    if name is not None:
        try:
            if name == REDUCED:
                return _explored_reduced(system, limits, without)
            return engine(name).explore(system, limits), ()
        except (NoCompiler, Unsupported) as reason:
            raise EngineError(f"the {name} engine cannot run here: {reason}") from None
    native = ExplicitEngine(fallback=_Modest)
    first = _first(limits, without)
    exploration = native.explore(system, first)
    if native.notice:
        return exploration, (native.notice,)
    if first is limits or exploration.stopped not in ("max_states", "max_memory"):
        return exploration, ()
    left = limits.after(exploration.seconds)
    began = time.monotonic()
    reduced, notices = _explored_reduced(system, left, without, trial=exploration.stopped == "max_states")
    if reduced.stopped != NOTHING_SAVED:
        return reduced, notices
    whole = native.explore(system, left.after(time.monotonic() - began))
    told = _ALL_SEARCHED.format(LARGE, reduced.counts.states)
    return whole, (told, native.notice) if native.notice else (told,)


def _explored_alone(system: System, limits: Limits) -> tuple[Exploration, tuple[str, ...]]:
    """The search of the native engine with what no other has; there is no second one with reductions."""
    from .explicit.build import NoCompiler
    from .explicit.checkpoint import CheckpointError
    from .explicit.engine import ExplicitEngine
    from .explicit.specialise import Unsupported

    native = ExplicitEngine()
    try:
        exploration = native.explore(system, limits)
    except CheckpointError as error:
        raise EngineError(str(error)) from None
    except (NoCompiler, Unsupported) as reason:
        raise EngineError(f"the {native.name} engine cannot run here: {reason}") from None
    return exploration, (native.notice,) if native.notice else ()


def _first(limits: Limits, without: Collection[str]) -> Limits:
    """The limits of the search that comes before one with reductions; the same if there is no such search."""
    large = limits.max_states is None or limits.max_states > LARGE
    if not large or limits.max_depth is not None or {MERGE, PARTIAL_ORDER, SYMMETRY}.issubset(without):
        return limits
    return replace(limits, max_states=LARGE)


def _explored_reduced(
    system: System, limits: Limits, without: Collection[str], *, trial: bool = False
) -> tuple[Exploration, tuple[str, ...]]:
    from .explicit.reduced_engine import ReducedEngine
    from .symbolic.interchange import find_symmetry

    began = time.monotonic()
    wanted = SYMMETRY not in without and limits.max_depth is None
    # What a dead local holds is no element, so it keeps its name, and would tell states apart that are the same.
    symmetry = find_symmetry(reset_dead_locals(system), limits.max_seconds) if wanted else None
    limits = limits.after(time.monotonic() - began)
    reducing = ReducedEngine(
        merge=MERGE not in without, partial_order=PARTIAL_ORDER not in without, symmetry=symmetry, trial=trial
    )
    exploration = reducing.explore(system, limits)
    return exploration, (reducing.notice,) if reducing.notice else ()
