"""One native search: drives the C code in slices of time and answers what it has learnt."""

from __future__ import annotations

import ctypes
import math
import time
from array import array
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile, gettempdir

from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind

from ..options import Limits
from ..result import Counts
from .checkpoint import Keeper, system_digest
from .layout import Packing
from .native import NEVER, Driver, GoalKind, LoadedProgram, Outcome, Search, at_most, load_program, words
from .specialise import Specialised

_SLICE = 50_000_000
"""Nanoseconds of C code between looks at signals, limits and the faster tier."""
_BETWEEN_REPORTS = 1.0

CHUNK_STATES = 64
"""States that a thread expands at a time."""
FEWEST_STATES = 1024
"""States of a level from which threads pay."""
_THREADS_AFTER = 0.01
"""Seconds after which a search is long enough for threads."""

PACK_AFTER = 1 << 20
"""States from which those of more than two words are compressed, if they are then this much of their size:"""
PACK_PERCENT = 80

SPLIT_LINES = 1 << 19
"""Lines, of 64 bytes, of a table that is divided into pieces."""

_SHARE_OF_KEEPING = 20
"""A search is kept no oftener than so many times as long as that takes."""

_STOPPED = {
    Outcome.FULL_STATES: "max_states",
    Outcome.FULL_DEPTH: "max_depth",
    Outcome.FULL_MEMORY: "max_memory",
}

_LEAVING_STUCK = ("max_states", "max_depth", "max_seconds", "interrupted")
"""What may stop a search so that stuck states among those that it has expanded can be told; they take memory."""
_FOR_STUCK = 1.0
"""Seconds for that where there is no time left."""

Swap = Callable[[float], Driver | None]
"""Asked after each slice with the seconds since the start; the driver to go on with, if there is a better one."""


