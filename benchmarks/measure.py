"""One measurement, and what a program takes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Measurement:
    """One search: states, transitions, wall-clock and processor seconds, bytes of memory.

    `build` are the processor seconds of compilers before it. Rates are of processor time, which a busy machine changes
    little; of a search with several threads, of wall-clock time.
    """

    tool: str
    states: int
    transitions: int
    seconds: float
    processor: float
    memory: int
    build: float = 0.0
    threads: int = 1

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
        """Memory over states, what the program itself takes included."""
        return self.memory / self.states


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


def usage(command: Sequence[str], folder: Path | None = None) -> Usage:
    """Run a program; raises CalledProcessError if it fails."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        said = output.read().decode()
    return Usage(said, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
