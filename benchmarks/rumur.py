"""rumur, a Murphi checker: its generated C, one thread, without symmetry reduction."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from measure import Measurement, usage

_GENERATE = ("--symmetry-reduction", "off", "--threads", "1", "--deadlock-detection", "off")
_COMPILE = ("-std=c11", "-march=native", "-mcx16", "-w")
LARGE = 4_000_000
"""Bytes of generated C from which on -O1 has to do: gcc takes minutes for ten megabytes at -O3."""


@dataclass(frozen=True)
class Rumur:
    """A program that rumur and gcc made of a model."""

    program: Path
    name: str
    build: float

    def run(self) -> Measurement:
        """Search once."""
        used = usage([str(self.program)])
        states, fired = (int(re.findall(rf'\b{name}="(\d+)"', used.output)[-1]) for name in ("states", "rules_fired"))
        return Measurement(self.name, states, fired, used.seconds, used.processor, used.memory, self.build)


def installed() -> bool:
    """Whether rumur is on the path."""
    return shutil.which("rumur") is not None


def build_rumur(text: str, folder: Path, name: str = "rumur") -> Rumur:
    """Have rumur and gcc build the checker of a Murphi model."""
    (folder / f"{name}.m").write_text(text)
    generated = [*_GENERATE, "--output-format", "machine-readable", "-o", f"{name}.c", f"{name}.m"]
    taken = usage(["rumur", *generated], folder).processor
    level = "-O3" if (folder / f"{name}.c").stat().st_size < LARGE else "-O1"
    taken += usage(["gcc", level, *_COMPILE, "-o", name, f"{name}.c", "-lpthread", "-latomic"], folder).processor
    return Rumur(folder / name, f"{name} {level}", taken)
