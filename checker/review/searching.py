"""Many designs in one search: the freed system is compiled once, and searched from the cells that a box stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from shootdown.model.ir.evaluate import Transition
from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.system import Property, PropertyKind, System

from ..analysis.dead_locals import reset_dead_locals
from ..analysis.fold import fold_constants
from ..analysis.select import drop_unselected_assertions
from ..analysis.slicing import slice_system
from ..analysis.unchanging import fold_unchanging
from ..explicit.build import NoCompiler
from ..explicit.engine import Prepared, prepare
from ..explicit.specialise import Unsupported
from ..interpreter import InterpreterEngine
from ..options import Limits
from ..result import NO_DEADLOCK, Exploration, Path
from ..trace.replay import Key
from .boxes import Box, Space
from .freeing import Freed, cell_value, chosen_mechanism, drop_idle_choices, free, step_reads
from .starts import Start, from_start

STUCK = Property(NO_DEADLOCK, PropertyKind.NO_DEADLOCK, TRUE, "no agent waits for something that nobody will do")


@dataclass(frozen=True)
class Hit:
    """A run that goes wrong: it violates `prop`, or ends in a problem (None). `keys` are its transitions in the system
    as it was before, `chosen` the alternatives that its steps chose of each mechanism."""

    prop: Property | None
    keys: tuple[Key, ...]
    chosen: Mapping[str, frozenset[int]]


@dataclass(frozen=True)
class Found:
    """What the search of a box came to. `fired`: steps enabled somewhere, as the system before numbers them."""

    hits: tuple[Hit, ...]
    exploration: Exploration
    fired: frozenset[tuple[str, int]]


@dataclass
class Searcher:
    """Searches boxes of designs of one system. Without the native engine it does so with the interpreter."""

    system: System
    space: Space
    freed: Freed = field(init=False)
    relevant: frozenset[str] = field(init=False)
    """The shared variables that a guard, a check or a property depends on, whatever the design."""
    notice: str = field(default="", init=False)
    _reduced: dict[Start, tuple[System, Prepared | None]] = field(default_factory=dict, init=False)

    @property
    def reviewed(self) -> tuple[Property, ...]:
        """The properties that are searched for: not those that say that something is possible."""
        names = {prop.name for prop in self.freed.system.properties}
        return tuple(prop for prop in self.system.properties if prop.name in names)

    def __post_init__(self) -> None:
        self.freed = free(self.system)
        sliced = slice_system(drop_unselected_assertions(self.freed.system))
        self.relevant = frozenset(array.name for array in sliced.arrays)

    def search(self, start: Start, box: Box, remember: Collection[str], limits: Limits, *, first: bool = True) -> Found:
        """Search every design of a box at once, from their common start; `first`: one hit is enough.

        Exhausted without a hit: none of them goes wrong. A hit is a run of one of them if what it chose of each
        mechanism is one alternative; of mechanisms that are remembered it always is. An interrupt of the search is one
        of the review, which is many searches: `KeyboardInterrupt`.
        """
        reduced, prepared = self._prepared(start)
        reduced = self._from(reduced, box, remember)
        if prepared is None:
            exploration = InterpreterEngine().explore(reduced, limits)
        else:
            exploration = prepared.explore(Layout(reduced).initial, limits, any_will_do=first)
        if exploration.stopped == "interrupted":
            raise KeyboardInterrupt
        hits = [
            Hit(self._property(name), *_told(reduced, finding.path)) for name, finding in exploration.findings.items()
        ]
        if exploration.problem is not None:
            hits.append(Hit(None, *_told(reduced, exploration.problem)))
        fired = frozenset((process, _origin(reduced, process, number)) for process, number in exploration.fired)
        return Found(tuple(hits), exploration, fired)

    def unread(self, found: Found) -> frozenset[str]:
        """The mechanisms of which an exhaustive search has met nothing that reads them: they may be as they please.

        What guards read does not count as unread, for a step that is not enabled has read them, too.
        """
        read = set(self.freed.fixed)
        for process in self.system.processes:
            for number, step in enumerate(process.steps):
                if (process.name, number) in found.fired:
                    read |= step_reads(step.block)
        return frozenset(self.freed.cells.keys() - read)

    def _property(self, name: str) -> Property:
        return next((prop for prop in self.system.properties if prop.name == name), STUCK)

    def _prepared(self, start: Start) -> tuple[System, Prepared | None]:
        """The system that is searched from a start, and its compiled form."""
        if start not in self._reduced:
            self._reduced[start] = self._compiled(start)
        return self._reduced[start]

    def _compiled(self, start: Start) -> tuple[System, Prepared | None]:
        cells = frozenset(self.freed.cells.values())
        system = fold_constants(drop_unselected_assertions(from_start(self.freed.system, start)), cells)
        system = fold_unchanging(system, cells)
        system = reset_dead_locals(slice_system(drop_idle_choices(slice_system(system))))
        left = cells & {array.name for array in system.arrays}
        try:
            return system, prepare(system, left)
        except (NoCompiler, Unsupported) as reason:
            self.notice = f"{reason}; exploring with the interpreter, which is slower"
            return system, None

    def _from(self, reduced: System, box: Box, remember: Collection[str]) -> System:
        inits: dict[str, tuple[int, ...]] = {}
        for axis, mask in zip(self.space.axes, box, strict=True):
            if axis.name in self.freed.cells:
                inits[self.freed.cells[axis.name]] = (cell_value(mask, axis, remember=axis.name in remember),)
        return replace(
            reduced, arrays=tuple(replace(array, init=inits.get(array.name, array.init)) for array in reduced.arrays)
        )


def _origin(system: System, process: str, number: int) -> int:
    step = next(each for each in system.processes if each.name == process).steps[number]
    return number if step.origin is None else step.origin


def _told(system: System, path: Path) -> tuple[tuple[Key, ...], dict[str, frozenset[int]]]:
    """The transitions of a path without the choices of alternatives, and those choices."""
    chosen: dict[str, frozenset[int]] = {}
    keys: list[Key] = []
    for transition in path.transitions:
        keys.append((transition.agent, _number(system, transition), _own_choices(transition)))
        for choice in transition.choices:
            name = chosen_mechanism(choice.name)
            if name is not None:
                chosen[name] = chosen.get(name, frozenset()) | {choice.value}
    return tuple(keys), chosen


def _number(system: System, transition: Transition) -> int:
    return _origin(system, system.agents[transition.agent].process, transition.step)


def _own_choices(transition: Transition) -> tuple[int, ...]:
    return tuple(choice.value for choice in transition.choices if chosen_mechanism(choice.name) is None)