@dataclass
class NativeSearch:
    """A search of one system. Use as a context manager: the memory is C's."""

    specialised: Specialised
    packing: Packing
    driver: Driver
    program: LoadedProgram | None
    limits: Limits
    clock: Callable[[], float] = time.monotonic
    initial: State | None = None
    """Where to start, if not in the initial state of the system."""
    any_will_do: bool = False
    """Whether to stop, with what is known then, as soon as one property is decided and not when all are."""
    stopped: str | None = field(default=None, init=False)
    exhausted: bool = field(default=False, init=False)
    native: Search = field(default_factory=Search, init=False)
    _fired: array[int] = field(init=False)
    _kept: list[object] = field(default_factory=list, init=False)
    _told: float = field(default=0.0, init=False)
    started: float = field(init=False)
    unkept: str = field(default="", init=False)
    """Why the file that was to keep the search does not have what came last."""
    _keeper: Keeper | None = field(default=None, init=False)
    _next_keeping: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._fired = array("I", bytes(4 * (self.specialised.step_count + len(self.specialised.notes) + 1)))
        initial = words(self.packing.pack(self.start))
        x, limits = self.native, self.limits
        x.words, x.stride, x.agents = self.packing.words, self.packing.stride, len(self.specialised.agents)
        x.max_states, x.max_depth, x.max_bytes = map(at_most, (limits.max_states, limits.max_depth, limits.max_memory))
        x.wanted = self._wanted()
        x.initial, x.fired = initial.buffer_info()[0], self._fired.buffer_info()[0]
        x.threads, x.chunk_states, x.fewest_states, x.fired_count = 1, CHUNK_STATES, FEWEST_STATES, len(self._fired)
        x.pack_after, x.pack_percent, x.split_lines = PACK_AFTER, PACK_PERCENT, SPLIT_LINES
        native = limits.native
        if native.fingerprint or native.spill is not None:
            with TemporaryFile(dir=native.spill):  # an error now, and not in the middle of the search
                pass
            x.folder, x.prints, x.pack_after = bytes(native.spill or Path(gettempdir())), native.fingerprint, NEVER
        x.problem_depth = x.stuck_depth = NEVER
        if self.program is not None:
            x.machine = ctypes.addressof(self.program.machine)
        self._kept = [initial, self.program]
        checkpoint = self.limits.native.checkpoint
        if checkpoint is not None:
            digest = system_digest(self.specialised, self.packing, fingerprint=limits.native.fingerprint)
            self._keeper = Keeper(checkpoint, digest, x, self._fired, self.packing.words)
        self.started = self._told = self.clock()

    def __enter__(self) -> NativeSearch:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.close(ctypes.byref(self.native))

    @property
    def start(self) -> State:
        """The state of depth 0."""
        return self.packing.layout.initial if self.initial is None else self.initial

    @property
    def counts(self) -> Counts:
        """States, transitions, depth."""
        x = self.native
        deeper = x.levels and x.count > x.levels[x.depth + 1]
        return Counts(x.count, x.transitions + x.problems, x.depth + bool(deeper))

    @property
    def fired(self) -> frozenset[tuple[str, int]]:
        """(process, step) of the steps enabled somewhere."""
        return frozenset(
            (process.name, index)
            for process in self.specialised.system.processes
            for index in range(len(process.steps))
            if self._fired[self.specialised.fired[process.name] + index]
        )

    @property
    def noted(self) -> frozenset[str]:
        """The notes of enabled transitions, of those that were asked for."""
        first = self.specialised.step_count
        return frozenset(text for text, position in self.specialised.notes.items() if self._fired[first + position])

    @property
    def collision(self) -> float | None:
        """Where states are told apart by fingerprints: the probability that two had the same, at most."""
        count = int(self.native.count)
        return -math.expm1(-count * (count - 1) / 2.0**65) if self.limits.native.fingerprint else None

    @property
    def bytes_used(self) -> int:
        """Memory of the states and of the table that finds them."""
        return int(self.native.bytes)

    @property
    def problem_depth(self) -> int | None:
        """Depth of the first transition that ended in a problem."""
        return None if self.native.problem_depth == NEVER else int(self.native.problem_depth)

    @property
    def found(self) -> dict[str, int]:
        """Depth at which each decided property was decided, `no_deadlock` apart."""
        x = self.native
        return {item.prop.name: x.found_depth[item.bit] for item in self.specialised.judged if x.found >> item.bit & 1}

    def run(self, swap: Swap) -> None:
        """Search until there is no reason to go on, or a limit; a keyboard interrupt is one.

        Raises `KeyboardInterrupt` while it opens: a search that is read from a file is none until all is there.
        """
        outcome = self._open()
        try:
            while outcome is Outcome.SLICE_OVER:
                outcome = self._slice(swap)
        except KeyboardInterrupt:
            outcome = self._cut("interrupted")
        self.stopped = self.stopped or _STOPPED.get(outcome)
        if outcome is Outcome.FULL_MEMORY:
            self._do_not_keep("room for states ended in the middle of a step")
        elif self.stopped is not None:
            self._keep()
        self.exhausted = outcome is Outcome.EXHAUSTED

    def stuck(self) -> int | None:
        """Depth of the first stuck state that is known.

        A limit makes an exhausted search one that is not. After a search that one has cut short, there is a little time
        left for this.
        """
        cut = self.stopped in _LEAVING_STUCK
        if not (self.exhausted or cut) or not self.native.suspects:
            return None
        until = self.clock() + _FOR_STUCK if cut else 0.0
        try:
            outcome = Outcome.SLICE_OVER
            while outcome is Outcome.SLICE_OVER and not (self._late() and self.clock() >= until):
                outcome = self._call(self.driver.stuck)
            reason = {Outcome.FULL_MEMORY: "max_memory", Outcome.SLICE_OVER: "max_seconds"}.get(outcome)
        except KeyboardInterrupt:
            reason = "interrupted"
        if reason is not None:
            self.exhausted, self.stopped = False, self.stopped if cut and reason != "interrupted" else reason
            return None
        return None if self.native.stuck_depth == NEVER else int(self.native.stuck_depth)

    def paths(self, kind: GoalKind, depth: int, bit: int = 0) -> NativePaths:
        """The shortest paths to a goal at its least depth; valid until the next call."""
        x = self.native
        self.driver.forget(ctypes.byref(x))
        x.goal, x.goal_bit, x.goal_depth = kind, 1 << bit, depth
        outcome = Outcome.SLICE_OVER
        while depth and outcome is Outcome.SLICE_OVER:
            outcome = self._call(self.driver.mark)
        if outcome is Outcome.FULL_MEMORY:
            raise MemoryError("no memory left to look for the shortest path")
        return NativePaths(self)

    def position(self, state: State) -> int:
        """Position of a state in the store, or -1."""
        packed = (ctypes.c_uint64 * self.packing.words)(*self.packing.pack(state))
        return int(self.driver.find(ctypes.byref(self.native), packed))

    def states(self) -> array[int]:
        """The words of all states, in the order in which they were found."""
        found = words(bytes(8 * self.packing.words * int(self.native.count)))
        self._load(0, int(self.native.count), found.buffer_info()[0])
        return found

    def _open(self) -> Outcome:
        outcome = Outcome(self.driver.open(ctypes.byref(self.native)))
        if outcome is Outcome.FULL_MEMORY:
            return outcome
        if self._keeper is not None and self._keeper.checkpoint.resume:
            self._keeper.read(self._giver(self.driver.add, self.packing.words), self._giver(self.driver.set_levels, 1))
            self.started = self._told = self.clock()
        elif self._keeper is not None:
            self._keeper.write(self._load)
        if self._keeper is not None:
            self._next_keeping = self.clock() + self._keeper.checkpoint.every
        if self._late():
            return self._cut("max_seconds")
        return outcome

    def _giver(self, function: Callable[[object, int, object], int], each: int) -> Callable[[array[int]], Outcome]:
        """A function that takes an array of items of so many words."""

        def give(values: array[int]) -> Outcome:
            address = ctypes.cast(values.buffer_info()[0], ctypes.POINTER(ctypes.c_uint64))
            return Outcome(function(ctypes.byref(self.native), len(values) // each, address))

        return give

    def _load(self, first: int, last: int, address: int) -> None:
        to = ctypes.cast(address, ctypes.POINTER(ctypes.c_uint64))
        self.driver.load(ctypes.byref(self.native), first, last, to)

    def _keep(self) -> None:
        """Write the search into its file; what the disk refuses does not end the search."""
        if self._keeper is None or self.unkept:
            return
        began = self.clock()
        try:
            self._keeper.write(self._load)
        except OSError as error:
            self._do_not_keep(error.strerror)
        ended = self.clock()
        self._next_keeping = ended + max(self._keeper.checkpoint.every, _SHARE_OF_KEEPING * (ended - began))

    def _do_not_keep(self, why: str | None) -> None:
        if self._keeper is not None and not self.unkept:
            self.unkept = f"{self._keeper.checkpoint.file}: {why}; the file has an earlier state of the search"

    def _slice(self, swap: Swap) -> Outcome:
        outcome = self._call(self.driver.run)
        if outcome is not Outcome.SLICE_OVER:
            return outcome
        if self._late():
            return self._cut("max_seconds")
        if self.any_will_do and self.native.found:
            return self._cut("decided")
        self._report()
        if self._keeper is not None and self.clock() >= self._next_keeping:
            self._keep()
        seconds = self.clock() - self.started
        self.driver = swap(seconds) or self.driver
        threads = self.limits.native.threads or 1
        if self.native.threads < threads and seconds >= _THREADS_AFTER:
            self._allow_threads(threads)
        return outcome

    def _allow_threads(self, threads: int) -> None:
        """Let the search use so many threads from now on; each has a machine of its own."""
        if self.program is not None:
            others = [load_program(self.program.program, self.packing) for _ in range(threads - 1)]
            machines = words(ctypes.addressof(each.machine) for each in (self.program, *others))
            self._kept += [others, machines]
            self.native.machines = machines.buffer_info()[0]
        self.native.threads = threads

    def _cut(self, reason: str) -> Outcome:
        """Stop here; a level that is complete already may still end the search by itself."""
        self.native.max_states = 0
        outcome = self._call(self.driver.run)
        if outcome in (Outcome.FULL_STATES, Outcome.FULL_MEMORY):
            self.stopped = reason
        return outcome

    def _call(self, function: Callable[[object, int], int]) -> Outcome:
        alone = self.clock() - self.started < _THREADS_AFTER
        nanoseconds = min(_SLICE, int(_THREADS_AFTER * 1e9)) if alone else _SLICE
        outcome = Outcome(function(ctypes.byref(self.native), nanoseconds))
        if outcome is Outcome.FAULT:
            line = self.native.fault
            raise InternalError(f"an index or a value left its bounds in a step that the checker trusted (line {line})")
        return outcome

    def _late(self) -> bool:
        limit = self.limits.max_seconds
        return limit is not None and self.clock() - self.started >= limit

    def _report(self) -> None:
        now = self.clock()
        if self.limits.progress is not None and now - self._told >= _BETWEEN_REPORTS:
            self._told = now
            counts = self.counts
            self.limits.progress(counts.states, counts.transitions, counts.depth)

    def _wanted(self) -> int:
        kinds = {prop.kind for prop in self.specialised.system.properties}
        if PropertyKind.NO_DEADLOCK in kinds:
            return 0
        return (1 << len(self.specialised.judged)) - 1


@dataclass(frozen=True)
class NativePaths:
    """`ShortestPaths` from the marks of the last backward pass."""

    search: NativeSearch

    def cost(self, state: State, last: int, remaining: int) -> int | None:
        """As `ShortestPaths.cost`; None also for a state whose depth is not the goal's less `remaining`."""
        position = self._marked(state, remaining)
        if position is None:
            return None
        return self._cost(position) - 1 + (not self._starts(position, last))

    def starters(self, state: State, last: int, remaining: int) -> Collection[int]:
        """As `ShortestPaths.starters`."""
        position = self._marked(state, remaining)
        assert position is not None
        if self._starts(position, last):
            return (last,)
        return [agent for agent in range(self.search.native.agents) if agent == last or self._starts(position, agent)]

    def _marked(self, state: State, remaining: int) -> int | None:
        """Position of a state that has a run to the goal; None for any other."""
        marks, position = self.search.native, self.search.position(state)
        level = marks.goal_depth - remaining
        known = marks.levels[level] <= position < marks.levels[level + 1] and self._cost(position)
        return position if known else None

    def _starts(self, position: int, agent: int) -> bool:
        """Whether an agent may take the first transition of a run with the fewest switches of all."""
        marks = self.search.native
        return bool(marks.marks[position * marks.mark_bytes + marks.cost_bytes + agent // 8] >> agent % 8 & 1)

    def _cost(self, position: int) -> int:
        marks = self.search.native
        first = position * marks.mark_bytes
        return int.from_bytes(marks.marks[first : first + marks.cost_bytes], "little")


@dataclass(frozen=True)
class StuckStates:
    """The stuck states of a search, as a container."""

    search: NativeSearch
    evaluator: Evaluator

    def __contains__(self, state: object) -> bool:
        assert isinstance(state, tuple)
        marks, position = self.search.native, self.search.position(state)
        quiet = marks.quiet[position // 64] >> position % 64 & 1
        live = marks.live[position // 64] >> position % 64 & 1
        return bool(quiet) and not live and self.evaluator.inside(state)
