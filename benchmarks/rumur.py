"""rumur, a Murphi checker: its generated C, one thread, without symmetry reduction."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from measure import Measurement, usage
from shelf import Shelf

_GENERATE = ("--symmetry-reduction", "off", "--threads", "1", "--deadlock-detection", "off")
_COMPILE = ("-std=c11", "-march=native", "-mcx16", "-w")
LARGE = 60_000
"""Characters of a model from which on -O0 has to do: gcc takes minutes for more, at any higher level."""


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


def build_rumur(text: str, shelf: Shelf, name: str = "rumur") -> Rumur:
    """Have rumur and gcc build the checker of a Murphi model."""
    level = "-O3" if len(text) < LARGE else "-O0"

    def make(folder: Path) -> float:
        (folder / "model.m").write_text(text)
        generated = [*_GENERATE, "--output-format", "machine-readable", "-o", "model.c", "model.m"]
        taken = usage(["rumur", *generated], folder).processor
        compiled = ["gcc", level, *_COMPILE, "-o", "model", "model.c", "-lpthread", "-latomic"]
        taken += usage(compiled, folder).processor
        (folder / "model.c").unlink()
        return taken

    folder, taken = shelf.build(("rumur", text, level, *_GENERATE, *_COMPILE), make)
    return Rumur(folder / "model", f"{name} {level}", taken)
