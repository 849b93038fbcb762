"""What an engine hands back: how far it got, and for each property where it was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shootdown.model.ir.evaluate import Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

from .options import Limits

NO_DEADLOCK = "no_deadlock"
"""Under this name a stuck state is found, whether or not the system lists the property."""


@dataclass(frozen=True, slots=True)
class Path:
    """A run:

    the initial state and the transitions taken, each with its target; only the last may lack one (a problem).
    """

    initial: State
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """The states along the run."""
        targets = [transition.target for transition in self.transitions]
        return (self.initial, *(target for target in targets if target is not None))


@dataclass(frozen=True, slots=True)
class Counts:
    """States stored, transitions fired, depth of the deepest stored state (the initial one has 0).

    `saved` says, by name, how often a reduction of the search had something to do: states passed through (merge),
    states expanded by some agents only (partial-order), successors exchanged for the state that stands for them
    (symmetry).
    """

    states: int
    transitions: int
    depth: int
    saved: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a property was decided by a path: violated, or witnessed for `sometimes`."""

    name: str
    path: Path
    shortest: bool = True
    """Whether no shorter path decides it; False: that is not known."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a property holds in every run of any length: it follows by induction over `steps` steps at a time from the
    invariants, each as a reader may check it."""

    steps: int
    invariants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """The outcome of one search.

    `stopped` names the limit that ended it early (None: the search ended by itself). `exhausted`: it ended
    because every reachable state was expanded. A `problem` path ends
    in a model error or a world that is too small and comes before everything else.
    """

    counts: Counts
    exhausted: bool
    stopped: str | None
    findings: Mapping[str, Finding]
    problem: Path | None
    seconds: float
    engine: str
    fired: frozenset[tuple[str, int]] = field(default=frozenset())
    """(process, step index) of every step that was enabled somewhere."""
    counted: bool = True
    """Whether the engine counts states and transitions at all."""
    canonical: bool = True
    """Whether paths are the canonical ones; if not, they are not known to be shortest either."""
    bound: int | None = None
    """The depth to which what was not found is known not to exist, where `Limits.max_depth` does not say it."""
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    """By property: what was proved."""
    collision: float | None = None
    """Where states were told apart by fingerprints: the probability that two of them had the same, at most."""
    undecidable: Mapping[str, str] = field(default_factory=dict)
    """By property: why this engine cannot decide it."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """What a search with reductions came to: which properties are decided somewhere, and no paths.

    `states` were stored, `passed` were gone through on the way, `postponed` are stored states of which one agent's
    transitions were enough. `renamed` successors were exchanged for others that differ only in what interchangeable
    elements are called. `depth` counts passages from stored state to stored state.
    """

    states: int
    transitions: int
    exhausted: bool
    stopped: str | None
    decided: frozenset[str]
    problem: bool
    stuck: bool
    fired: frozenset[tuple[str, int]]
    passed: int
    postponed: int
    renamed: int
    depth: int
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Reached:
    """Every reachable state of a system: for each entry of the state vector its value in each of them, in one order."""

    count: int
    columns: tuple[Sequence[int], ...]


class Engine(Protocol):
    """A way to explore a system. Same system, same limits: same counts, same findings, same paths, for every engine."""

    @property
    def name(self) -> str:
        """The name by which it is asked for."""

    def explore(self, system: System, limits: Limits) -> Exploration:
        """Search breadth-first until every property is decided, the system is exhausted or a limit is reached."""
