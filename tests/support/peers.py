"""Other model checkers, run on exported models: rumur, SPIN and, where its jar is named, TLC.

On a CI machine (CI is set, and we are root) Debian's packages are installed where they lack; elsewhere their absence
is told by a skip.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pytest
from rumur import without_unused

JAR = "SHOOTDOWN_TLA2TOOLS"
"""Environment variable with the path of tla2tools.jar."""


@dataclass(frozen=True)
class Found:
    """What another checker reports: distinct states, transitions, and whether it found an error."""

    states: int
    transitions: int
    error: bool


class Checker(Protocol):
    """Has a model checked in a folder; each program that takes part may take so many seconds."""

    def __call__(self, text: str, folder: Path, seconds: float = 600) -> Found: ...


class Reader(Protocol):
    """Has a checker read a model, and search nothing."""

    def __call__(self, text: str, folder: Path, seconds: float = 600) -> None: ...


@lru_cache
def _present(program: str) -> bool:
    if shutil.which(program) is None and os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (("apt-get", "-qq", "update"), ("apt-get", "-qq", "install", "-y", program)):
            subprocess.run(command, check=False, capture_output=True, timeout=300)
    return shutil.which(program) is not None


def need(program: str) -> None:
    """Skip, and say so, without this program or a C compiler."""
    missing = [name for name, here in ((program, _present(program)), ("cc", shutil.which("cc"))) if not here]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)}: counts are not compared with {program}")


def need_tlc() -> None:
    """Skip, and say so, without TLC."""
    if not os.environ.get(JAR) or shutil.which("java") is None:
        pytest.skip(f"no java or no {JAR}: counts are not compared with TLC")


def read_by_rumur(text: str, folder: Path, seconds: float = 600) -> None:
    """Have rumur read a Murphi model and write its checker, model.c."""
    (folder / "model.m").write_text(text, encoding="utf-8")
    options = ("--symmetry-reduction", "off", "--threads", "1", "--deadlock-detection", "off")
    _run(folder, "rumur", *options, "--output-format", "machine-readable", "-o", "model.c", "model.m", seconds=seconds)


def read_by_spin(text: str, folder: Path, seconds: float = 600) -> None:
    """Have SPIN read a Promela model and write its checker, pan.c; it keeps every variable as it is."""
    (folder / "model.pml").write_text(text, encoding="utf-8")
    _run(folder, "spin", "-o1", "-o2", "-a", "model.pml", seconds=seconds)


def rumur(text: str, folder: Path, seconds: float = 600) -> Found:
    """Check a Murphi model."""
    read_by_rumur(text, folder, seconds)
    source = folder / "model.c"
    source.write_text(without_unused(source.read_text(encoding="utf-8")), encoding="utf-8")
    # clang takes a third of gcc's time for it; it counts brackets, of which a large model has more than it allows.
    compiler, more = ("clang", ("-fbracket-depth=100000",)) if shutil.which("clang") else ("cc", ())
    options = (*more, "-O0", "-w", "-std=c11", "-mcx16", "-o", "model", "model.c", "-lpthread", "-latomic")
    _run(folder, compiler, *options, seconds=seconds)
    said = _run(folder, "./model", status=None, seconds=seconds)
    states, fired, errors = (
        int(re.findall(rf'\b{name}="(\d+)"', said)[-1]) for name in ("states", "rules_fired", "errors")
    )
    return Found(states, fired, errors > 0)


def spin(text: str, folder: Path, seconds: float = 600) -> Found:
    """Check a Promela model; the states before its processes run are not counted."""
    read_by_spin(text, folder, seconds)
    # Most of the time goes into the compiler: one that is quick is preferred.
    said = _searched_by_spin(folder, shutil.which("tcc") or "cc", seconds)
    if "sv_restor" in said:
        # What tcc 0.9.27 makes of a few models finds that it has lost its own way back.
        said = _searched_by_spin(folder, "cc", seconds)
    states, transitions = (
        int(re.search(pattern, said)[1])  # type: ignore[index]
        for pattern in (r"(\d+) states, stored", r"(\d+) transitions \(= stored")
    )
    return Found(states - 2, transitions - 3, "errors: 0" not in said)


def _searched_by_spin(folder: Path, compiler: str, seconds: float) -> str:
    options = ("-DNOREDUCE", "-DVECTORSZ=8192", "-DSAFETY", "-DCOLLAPSE")
    _run(folder, compiler, "-O0", "-w", *options, "-o", "pan", "pan.c", seconds=seconds)
    # A small system's whole search takes less time than to clear the memory that a large one needs.
    for depth in (10**4, 5 * 10**6):
        said = _run(folder, "./pan", f"-m{depth}", "-w14", "-n", "-E", "-b", status=None, seconds=seconds)
        if "max search depth too small" not in said:
            break
    assert "max search depth too small" not in said
    return said


def tlc(text: str, folder: Path, seconds: float = 600) -> Found:
    """Check a TLA+ module with the configuration at its end."""
    module = re.search(r"MODULE (\w+)", text)
    assert module is not None
    (folder / f"{module[1]}.tla").write_text(text, encoding="utf-8")
    configuration = text.partition("The configuration:\n")[2]
    (folder / f"{module[1]}.cfg").write_text(configuration, encoding="utf-8")
    command = ("java", "-cp", os.environ[JAR], "tlc2.TLC", "-deadlock", "-workers", "1", module[1])
    said = _run(folder, *command, status=None, seconds=seconds)
    counted = re.findall(r"(\d+) states generated, (\d+) distinct", said)
    assert counted, said
    generated, distinct = counted[-1]
    return Found(int(distinct), int(generated) - 1, "No error has been found" not in said)


CHECKERS: dict[str, Checker] = {"murphi": rumur, "promela": spin, "tla": tlc}
READERS: dict[str, Reader] = {"murphi": read_by_rumur, "promela": read_by_spin}
NEEDS: dict[str, Callable[[], None]] = {
    "murphi": lambda: need("rumur"),
    "promela": lambda: need("spin"),
    "tla": need_tlc,
}


def _run(folder: Path, *command: str, seconds: float, status: int | None = 0) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return done.stdout
