"""All reachable states of a system, for those who want to learn from them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace

from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

from ..options import Limits
from ..result import Exploration, Reached
from .engine import ExplicitEngine, exploration
from .layout import Packing
from .search import NativeSearch
from .tiers import Background


def reached_states(system: System, limits: Limits) -> tuple[Exploration, Reached | None]:
    """What a search of the system finds, and its reachable states if nothing stops the search of them.

    Raises `NoCompiler` or `Unsupported` where the native engine cannot run.
    """
    found = ExplicitEngine().explore(system, limits)
    if found.stopped is not None or found.problem is not None:
        return found, None
    engine = ExplicitEngine()
    # Without properties the search ends only when there is nothing left to reach.
    with engine.prepare(replace(system, properties=()), limits) as search:
        with Background(search, engine.builder()) as swap:
            search.run(swap)
        whole = exploration(search, engine.name)
        return replace(whole, findings=found.findings), _states(search) if whole.exhausted else None


@dataclass(frozen=True)
class Stored:
    """The states that a search of a system's steps has stored, packed, in the order in which they were found.

    State number i is `words[i * packing.words : (i + 1) * packing.words]`; `levels` has the number of the first state
    of each depth. `system` is the one whose states they are, `bytes_used` the memory of the search.
    """

    system: System
    packing: Packing
    words: array[int]
    levels: tuple[int, ...]
    exploration: Exploration
    bytes_used: int

    @property
    def count(self) -> int:
        """How many."""
        return len(self.words) // self.packing.words

    @property
    def bytes_each(self) -> float:
        """Memory of the search over its states; of a search too small to be measured, what a state takes."""
        return self.bytes_used / max(self.count, 1) if self.bytes_used else 8.0 * self.packing.words

    def packed(self, number: int) -> bytes:
        """One of them, as it is stored."""
        width = self.packing.words
        return self.words[number * width : (number + 1) * width].tobytes()

    def pack(self, state: State) -> bytes:
        """A state as it would be stored."""
        return array("Q", self.packing.pack(state)).tobytes()

    def state(self, number: int) -> State:
        """One of them."""
        width = self.packing.words
        return self.packing.unpack(self.words[number * width : (number + 1) * width])


def stored_states(system: System, limits: Limits) -> Stored:
    """The states that a search finds until nothing is left, or until a limit; raises `NoCompiler` or `Unsupported`."""
    engine = ExplicitEngine()
    with engine.prepare(replace(system, properties=()), limits) as search:
        with Background(search, engine.builder()) as swap:
            search.run(swap)
        found = exploration(search, engine.name)
        depth = found.counts.depth
        levels = tuple(int(search.native.levels[level]) for level in range(depth + 1))
        return Stored(search.specialised.system, search.packing, search.states(), levels, found, search.bytes_used)


def _states(search: NativeSearch) -> Reached:
    packing, native, words = search.packing, search.native, search.states()
    columns = []
    for slot in packing.slots:
        mask = (1 << slot.bits) - 1
        if mask:
            column = [(word >> slot.shift & mask) + slot.lo for word in words[slot.word :: packing.words]]
        else:
            column = [slot.lo] * int(native.count)
        columns.append(column)
    return Reached(int(native.count), tuple(columns))
