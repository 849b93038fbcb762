"""The native engine: the register machine and emitted C, with one thread and with several."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path

from measure import Measurement
from shelf import Shelf

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.explicit.build import HEADERS, SOURCES, Builder
from shootdown.checker.options import Limits, Native
from shootdown.model.ir.system import System

NAMES = {Tier.MACHINE: "register machine", Tier.EMITTED: "emitted C"}


@dataclass(frozen=True)
class Ours:
    """Searches of one system. Memory is that of the states and of the table that finds them."""

    engine: ExplicitEngine
    system: System
    threads: int
    build: float = 0.0

    def run(self) -> Measurement:
        """Search once; building C and packing the system do not count."""
        limits = Limits(native=Native(threads=self.threads))
        with self.engine.prepare(self.system, limits) as search:
            started, used = time.perf_counter(), _processor()
            search.run(lambda seconds: None)
            seconds, processor = time.perf_counter() - started, _processor() - used
            counts = search.counts
            memory = search.bytes_used or counts.states * 8 * search.packing.words
        name = NAMES[self.engine.tier] + (f", {self.threads} threads" if self.threads > 1 else "")
        return Measurement(
            name, counts.states, counts.transitions, seconds, processor, memory, self.build, self.threads
        )


def build_ours(system: System, tier: Tier, threads: int, shelf: Shelf) -> Ours:
    """Have the steps built, if they are to be, and the first search prepared."""
    engine = ExplicitEngine(tier)

    def make(folder: Path) -> float:
        used = _processor()
        with replace(engine, builder=lambda: Builder(folder=folder)).prepare(system, Limits()):
            return _processor() - used

    sources = ((SOURCES / name).read_text() for name in HEADERS)
    folder, taken = shelf.build(("ours", tier.name, repr(system), *sources), make)
    return Ours(replace(engine, builder=lambda: Builder(folder=folder)), system, threads, taken)


def _processor() -> float:
    """Processor seconds of this process and of the compilers that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)
