"""Searches a system once, in a process of its own, so that its memory can be told.

    python benchmarks/once.py SYSTEM TIER THREADS LIBRARIES [STATES]

SYSTEM is a pickle. With STATES the search ends there: an empty run is one that ends at once.
"""

from __future__ import annotations

import json
import pickle
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit.build import Builder
from shootdown.checker.options import Limits, Native
from shootdown.model.ir.system import System


def once(system: System, tier: Tier, threads: int, libraries: Path, states: int | None) -> dict[str, float]:
    """Search once; building C and packing the system do not count."""
    engine = ExplicitEngine(tier, builder=lambda: Builder(folder=libraries))
    limits = replace(Limits(native=Native(threads=threads)), max_states=states)
    with engine.prepare(system, limits) as search:
        started, used = time.perf_counter(), processor_seconds()
        search.run(lambda seconds: None)
        seconds, processor = time.perf_counter() - started, processor_seconds() - used
        counts = search.counts
    told = {"states": counts.states, "transitions": counts.transitions, "words": search.packing.words}
    return {**told, "seconds": seconds, "processor": processor}


def processor_seconds() -> float:
    """Processor seconds of this process and of the compilers that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    pickled, tier, threads, libraries, *states = sys.argv[1:]
    system = pickle.loads(Path(pickled).read_bytes())
    print(json.dumps(once(system, Tier[tier], int(threads), Path(libraries), int(states[0]) if states else None)))
