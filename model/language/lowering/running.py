"""Runs a system while it is lowered: of its steps only those are made that somebody comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...ir.consult import ConsultingEvaluator
from ...ir.evaluate import Transition
from ...ir.layout import State
from ...ir.system import Array, Point, Step
from ...ir.views import View
from .unfolding import Unfolding


@dataclass(frozen=True)
class Running(ConsultingEvaluator):
    """Evaluates an unfolding; `system` is its frame.

    Steps are numbered, and shared variables stand behind the agents, as they are met. A state lacks variables that were
    met after it: there they have their initial values. Whoever asks for steps may get ModelErrors: one does not fit the
    world.
    """

    unfolding: Unfolding = field(kw_only=True)
    _steps: dict[str, list[Step]] = field(default_factory=dict, compare=False)
    _numbers: dict[tuple[str, int], range] = field(default_factory=dict, compare=False)
    _shared: list[Array] = field(default_factory=list, compare=False)

    def steps_at(self, state: State, agent: int) -> Sequence[int]:
        """As `Evaluator` says."""
        at = self.system.agents[agent].process, state[self.layout.points[agent]]
        if at not in self._numbers:
            made, steps = self.unfolding.steps(*at), self._steps.setdefault(at[0], [])
            self._numbers[at] = range(len(steps), len(steps) + len(made))
            steps += made
            self._views.update(self.unfolding.views(*at))
            for array in self.unfolding.new_arrays(*at):
                self._arrays[array.name] = self._end, array.dims
                self._shared.append(array)
        return self._numbers[at]

    @property
    def _end(self) -> int:
        return len(self.layout.initial) + sum(array.size for array in self._shared)

    def step_of(self, agent: int, step: int) -> Step:
        """As `Evaluator` says."""
        return self._steps[self.system.agents[agent].process][step]

    def point(self, state: State, agent: int) -> Point:
        """As `Evaluator` says."""
        return self.unfolding.processes[self.system.agents[agent].process].points[state[self.layout.points[agent]]]

    def outcomes(self, state: State, agent: int, step: int) -> Iterator[Transition]:
        """As `Evaluator` says."""
        return super().outcomes(self._whole(state), agent, step)

    def outcome(self, state: State, agent: int, step: int, chosen: Sequence[int]) -> Transition | None:
        """As `Evaluator` says."""
        self.steps_at(state, agent)
        return super().outcome(self._whole(state), agent, step, chosen)

    def shared(self, state: State) -> Mapping[str, tuple[int, ...]]:
        """As `Evaluator` says, of the variables met so far."""
        whole = self._whole(state)
        offsets = {name: offset for name, (offset, _) in self._arrays.items()}
        return {array.name: whole[offsets[array.name] :][: array.size] for array in self._shared}

    def _whole(self, state: State) -> State:
        """The state with all variables met so far."""
        cells = [value for array in self._shared for value in array.init]
        return (*state, *cells[len(state) - len(self.layout.initial) :])

    @cached_property
    def _arrays(self) -> dict[str, tuple[int, tuple[int, ...]]]:
        return {}

    @cached_property
    def _views(self) -> dict[str, View]:
        return {}


def running(unfolding: Unfolding) -> Running:
    """An evaluator that has met nothing yet."""
    return Running(unfolding.frame(), unfolding=unfolding)
