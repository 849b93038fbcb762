"""A scenario under other designs: everything else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from shootdown.model.ir.consult import ConsultingEvaluator
from shootdown.model.ir.system import System

from .request import Built, lowered
from .setup import Setup, read_setup


@dataclass(frozen=True)
class Twins:
    """The systems of a scenario under designs of its model. The setup is read once, and run under each."""

    built: Built

    @cached_property
    def setup(self) -> Setup | None:
        """The setup; None if there is none."""
        return read_setup(self.built.scenario, self.built.model, replace(self.built.request, initial={}))

    def check(self, settings: Mapping[str, int]) -> None:
        """Raise ScenarioError if a device of the world needs what the design lacks."""
        labels = {item.name: item.labels for item in self.built.system.mechanisms}
        changed = {name: labels[name][value] for name, value in settings.items()}
        request = replace(self.built.request, design={**self.built.request.design, **changed})
        lowered(self.built.scenario, self.built.model, request)

    def system(self, settings: Mapping[str, int], consulted: set[str]) -> System:
        """The system with these alternatives (by position) instead of the scenario's own.

        `consulted` gets the mechanisms that the setup reads: the initial state rests on them alone. Raises
        ScenarioError for a setup that goes wrong under the design.
        """
        system = under(self.built.system, settings)
        if self.setup is None:
            return system
        initial = self.setup.run(ConsultingEvaluator(under(self.setup.system, settings), consulted=consulted))
        return replace(
            system, arrays=tuple(replace(array, init=initial.get(array.name, array.init)) for array in system.arrays)
        )


def under(system: System, settings: Mapping[str, int]) -> System:
    """The system with other alternatives (by position) of some mechanisms. Its initial state stays as it is."""
    mechanisms = tuple(replace(item, value=settings.get(item.name, item.value)) for item in system.mechanisms)
    return replace(system, mechanisms=mechanisms)
