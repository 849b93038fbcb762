"""The designs of a scenario: its mechanisms as a space, and the system of each design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shootdown.model.ir.system import Mechanism, System

from ..scenario.problem import Problem, ScenarioError, did_you_mean
from ..scenario.request import Built
from ..scenario.twins import Twins
from .boxes import Design, Space
from .freeing import mechanisms_read
from .result import Setting


@dataclass(frozen=True)
class Designs:
    """Every design of a scenario. `free` names the mechanisms that may change; empty: all that its code reads."""

    built: Built
    free: tuple[str, ...] = ()

    @cached_property
    def system(self) -> System:
        """The system under the scenario's own design."""
        return self.built.system

    @cached_property
    def twins(self) -> Twins:
        """The systems of all designs."""
        return Twins(self.built)

    @cached_property
    def axes(self) -> tuple[Mechanism, ...]:
        """The mechanisms that the scenario's steps, its properties or its setup read, in the order of the model."""
        setup = self.twins.setup
        read = mechanisms_read(self.system) | (mechanisms_read(setup.system) if setup else frozenset())
        return tuple(item for item in self.system.mechanisms if item.name in read)

    @cached_property
    def space(self) -> Space:
        """The space of the designs that are decided: what is not free stays as it is.

        Raises ScenarioError for a name of `free` that is no mechanism or is not read.
        """
        names = [axis.name for axis in self.axes]
        for name in self.free:
            if name not in names:
                known = self.built.model.mechanisms
                hint = did_you_mean(name, known) or "; see: shootdown list mechanisms"
                said = "nothing in this scenario reads it" if name in known else f"no such mechanism{hint}"
                raise ScenarioError(self.built.scenario.name, Problem("", f"--mechanism {name}: {said}"))
        domain = tuple(
            self._alternatives(axis) if not self.free or axis.name in self.free else 1 << axis.value
            for axis in self.axes
        )
        return Space(self.axes, domain)

    @cached_property
    def own(self) -> Design:
        """The scenario's own design."""
        return tuple(axis.value for axis in self.axes)

    def of_labels(self, labels: Mapping[str, str]) -> Design:
        """The design that these labels stand for."""
        return tuple(
            [label.casefold() for label in axis.labels].index(labels[axis.name].casefold()) for axis in self.axes
        )

    def difference(self, design: Design) -> tuple[Setting, ...]:
        """Where a design differs from the scenario's own."""
        return tuple(
            Setting(axis.name, (axis.labels[value],))
            for axis, value, own in zip(self.axes, design, self.own, strict=True)
            if value != own
        )

    def settings(self, named: Iterable[tuple[str, Sequence[int]]]) -> tuple[Setting, ...]:
        """Alternatives by position as settings."""
        known = {axis.name: axis.labels for axis in self.axes}
        return tuple(Setting(name, tuple(known[name][value] for value in several)) for name, several in named)

    def _alternatives(self, axis: Mechanism) -> int:
        """The alternatives that a mechanism may have: a device of the world may need one that is not the first."""
        types = self.built.model.device_types
        needed = {name for kind in self.built.request.world.devices.values() for name in types[kind].needs}
        every = (1 << len(axis.labels)) - 1
        return every & ~1 if axis.name in needed else every


def changes(space: Space, design: Design) -> Iterable[Design]:
    """The designs that differ from this one in one mechanism."""
    for axis, whole in enumerate(space.domain):
        for value in range(whole.bit_length()):
            if whole >> value & 1 and value != design[axis]:
                yield (*design[:axis], value, *design[axis + 1 :])
