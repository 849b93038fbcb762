"""The native engine: the register machine and emitted C, with one thread and with several."""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import Measurement, usage
from once import once, processor_seconds
from shelf import Shelf

from shootdown.checker.explicit import Tier
from shootdown.checker.explicit.build import HEADERS, SOURCES
from shootdown.model.ir.system import System

NAMES = {Tier.MACHINE: "register machine", Tier.EMITTED: "emitted C"}


@dataclass(frozen=True)
class Ours:
    """Searches of one system, which lies in a folder with what was built for it, each in a process of its own."""

    tier: Tier
    folder: Path
    threads: int
    build: float
    empty: int
    """Bytes of a process that ends its search at once."""

    def run(self) -> Measurement:
        """Search once."""
        used = usage(_command(self.folder, self.tier, self.threads))
        told = json.loads(used.output)
        name = NAMES[self.tier] + (f", {self.threads} threads" if self.threads > 1 else "")
        return Measurement(
            name,
            told["states"],
            told["transitions"],
            told["seconds"],
            told["processor"],
            used.memory,
            self.build,
            self.threads,
            self.empty,
        )


def build_ours(system: System, tier: Tier, threads: int, shelf: Shelf) -> Ours:
    """Have the steps built, if they are to be."""

    def make(folder: Path) -> float:
        used = processor_seconds()
        (folder / "system").write_bytes(pickle.dumps(system))
        once(system, tier, 1, folder / "libraries", 1)
        return processor_seconds() - used

    sources = ((SOURCES / name).read_text() for name in HEADERS)
    folder, taken = shelf.build(("ours once", tier.name, repr(system), *sources), make)
    return Ours(tier, folder, threads, taken, usage(_command(folder, tier, threads, "1")).memory)


def _command(folder: Path, tier: Tier, threads: int, *states: str) -> list[str]:
    program = str(Path(__file__).with_name("once.py"))
    return [
        sys.executable,
        program,
        str(folder / "system"),
        tier.name,
        str(threads),
        str(folder / "libraries"),
        *states,
    ]
