"""One system searched with any of the reductions: what is found does not depend on which of them are made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import chain, combinations
from random import Random

from shootdown.checker.analysis.pipeline import PASSES, reduce_system
from shootdown.checker.explicit import ExplicitEngine
from shootdown.checker.explicit.reduced import Prepared, explore_reduced, prepare_reduced
from shootdown.checker.options import Limits
from shootdown.checker.reductions import MERGE, OF_PASSES, PARTIAL_ORDER, SYMMETRY
from shootdown.checker.result import NO_DEADLOCK, Exploration, Reduced
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.system import System

NAMES = (*(step.name for step in PASSES), MERGE, PARTIAL_ORDER, SYMMETRY)
SEARCHED = frozenset({MERGE, PARTIAL_ORDER, SYMMETRY})
"""Reductions that a search of its own makes."""
DEAD_LOCALS = frozenset({"dead-locals"})
EVERY = tuple(frozenset(made) for made in chain(*(combinations(NAMES, count) for count in range(len(NAMES) + 1))))
"""Every set of reductions, the smallest first."""


def subsets(random: Random) -> list[frozenset[str]]:
    """All reductions, all but one each, each alone, none, and a few at random."""
    everything = frozenset(NAMES)
    chosen = [everything, *(everything - {name} for name in NAMES), *(frozenset({name}) for name in NAMES), frozenset()]
    return list(dict.fromkeys([*chosen, *random.sample(EVERY, 2)]))


@dataclass(frozen=True)
class Found:
    """What one search came to. `lengths`: of the shortest paths, where the search promises them."""

    decided: frozenset[str]
    problem: bool
    stuck: bool
    exhausted: bool
    states: int
    lengths: tuple[tuple[str, int], ...] | None


@dataclass
class Searches:
    """The searches of one system, none of which stores more states than `most`."""

    system: System
    most: int
    _passed: dict[frozenset[str], System] = field(default_factory=dict)
    _ready: dict[tuple[frozenset[str], bool], Prepared] = field(default_factory=dict)

    def found(self, made: Collection[str]) -> Found | None:
        """What is found where these reductions are made; None: more states than are searched."""
        passes, limits = OF_PASSES.intersection(made), Limits(max_states=self.most)
        if not SEARCHED.intersection(made):
            exploration = ExplicitEngine().explore(self._after(passes), limits)
            return None if exploration.stopped is not None else _of_whole(exploration)
        prepared = self._prepared(passes, renamed=SYMMETRY in made)
        found = explore_reduced(prepared, limits, merge=MERGE in made, partial_order=PARTIAL_ORDER in made)
        return None if found.stopped is not None else _of_reduced(found)

    def differences(self, reference: Found, made: Collection[str]) -> tuple[int, str]:
        """How many verdicts were compared with those of a search without, and how they differ (empty: not at all)."""
        found = self.found(made)
        if found is None:
            return 0, ""
        names = {prop.name for prop in self.system.properties} - {NO_DEADLOCK}
        if found.lengths is not None and reference.lengths is not None:
            same = found.lengths == reference.lengths
        elif reference.exhausted or found.exhausted:
            same = (found.decided, found.stuck, found.exhausted, found.problem) == (
                reference.decided,
                reference.stuck,
                reference.exhausted,
                reference.problem,
            )
        else:
            # Either ended early, and what it has then is what the search for the shortest paths goes by.
            same = (found.problem or found.decided >= names) and (reference.problem or reference.decided >= names)
        return len(names) + 1, "" if same else f"{sorted(made)}: {found}, without {reference}"

    def _after(self, passes: frozenset[str]) -> System:
        if passes not in self._passed:
            self._passed[passes] = reduce_system(self.system, sorted(OF_PASSES - passes))
        return self._passed[passes]

    def _prepared(self, passes: frozenset[str], *, renamed: bool) -> Prepared:
        passes |= DEAD_LOCALS if renamed else frozenset()  # which a search that exchanges states resets in any case
        if (passes, renamed) not in self._ready:
            system = self._after(passes)
            symmetry = find_symmetry(system) if renamed else None
            # Where nothing is interchangeable the search is the one without.
            same = symmetry is not None and not symmetry.tables
            self._ready[passes, renamed] = (
                self._prepared(passes, renamed=False) if same else prepare_reduced(system, symmetry)
            )
        return self._ready[passes, renamed]


def _of_whole(exploration: Exploration) -> Found:
    paths = {name: len(finding.path.transitions) for name, finding in exploration.findings.items()}
    problem = exploration.problem
    ends = [] if problem is None else [("", len(problem.transitions))]
    return Found(
        decided=frozenset(paths) - {NO_DEADLOCK},
        problem=problem is not None,
        stuck=NO_DEADLOCK in paths,
        exhausted=exploration.exhausted,
        states=exploration.counts.states,
        lengths=tuple(sorted([*paths.items(), *ends])),
    )


def _of_reduced(found: Reduced) -> Found:
    return Found(
        decided=found.decided - {NO_DEADLOCK},
        problem=found.problem,
        stuck=found.stuck,
        exhausted=found.exhausted,
        states=found.states,
        lengths=None,
    )
