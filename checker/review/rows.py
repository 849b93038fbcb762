"""Rows of the table: the verdicts under one design, and which mechanisms would have stopped the runs that go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from shootdown.model.ir.system import Property, System

from ..options import Limits
from ..result import NO_DEADLOCK
from ..scenario.problem import Problem, ScenarioError
from ..scenario.twins import under
from ..trace.effect import effect
from ..trace.replay import Key
from ..trace.twin import retake
from ..vacuity import nothing_at_stake
from ..verdict import Verdict
from .boxes import Design, contains, point, within
from .deciding import Decided
from .designs import Designs, changes
from .leading import Leader
from .result import Cell, DesignRow, Stopper
from .searching import Found, Hit, Searcher
from .starts import Start, Starts, arrays_of, from_start

_PROBLEMS = {"model error": Verdict.MODEL_ERROR, "world too small": Verdict.WORLD_TOO_SMALL}


@dataclass
class Rows:
    """Makes rows, each design once."""

    designs: Designs
    searcher: Searcher
    starts: Starts
    limits: Limits
    decided: Decided
    _made: dict[Design, DesignRow] = field(default_factory=dict, init=False)
    _safe: dict[Design, bool | None] = field(default_factory=dict, init=False)

    def row(self, design: Design, preset: str = "") -> DesignRow:
        """The row of a design, which need not be one of the space."""
        if design not in self._made:
            self._made[design] = self._row(design)
        return replace(self._made[design], preset=preset)

    def _row(self, design: Design) -> DesignRow:
        changed = self.designs.difference(design)
        try:
            start, system = self.start(design)
        except ScenarioError as error:
            return DesignRow("", changed, (), str(error))
        found = self.searcher.search(start, point(design), (), self.limits, first=False)
        hits = {hit.prop.name if hit.prop else "": hit for hit in found.hits}
        told: dict[tuple[Key, ...], tuple[Stopper, ...]] = {}
        cells = []
        for prop in self._judged(hits):
            cell = self._cell(system, prop, found, hits)
            hit = hits.get(prop.name)
            if cell.verdict is Verdict.VIOLATED and hit is not None:
                if hit.keys not in told:
                    told[hit.keys] = tuple(self._stoppers(system, design, hit))
                cell = replace(cell, stoppers=told[hit.keys])
            cells.append(cell)
        return DesignRow("", changed, tuple(cells))

    def start(self, design: Design) -> tuple[Start, System]:
        """How a design starts, and its system. Raises ScenarioError for one that cannot be built."""
        space, twins = self.designs.space, self.designs.twins
        if within(point(design), space.domain):
            _, start = self.starts.around(design)
            if start.refused:
                raise ScenarioError(self.designs.built.scenario.name, Problem("", start.refused))
            return start, from_start(under(self.designs.system, space.settings(design)), start)
        twins.check(space.settings(design))
        system = twins.system(space.settings(design), set())
        return Start(arrays_of(system, self.searcher.relevant)), system

    def _judged(self, hits: dict[str, Hit]) -> Sequence[Property]:
        """The properties that are reviewed, and that nothing is stuck if that is so somewhere or was asked for."""
        stuck = hits.get(NO_DEADLOCK)
        listed = any(prop.name == NO_DEADLOCK for prop in self.searcher.reviewed)
        extra = (stuck.prop,) if stuck and stuck.prop and not listed else ()
        return (*self.searcher.reviewed, *extra)

    def _cell(self, system: System, prop: Property, found: Found, hits: dict[str, Hit]) -> Cell:
        if prop.name in hits:
            return Cell(prop.name, Verdict.VIOLATED, len(hits[prop.name].keys))
        if "" in hits:
            keys = hits[""].keys
            problem = retake(system, keys).path.transitions[-1].problem
            assert problem is not None
            return Cell(prop.name, _PROBLEMS[problem.failure.value], len(keys), problem.message)
        exploration = replace(found.exploration, fired=found.fired)
        if not exploration.exhausted:
            return Cell(prop.name, Verdict.UNKNOWN, None, f"stopped by {exploration.stopped}")
        vacuous = nothing_at_stake(system, exploration, prop)
        return Cell(prop.name, Verdict.VACUOUS if vacuous else Verdict.HOLDS, None, vacuous)

    def _stoppers(self, system: System, design: Design, hit: Hit) -> Iterator[Stopper]:
        """The changes of one mechanism under which neither the run nor one with its schedule goes wrong."""
        run, space = retake(system, hit.keys), self.designs.space
        for other in changes(space, design):
            axis = next(axis for axis, value in enumerate(other) if value != design[axis])
            name = space.axes[axis].name
            try:
                _, changed = self.start(other)
            except ScenarioError:
                continue
            if name not in run.reads and changed.arrays == system.arrays:
                continue
            found = effect(run.path, system, changed, hit.prop, frozenset({name}))
            if found.fate.stops and not Leader(changed, space).lead(hit.keys, hit.prop, point(other)):
                (setting,) = self.designs.settings([(name, (other[axis],))])
                step = found.step if found.step is not None else len(hit.keys)
                yield Stopper(setting, step, self._is_safe(other))

    def _is_safe(self, design: Design) -> bool | None:
        """Whether a design is safe: as decided, or else by a search of it alone; None if a limit stops that."""
        if design not in self._safe:
            self._safe[design] = self._decided(design)
        return self._safe[design]

    def _decided(self, design: Design) -> bool | None:
        if within(point(design), self.designs.space.domain):
            if any(contains(box, design) for box in self.decided.safe):
                return True
            if any(contains(box, design) for box in self.decided.unsafe_boxes):
                return False
        start, _ = self.start(design)
        found = self.searcher.search(start, point(design), (), self.limits)
        return False if found.hits else True if found.exploration.exhausted else None
