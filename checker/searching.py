"""A system searched: reductions, the engine, the judgement, and traces of the system as it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.stmt import Failure
from shootdown.model.ir.system import Property, PropertyKind, System

from .analysis.pipeline import lift_exploration, reduce_system
from .judge import Judgement, Outcome, judge
from .options import Limits
from .registry import engine
from .result import Exploration
from .trace.build import build_trace
from .trace.trace import Trace
from .verdict import Expectation, Verdict

_PROBLEMS = {Failure.MODEL_ERROR: Verdict.MODEL_ERROR, Failure.WORLD_TOO_SMALL: Verdict.WORLD_TOO_SMALL}


@dataclass(frozen=True)
class Searched:
    """What a search of `system` came to. `notices` are for the user: what ran instead of what, and why."""

    system: System
    exploration: Exploration
    judgement: Judgement
    notices: tuple[str, ...] = ()

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
    system: System, expected: Mapping[str, Expectation], limits: Limits, name: str | None = None, *, reduce: bool = True
) -> Searched:
    """Search a system with the engine of that name (None: the fastest that works here) and judge what it found.

    With `reduce` the passes of the pipeline run first; paths are those of `system` all the same. Raises `NoCompiler`
    and `Unsupported` of the native engine if that was asked for by name.
    """
    reduced = reduce_system(system) if reduce else system
    exploration, notices = _explored(reduced, limits, name)
    if reduce:
        exploration = lift_exploration(system, reduced, exploration)
    return Searched(system, exploration, judge(system, exploration, expected, limits), notices)


def _explored(system: System, limits: Limits, name: str | None) -> tuple[Exploration, tuple[str, ...]]:
    if name is not None:
        return engine(name).explore(system, limits), ()
    from .explicit.engine import ExplicitEngine

    native = ExplicitEngine(fallback=lambda: engine("interpreter"))
    exploration = native.explore(system, limits)
    return exploration, (native.notice,) if native.notice else ()
