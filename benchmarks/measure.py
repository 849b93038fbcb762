"""One measurement, and how much memory a program takes."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """States, transitions, seconds of wall-clock time and bytes of memory of one search."""

    tool: str
    states: int
    transitions: int
    seconds: float
    memory: int

    @property
    def rate(self) -> float:
        """Transitions per second."""
        return self.transitions / self.seconds

    @property
    def bytes_per_state(self) -> float:
        """Memory over states, what the program itself takes included."""
        return self.memory / self.states


def peak_memory(command: list[str]) -> tuple[str, int]:
    """The output of a program that succeeds, and the most memory that it held, in bytes."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        return output.read().decode(), usage.ru_maxrss * 1024
