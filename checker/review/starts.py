"""Where the designs of a space start: the setup runs under each, and may end differently."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, partial

from shootdown.model.ir.consult import ConsultingEvaluator
from shootdown.model.ir.system import System

from ..scenario.problem import ScenarioError
from ..scenario.setup import Setup, Stage
from .boxes import Box, Design, Space, contains, point, widened
from .parting import Parting, gather

Arrays = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Start:
    """The values of the shared variables after the setup; `refused` says why the designs cannot be built at all."""

    arrays: Arrays = ()
    refused: str = ""


@dataclass
class Starts:
    """Runs the setup of a system under all designs of a space at once; those that reach the same state go on together.

    `relevant` names the shared variables whose values make a difference; of others the start says nothing.
    """

    space: Space
    system: System
    setup: Setup | None
    relevant: Collection[str]

    def around(self, design: Design) -> tuple[Box, Start]:
        """How a design starts, and a box around it, as large as is found, that starts in the same way."""
        start = next(start for start, boxes in self._all.items() if any(contains(box, design) for box in boxes))
        others = [box for other, boxes in self._all.items() if other != start for box in boxes]
        return widened(point(design), self.space.domain, others), start

    @cached_property
    def _all(self) -> dict[Start, dict[Box, int]]:
        """Every start, with the designs that have it."""
        found: dict[Start, dict[Box, int]] = {}
        if self.setup is None:
            return {Start(arrays_of(self.system, self.relevant)): {self.space.domain: 0}}
        evaluator = ConsultingEvaluator(self.setup.system)
        parting = Parting(evaluator, self.space)
        frontier: dict[Stage, dict[Box, int]] = {self.setup.begin(evaluator): {self.space.domain: 0}}
        while frontier:
            stage = min(frontier, key=lambda each: (each.line, each.taken))
            for box in frontier.pop(stage):
                for piece, after in parting.parts(box, partial(self._next, evaluator, stage)):
                    if isinstance(after, Start):
                        gather(found.setdefault(after, {}), piece, 0)
                    else:
                        gather(frontier.setdefault(after, {}), piece, 0)
        return found

    def _next(self, evaluator: ConsultingEvaluator, stage: Stage) -> Stage | Start:
        """The next stage; where the setup ends, or goes wrong, the start."""
        assert self.setup is not None
        try:
            after = self.setup.next(evaluator, stage)
        except ScenarioError as error:
            return Start(refused=str(error))
        if after is not None:
            return after
        values = evaluator.shared(stage.state)
        arrays = tuple(replace(array, init=values.get(array.name, array.init)) for array in self.system.arrays)
        return Start(arrays_of(replace(self.system, arrays=arrays), self.relevant))


def arrays_of(system: System, names: Collection[str]) -> Arrays:
    """The initial values of the shared variables of these names."""
    return tuple((array.name, array.init) for array in system.arrays if array.name in names)


def from_start(system: System, start: Start) -> System:
    """The system from another start, as far as that says anything."""
    inits = dict(start.arrays)
    arrays = tuple(replace(array, init=inits.get(array.name, array.init)) for array in system.arrays)
    return replace(system, arrays=arrays)
