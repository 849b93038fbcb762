"""One measurement, and what a program takes."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
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


class Failed(Exception):
    """A program that is measured, or that builds one, has failed; the message says which and what it said last."""


_WAIT = """
import os, sys
try:
    child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
except OSError as error:
    sys.exit(f"cannot be started: {error.strerror}")
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, file=file)
"""
"""Runs a program from a small process: the most memory that one ever held includes what it held before `exec`."""

_LAST = 5
"""Lines of a program that has failed which are told: its reason is among the last."""

_WIDTH = 200
"""Characters that are told of a command or line."""


def usage(command: Sequence[str], folder: Path | None = None) -> Usage:
    """Run a program; raises Failed if it fails."""
    with tempfile.TemporaryDirectory() as there:
        used = Path(there, "used")
        started = time.perf_counter()
        code, output, errors = _run([sys.executable, "-S", "-E", "-c", _WAIT, str(used), *command], folder)
        seconds = time.perf_counter() - started
        status, processor, kilobytes = (code, 0, 0) if code else used.read_text().split()
    if int(status):
        raise Failed(_said(command, int(status), errors if errors.strip() else output))
    return Usage(output, seconds, float(processor), int(kilobytes) * 1024)


def counted(pattern: str, used: Usage) -> int:
    """The last number that a program has printed in such a place; raises Failed if there is none."""
    found = re.findall(pattern, used.output)
    if not found:
        raise Failed(f"no {pattern} in what a checker printed; its last lines:\n{_last_lines(used.output)}")
    return int(found[-1])


def _run(command: Sequence[str], folder: Path | None) -> tuple[int, str, str]:
    """Exit code, output and errors. Processes of a group of their own: none of them outlives an interrupt."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        text=True,
        errors="replace",
        process_group=0,
    ) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output, errors


def _said(command: Sequence[str], code: int, said: str) -> str:
    ended = f"ended by {signal.Signals(-code).name}" if code < 0 else f"failed with exit code {code}"
    shown = shlex.join([Path(command[0]).name, *command[1:]])
    return f"{shown[:_WIDTH]}: {ended}" + (f"; its last lines:\n{_last_lines(said)}" if said.strip() else "")


def _last_lines(text: str) -> str:
    return "\n".join(f"    {line[:_WIDTH]}" for line in text.strip().splitlines()[-_LAST:])
