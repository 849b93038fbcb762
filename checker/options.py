"""How to check, and where a search gives up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

SWITCHES_SPENT = "context_switches"
"""What has stopped a search that has seen all runs with so few context switches, and no others."""

MODEST = 50_000
"""States after which the interpreter, standing in for the native engine, gives up on a scenario."""

MODEST_OF_SEVERAL = 5_000
"""The same where it is one of several: a second or two of each, for most of a set of scenarios are larger."""

Progress = Callable[[int, int, int], None]
"""Called about once a second with states, transitions and depth so far."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file in which a search is kept while it runs, written anew every so many seconds.

    `request` is what was asked for, for those who read the file. `resume`: begin where the search in the file was.
    """

    file: Path
    request: Mapping[str, object] = field(default_factory=dict)
    every: float = 60.0
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Native:
    """How the native engine goes about a search. What it finds does not depend on it, but for fingerprints.

    `threads`: how many search; None: one, where nobody knows better. `fingerprint`: tell states apart by 64 bits of
    each. `spill`: a folder for states that are not to stay in memory.
    """

    threads: int | None = None
    checkpoint: Checkpoint | None = None
    fingerprint: bool = False
    spill: Path | None = None

    @property
    def alone(self) -> bool:
        """Whether no other engine will do."""
        return self.checkpoint is not None or self.fingerprint or self.spill is not None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a search gives up: states stored, depth, seconds, bytes of memory; None: no limit.

    `context_switches`: only runs with at most so many are searched. An engine does not know of it; `searching` does.
    `native` is for the native engine alone. `modest` is for the interpreter in its place, if there is no other limit.
    """

    max_states: int | None = None
    max_depth: int | None = None
    max_seconds: float | None = None
    max_memory: int | None = None
    progress: Progress | None = field(default=None, compare=False)
    context_switches: int | None = None
    native: Native = field(default_factory=Native)
    modest: int = MODEST

    @property
    def unlimited(self) -> bool:
        """Whether there is none on states, depth, time and memory."""
        return (self.max_states, self.max_depth, self.max_seconds, self.max_memory) == (None,) * 4

    def after(self, seconds: float) -> Limits:
        """Those of what follows on something that took so many seconds."""
        return self if self.max_seconds is None else replace(self, max_seconds=max(0.01, self.max_seconds - seconds))

    @property
    def unkept(self) -> Limits:
        """The same for another search, which no file keeps."""
        return replace(self, native=replace(self.native, checkpoint=None))


@dataclass(frozen=True, slots=True)
class Options:
    """How to check.

    `engine`: by name; None: the fastest that works here. `properties`: None: those that the scenario expects something
    of. `split`: search a second time with atomic steps cut, and compare. `without`: reductions, by name, that are
    not made. `coverage`: find out what of the model each scenario exercises, too. `grow`: check each larger world as
    well.
    """

    engine: str | None = None
    limits: Limits = field(default_factory=Limits)
    properties: tuple[str, ...] | None = None
    split: bool = False
    without: frozenset[str] = frozenset()
    coverage: bool = False
    grow: bool = False

    @property
    def reached(self) -> bool:
        """Whether steps that folding excludes need not be there at all."""
        return not self.coverage and "fold" not in self.without
