"""Where the designs of a space start: the setup runs under each, and may end differently."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from shootdown.model.ir.system import System

from ..scenario.problem import ScenarioError
from .boxes import Box, Design, Space, contains, values, without

MOST_RUNS = 256
"""Setups that are run to find out whether a box has one start."""

Settings = dict[str, int]
Arrays = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Start:
    """The values of the shared variables after the setup; `refused` says why the designs cannot be built at all."""

    arrays: Arrays = ()
    refused: str = ""


@dataclass
class Starts:
    """Runs setups, each at most once for all designs that it cannot tell apart.

    `twin` builds the system of a design, and notes in the set what its setup reads, also if it fails. `relevant` names
    the shared variables whose values make a difference; of others the start says nothing.
    """

    space: Space
    twin: Callable[[Settings, set[str]], System]
    relevant: Collection[str]
    _known: list[tuple[Box, Start]] = field(default_factory=list, init=False)
    _regions: list[tuple[Box, Start]] = field(default_factory=list, init=False)

    def around(self, design: Design) -> tuple[Box, Start]:
        """How the design starts, and a box around it, as large as is found, that starts in the same way."""
        for region, start in self._regions:
            if contains(region, design):
                return region, start
        region, start = self._run(design)
        if not start.refused:
            region = self._widened(region, start)
        self._regions.append((region, start))
        return region, start

    def _widened(self, region: Box, start: Start) -> Box:
        for axis, whole in enumerate(self.space.domain):
            for mask in (whole, *(1 << value for value in values(whole))):
                wider = (*region[:axis], region[axis] | mask, *region[axis + 1 :])
                if wider != region and self._same(wider, start):
                    region = wider
        return region

    def _same(self, box: Box, start: Start) -> bool:
        """Whether every design of a box is known to start like this."""
        pending, runs = [box], 0
        while pending:
            part = pending.pop()
            first = tuple(next(values(mask)) for mask in part)
            cube, found = self._run(first)
            runs += 1
            if found != start or runs > MOST_RUNS:
                return False
            pending += without(part, cube)
        return True

    def _run(self, design: Design) -> tuple[Box, Start]:
        for cube, start in self._known:
            if contains(cube, design):
                return cube, start
        consulted: set[str] = set()
        try:
            start = Start(arrays_of(self.twin(self.space.settings(design), consulted), self.relevant))
        except ScenarioError as error:
            start = Start(refused=str(error))
        cube = self.space.pinned(design, consulted)
        self._known.append((cube, start))
        return cube, start


def arrays_of(system: System, names: Collection[str]) -> Arrays:
    """The initial values of the shared variables of these names."""
    return tuple((array.name, array.init) for array in system.arrays if array.name in names)


def from_start(system: System, start: Start) -> System:
    """The system from another start, as far as that says anything."""
    inits = dict(start.arrays)
    arrays = tuple(replace(array, init=inits.get(array.name, array.init)) for array in system.arrays)
    return replace(system, arrays=arrays)
