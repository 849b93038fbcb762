"""An engine for large systems: a search with reductions says what there is to find, one without finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import System

from ..analysis.select import select_properties
from ..analysis.symmetry import TOO_LATE, Symmetry
from ..options import Limits
from ..reductions import MERGE, PARTIAL_ORDER, SYMMETRY
from ..result import Counts, Exploration, Finding, Path, Reduced
from ..trace.replay import follow, key
from .engine import ExplicitEngine
from .reduced import explore_reduced


@dataclass
class ReducedEngine:
    """Explores with merging, partial-order and symmetry reduction, natively.

    Counts are those of the reduced search, depth in passages from stored state to stored state. Paths are the canonical
    ones: what is decided somewhere is searched for again without reductions, up to where it is. A limit on depth is
    one on steps, which passages do not count: with it everything is searched without.
    """

    merge: bool = True
    partial_order: bool = True
    symmetry: Symmetry | None = None
    """What is searched is its system, which may differ from the one explored in the values of dead locals."""
    trial: bool = False
    """Whether to stop, by `NOTHING_SAVED`, where reductions save nothing."""
    name: str = "reduced"
    notice: str = ""
    """What the reductions have saved."""

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`; raises `NoCompiler` and `Unsupported`."""
        if limits.max_depth is not None:
            self.notice = "with --max-depth nothing is reduced: passages are not counted in steps"
            return replace(ExplicitEngine().explore(system, limits), engine=self.name)
        found = explore_reduced(
            system if self.symmetry is None else self.symmetry.system,
            limits,
            merge=self.merge,
            partial_order=self.partial_order,
            symmetry=self.symmetry,
            trial=self.trial,
        )
        self.notice = self._told(found)
        if found.problem or found.stuck:
            return replace(ExplicitEngine().explore(system, limits.after(found.seconds)), engine=self.name)
        again = _decided(system, found, limits) if found.decided else None
        missing = again is not None and not found.decided <= again.findings.keys()
        return Exploration(
            counts=Counts(found.states, found.transitions, found.depth, self._saved(found)),
            exhausted=found.exhausted and not missing,
            stopped=again.stopped if again is not None and missing else found.stopped,
            findings={} if again is None else again.findings,
            problem=None if again is None else again.problem,
            seconds=found.seconds + (0.0 if again is None else again.seconds),
            engine=self.name,
            fired=found.fired,
        )

    def _saved(self, found: Reduced) -> dict[str, int]:
        """What each reduction that was made has saved."""
        made = {
            MERGE: (self.merge, found.passed),
            PARTIAL_ORDER: (self.partial_order, found.postponed),
            SYMMETRY: (self.symmetry is not None, found.renamed),
        }
        return {name: count for name, (on, count) in made.items() if on}

    def _told(self, found: Reduced) -> str:
        """The text of a notice."""
        saved = self._saved(found)
        parts = [f"{found.states:,} states stored"]
        if MERGE in saved:
            parts.append(f"{found.passed:,} passed through (merge)")
        if PARTIAL_ORDER in saved:
            parts.append(f"{found.postponed:,} of the stored expanded by some agents only (partial-order)")
        if self.symmetry is not None:
            what = "; ".join([self._interchangeable(self.symmetry), *self.symmetry.apart])
            parts.append(f"{found.renamed:,} successors exchanged (symmetry{what})")
        switch = "; --no-reduce NAME switches one off" if saved else ""
        return f"reduced search: {', '.join(parts)}{switch}"

    def _interchangeable(self, symmetry: Symmetry) -> str:
        """Which elements are, and whether more could not be proved for want of time."""
        groups = symmetry.groups
        if TOO_LATE in symmetry.against:
            known = f", where {' and '.join(groups)} are interchangeable; for others" if groups else ", as"
            return f"{known} there was no time left for the proof that elements are interchangeable"
        return f", where {' and '.join(groups)} are interchangeable" if groups else ", as nothing is interchangeable"


def _decided(system: System, found: Reduced, limits: Limits) -> Exploration:
    """The canonical paths of what is decided somewhere."""
    again = ExplicitEngine().explore(select_properties(system, found.decided), limits.after(found.seconds))
    evaluator = Evaluator(system)

    def whole(path: Path) -> Path:
        return follow(evaluator, path.initial, map(key, path.transitions))

    findings = {
        name: Finding(name, whole(finding.path)) for name, finding in again.findings.items() if name in found.decided
    }
    problem = None if again.problem is None else whole(again.problem)
    return replace(again, findings=findings, problem=problem)
