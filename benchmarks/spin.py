"""SPIN: its generated C for safety, one thread, without partial-order reduction; -DCOLLAPSE makes states smaller."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from measure import Failed, Measurement, Usage, counted, usage
from shelf import Shelf

_COMPILE = ("-w", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=8192")
LARGE = 400_000
"""Characters of a model from which on -O0 has to do: gcc takes many minutes for more, at any higher level."""

BEFORE = (2, 3)
"""States and transitions before the processes run, which the exported model has and the system has not."""


@dataclass(frozen=True)
class Spin:
    """A program that SPIN and gcc made of a model."""

    program: Path
    name: str
    build: float
    table: int
    """Binary logarithm of the slots of its hash table."""
    empty: int = 0
    """Bytes of such a program of a model without steps, with the smallest table."""

    def run(self) -> Measurement:
        """Search with a stack that is large enough and not much larger; a smaller one ends the search at once (-b)."""
        for depth in (10**5, 10**6, 10**7):
            used = usage([str(self.program), f"-m{depth}", f"-w{self.table}", "-n", "-E", "-b"], self.program.parent)
            if "max search depth too small" not in used.output:
                return self._measured(used)
        raise Failed("SPIN's search was cut short: it goes deeper than ten million steps")

    def _measured(self, used: Usage) -> Measurement:
        states, transitions = (
            counted(pattern, used) - more
            for pattern, more in zip((r"(\d+) states, stored", r"(\d+) transitions \("), BEFORE, strict=True)
        )
        return Measurement(
            self.name, states, transitions, used.seconds, used.processor, used.memory, self.build, empty=self.empty
        )


def installed() -> bool:
    """Whether SPIN is on the path, and the compiler of its programs."""
    return all(shutil.which(name) is not None for name in ("spin", "gcc"))


def build_spin(text: str, empty: str, shelf: Shelf, states: int) -> list[Spin]:
    """Have SPIN and gcc build the checkers of a Promela model, with full states and with compressed ones.

    The hash table is as large as so many states want it. `empty` is a model without steps.
    """
    level = "-O2" if len(text) < LARGE else "-O0"
    built = []
    for name, more in (("spin", ()), ("spin collapse", ("-DCOLLAPSE",))):
        flags = (level, *_COMPILE, *more)
        nothing, _ = shelf.build(("spin", empty, *flags), partial(_make, empty, flags))
        memory = usage([str(nothing / "pan"), "-m100", "-w10", "-n", "-E"], nothing).memory
        folder, taken = shelf.build(("spin", text, *flags), partial(_make, text, flags))
        built.append(Spin(folder / "pan", f"{name} {level}", taken, max(states.bit_length(), 10), memory))
    return built


def _make(text: str, flags: tuple[str, ...], folder: Path) -> float:
    (folder / "model.pml").write_text(text)
    taken = usage(["spin", "-o1", "-o2", "-a", "model.pml"], folder).processor
    taken += usage(["gcc", *flags, "-o", "pan", "pan.c"], folder).processor
    for source in folder.glob("pan.?"):
        source.unlink()
    return taken
