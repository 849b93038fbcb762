"""One measurement, and what a program takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Measurement:
    """One search: states, transitions, wall-clock and processor seconds, the most bytes that were resident.

    `empty` are those of a run that finds one state. `build` are the processor seconds of compilers before it. Rates are
    of processor time, which a busy machine changes little; of a search with several threads, of wall-clock time.
    """

    tool: str
    states: int
    transitions: int
    seconds: float
    processor: float
    memory: int
    build: float = 0.0
    threads: int = 1
    empty: int = 0

    @property
    def rate(self) -> float:
        """Transitions per second."""
        return self.transitions / max(self.processor if self.threads == 1 else self.seconds, 1e-6)

    @property
    def states_rate(self) -> float:
        """States per second."""
        return self.states * self.rate / max(self.transitions, 1)

    @property
    def bytes_per_state(self) -> float:
        """What a search adds to the memory of an empty run, over states."""
        return max(self.memory - self.empty, 0) / self.states


class Contestant(Protocol):
    """A checker with a model, built and ready to run."""

    def run(self) -> Measurement:
        """Search once."""


@dataclass(frozen=True)
class Usage:
    """What a program that succeeded has printed and taken."""

    output: str
    seconds: float
    processor: float
    memory: int


_WAIT = """
import os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, file=file)
"""
"""Runs a program from a small process: the most memory that one ever held includes what it held before `exec`."""


def usage(command: Sequence[str], folder: Path | None = None) -> Usage:
    """Run a program; raises CalledProcessError if it fails."""
    with tempfile.TemporaryDirectory() as there:
        told = Path(there, "used")
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-c", _WAIT, str(told), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - started
        code, processor, kilobytes = told.read_text().split()
    if int(code):
        raise subprocess.CalledProcessError(int(code), list(command))
    return Usage(done.stdout, seconds, float(processor), int(kilobytes) * 1024)
