"""How many states a system has, guessed from its first ones and from random runs.

A breadth-first search stores the first N states; of the states that random runs come to, a part p is among these.
States near the beginning are met more often than others: on the bundled scenarios, p is about the cube root of the part
that the first N are of all. `python benchmarks/estimates.py` compares the guess with searches.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

from ..explicit.reached import stored_states
from ..options import Limits
from ..walks import Walks

FIRST = 20_000
RUNS = 40
STEPS = 400

SECONDS = 1.0
"""Time after which no further run begins: steps of some systems take long."""


@dataclass(frozen=True)
class Estimate:
    """The guess. `exact`: the short search has seen all states. `bytes_per_state` are those of the native engine."""

    states: int
    exact: bool
    bytes_per_state: float

    @property
    def memory(self) -> int:
        """Bytes that a search of so many states takes."""
        return int(self.states * self.bytes_per_state)


def estimate(
    system: System, first: int = FIRST, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
) -> Estimate:
    """The size of a reduced system; raises `NoCompiler` or `Unsupported`, and `KeyboardInterrupt`.

    There is one run at least, and none begins after so many seconds of them.
    """
    stored = stored_states(system, Limits(max_states=first))
    if stored.exploration.stopped == "interrupted":
        raise KeyboardInterrupt
    size = stored.bytes_each
    if stored.exploration.stopped is None:
        return Estimate(stored.count, exact=True, bytes_per_state=size)
    known = {stored.packed(number) for number in range(stored.count)}
    met = _met(stored.system, seconds, clock)
    among = sum(stored.pack(state) in known for state in met)
    part = max(among, 1) / max(len(met), 1)
    return Estimate(int(stored.count / part**3), exact=False, bytes_per_state=size)


def _met(system: System, seconds: float, clock: Callable[[], float]) -> set[State]:
    """The states that some random runs come to."""
    walks, began = Walks(system), clock()
    for seed in range(RUNS):
        for _ in walks.run(Random(seed), STEPS):
            pass
        if clock() - began >= seconds:
            break
    return walks.seen
