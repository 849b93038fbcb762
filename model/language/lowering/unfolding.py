"""A system that is lowered as far as somebody asks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ...ir.system import Agent, Array, Mechanism, Property, Step, System
from ...ir.views import View
from ..world import Request
from .emit import Emit
from .memory import Path, arrays_of
from .process import Builder, Part


@dataclass(eq=False)
class Unfolding:
    """The system of a request. Control points are numbered as they are met: each is asked for by such a number."""

    request: Request
    emit: Emit
    """What the properties use: their places and views."""
    processes: Mapping[str, Builder]
    agents: tuple[Agent, ...]
    mechanisms: tuple[Mechanism, ...]
    properties: tuple[Property, ...]
    _told: set[Path] = field(default_factory=set)

    def entry(self, process: str) -> tuple[int, dict[int, int]]:
        """Where a process starts, and the values of those of its locals that are not 0 there."""
        budget = self.processes[process].budget
        return 0, {} if budget is None else {0: budget}

    def steps(self, process: str, point: int) -> Sequence[Step]:
        """The steps at a control point. Raises ModelErrors where they do not fit the world."""
        return self.processes[process].at(point).steps

    def new_arrays(self, process: str, point: int) -> Sequence[Array]:
        """The shared variables that the steps at a point use, but those told before."""
        used = self.processes[process].at(point).used
        fresh = [path for path in used if path not in self._told]
        self._told.update(fresh)
        return [array for path in fresh for array in arrays_of(used[path], self.request.initial)]

    def views(self, process: str, point: int) -> Mapping[str, View]:
        """How the values are shown that the steps at a control point show."""
        return self.processes[process].at(point).views

    def frame(self) -> System:
        """The system without steps, shared variables and properties."""
        processes = tuple(builder.frame(name) for name, builder in self.processes.items())
        return System(self.request.name, (), processes, self.agents, self.mechanisms)

    def whole(self) -> System:
        """The system with all steps. Raises ModelErrors."""
        return self._system({name: builder.whole(name) for name, builder in self.processes.items()})

    def part(self, reached: Mapping[str, Collection[int]]) -> tuple[System, Mapping[str, tuple[int, ...]]]:
        """The system with the steps of these control points of each process only; and the control points of each
        process there, in order."""
        parts = {name: builder.part(name, reached[name]) for name, builder in self.processes.items()}
        return self._system(parts), {name: part.order for name, part in parts.items()}

    def positions(self, process: str, reached: Collection[int]) -> tuple[int, ...]:
        """Of each step of the part of a process its position among all steps. Raises ModelErrors."""
        builder = self.processes[process]
        first: dict[int, int] = {}
        count = 0
        for point in builder.whole(process).order:
            first[point] = count
            count += len(builder.at(point).steps)
        order = [point for point in builder.part(process, reached).order if point in reached]
        return tuple(first[point] + position for point in order for position in range(len(builder.at(point).steps)))

    def _system(self, parts: Mapping[str, Part]) -> System:
        memory, views = self.emit.memory.fresh(), dict(self.emit.views)
        memory.used |= self.emit.memory.used
        for part in parts.values():
            memory.used |= part.used
            views |= part.views
        return System(
            self.request.name,
            tuple(memory.arrays(self.request.initial)),
            tuple(part.process for part in parts.values()),
            self.agents,
            self.mechanisms,
            self.properties,
            tuple(memory.variables()),
            tuple(sorted(views.items())),
        )
