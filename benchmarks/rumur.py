"""rumur, a Murphi checker: its generated C, one thread, without symmetry reduction."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from measure import Measurement, counted, usage
from shelf import Shelf

_GENERATE = ("--symmetry-reduction", "off", "--threads", "1", "--deadlock-detection", "off")
_COMPILE = ("-std=c11", "-march=native", "-mcx16", "-w")
LARGE = 400_000
"""Characters of a model from which on -O0 has to do: gcc takes many minutes for more, at any higher level."""


@dataclass(frozen=True)
class Rumur:
    """A program that rumur and gcc made of a model."""

    program: Path
    name: str
    build: float
    empty: int = 0
    """Bytes of such a program of a model without rules."""

    def run(self) -> Measurement:
        """Search once."""
        used = usage([str(self.program)])
        states, fired = (counted(rf'\b{name}="(\d+)"', used) for name in ("states", "rules_fired"))
        return Measurement(
            self.name, states, fired, used.seconds, used.processor, used.memory, self.build, empty=self.empty
        )


def installed() -> bool:
    """Whether rumur is on the path, and the compiler of its programs."""
    return all(shutil.which(name) is not None for name in ("rumur", "gcc"))


def build_rumur(text: str, empty: str, shelf: Shelf, name: str = "rumur") -> Rumur:
    """Have rumur and gcc build the checker of a Murphi model, and that of an empty one."""
    nothing = _build(empty, shelf, name)
    return replace(_build(text, shelf, name), empty=usage([str(nothing.program)]).memory)


def _build(text: str, shelf: Shelf, name: str) -> Rumur:
    level = "-O3" if len(text) < LARGE else "-O0"

    def make(folder: Path) -> float:
        (folder / "model.m").write_text(text)
        generated = [*_GENERATE, "--output-format", "machine-readable", "-o", "model.c", "model.m"]
        taken = usage(["rumur", *generated], folder).processor
        source = folder / "model.c"
        source.write_text(without_unused(source.read_text()))
        compiled = ["gcc", level, *_COMPILE, "-o", "model", "model.c", "-lpthread", "-latomic"]
        taken += usage(compiled, folder).processor
        source.unlink()
        return taken

    folder, taken = shelf.build(("rumur", text, level, *_GENERATE, *_COMPILE), make)
    return Rumur(folder / "model", f"{name} {level}", taken)


_HANDLE = r"^  const struct handle (\w+) __attribute__\(\(unused\)\) = state_handle\(.*\n"
_HANDLES = re.compile(rf"((?:{_HANDLE})+)", re.MULTILINE)


def without_unused(source: str) -> str:
    """rumur's C without variables that a function declares and does not mention: most of it, for a large model.

    Compilers leave them out as well, and take their time for it. One that is mentioned and lacks would be an error.
    """
    head, *parts = _HANDLES.split(source)
    text = [head]
    # Of each group of declarations the pattern gives its lines, the last name, and what follows it.
    for lines, rest in zip(parts[::3], parts[2::3], strict=True):
        mentioned = set(re.findall(r"\w+", rest))
        text += (line for line in lines.splitlines(keepends=True) if line.split(maxsplit=4)[3] in mentioned)
        text.append(rest)
    return "".join(text)
