"""The interpreter as an engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shootdown.model.ir.system import System

from ..options import Limits
from ..result import NO_DEADLOCK, Counts, Exploration, Finding, Path
from ..trace.canonical import canonical_path
from ..trace.goals import Goal, problem_goal, property_goal, states_goal
from .costs import BackwardCosts
from .deadlock import stuck_states
from .search import Search
from .watch import Watch


@dataclass(frozen=True)
class InterpreterEngine:
    """Explores with the evaluator itself; every other engine is judged by this one."""

    name: str = "interpreter"
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`; a keyboard interrupt stops the search with what it has covered."""
        search = Search(system)
        watch = Watch(limits, self.clock)
        try:
            stopped = search.run(watch)
        except KeyboardInterrupt:
            stopped = "interrupted"
        exhausted = stopped is None and search.exhausted
        return Exploration(
            counts=Counts(search.states, search.transitions, search.depth),
            exhausted=exhausted,
            stopped=stopped,
            findings=_findings(search, exhausted=exhausted, cut=stopped not in (None, "max_memory")),
            problem=None if search.problem is None else _path(search, search.problem, problem_goal),
            seconds=self.clock() - watch.started,
            engine=self.name,
            fired=frozenset(search.fired),
        )


def _findings(search: Search, *, exhausted: bool, cut: bool) -> dict[str, Finding]:
    findings = {}
    for prop in search.system.properties:
        depth = search.found.get(prop.name)
        if depth is not None:
            path = _path(search, depth, property_goal(search.evaluator, prop))
            findings[prop.name] = Finding(prop.name, path)
    stuck = stuck_states(search) if exhausted or cut else set()
    if stuck:
        depth = next(depth for depth, level in enumerate(search.levels) if not stuck.isdisjoint(level))
        findings[NO_DEADLOCK] = Finding(NO_DEADLOCK, _path(search, depth, states_goal(stuck)), shortest=exhausted)
    return findings


def _path(search: Search, depth: int, goal: Goal) -> Path:
    costs = BackwardCosts(search, depth, goal)
    return canonical_path(search.evaluator, search.levels[0][0], depth, costs, goal)
