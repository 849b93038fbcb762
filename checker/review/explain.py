"""One run under every design that differs in one mechanism: would it have gone wrong, and is the design safe?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shootdown.model.ir.system import Property, System

from ..options import Limits
from ..result import Path
from ..scenario.problem import ScenarioError
from ..scenario.request import Built
from ..trace.effect import Effect, Fate, effect
from ..trace.replay import key
from .boxes import Design, point
from .deciding import Decided
from .designs import Designs, changes
from .leading import Leader
from .result import Cell, Setting
from .rows import Rows
from .searching import Searcher
from .starts import Starts


@dataclass(frozen=True, slots=True)
class Explained:
    """What becomes of a run with one setting changed.

    `effect` says where it first comes out differently. `led`: whether the same schedule goes wrong all the same, with
    steps more or fewer. `agent` and `label` are those of the step where the effect shows. `cells` are the verdicts on
    the whole design, of a run that is stopped; empty if it was not searched.
    """

    setting: Setting
    before: Setting
    effect: Effect
    led: bool
    agent: str = ""
    label: str = ""
    cells: tuple[Cell, ...] = ()
    refused: str = ""

    @property
    def stopped(self) -> bool:
        """Whether neither the run nor one with its schedule goes wrong."""
        return not self.refused and self.effect.fate.stops and not self.led


def explain(built: Built, path: Path, prop: Property | None, limits: Limits) -> tuple[Explained, ...]:
    """Each mechanism that the scenario's code reads, with each other alternative, in the order of the model.

    `prop` is the property that the run violates; None if it ends in a problem. Raises ScenarioError.
    """
    return tuple(_Explaining(built, path, prop, limits).all())


class _Explaining:
    def __init__(self, built: Built, path: Path, prop: Property | None, limits: Limits) -> None:
        self._designs = Designs(built)
        space = self._designs.space
        self._path = path
        self._prop = prop
        self._keys = [key(transition) for transition in path.transitions]
        searcher = Searcher(self._designs.system, space)
        starts = Starts(space, self._designs.system, self._designs.twins.setup, searcher.relevant)
        self._rows = Rows(self._designs, searcher, starts, limits, Decided(space))

    def all(self) -> Iterator[Explained]:
        """Every change of one mechanism."""
        for design in changes(self._designs.space, self._designs.own):
            yield self._one(design)

    def _one(self, design: Design) -> Explained:
        designs = self._designs
        (setting,) = designs.difference(design)
        axis = next(axis for axis in designs.axes if axis.name == setting.mechanism)
        before = Setting(axis.name, (axis.labels[axis.value],))
        try:
            _, system = self._rows.start(design)
        except ScenarioError as error:
            return Explained(setting, before, Effect(Fate.UNREAD), led=False, refused=str(error))
        found = effect(self._path, designs.system, system, self._prop, frozenset({axis.name}))
        led = found.fate.stops and bool(Leader(system, designs.space).lead(self._keys, self._prop, point(design)))
        agent, label = self._where(system, found)
        cells = self._rows.row(design).cells if found.fate.stops and not led else ()
        return Explained(setting, before, found, led, agent, label, cells)

    def _where(self, system: System, found: Effect) -> tuple[str, str]:
        if not found.step:
            return "", ""
        transition = self._path.transitions[found.step - 1]
        agent = system.agents[transition.agent]
        return agent.name, system.process(agent).steps[transition.step].label
