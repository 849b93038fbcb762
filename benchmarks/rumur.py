"""Runs rumur, a Murphi checker, on a model: its generated C at -O3, one thread, without symmetry reduction."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from measure import Measurement, peak_memory

_GENERATE = ("--symmetry-reduction", "off", "--threads", "1", "--deadlock-detection", "off")
_COMPILE = ("-std=c11", "-O3", "-march=native", "-mcx16", "-w")


def installed() -> bool:
    """Whether rumur is on the path."""
    return shutil.which("rumur") is not None


def measure_rumur(model: Path, constants: dict[str, int], repeat: int) -> Measurement:
    """The fastest of some runs; generation and compilation are not counted."""
    text = model.read_text()
    for name, value in constants.items():
        text = re.sub(rf"(\b{name} : )\d+", rf"\g<1>{value}", text)
    with tempfile.TemporaryDirectory() as folder:
        source, generated, program = (Path(folder, name) for name in ("model.m", "model.c", "model"))
        source.write_text(text)
        _run("rumur", *_GENERATE, "--output-format", "machine-readable", "-o", str(generated), str(source))
        _run("gcc", *_COMPILE, "-o", str(program), str(generated), "-lpthread", "-latomic")
        return min((_once(program) for _ in range(repeat)), key=lambda measured: measured.seconds)


def _once(program: Path) -> Measurement:
    started = time.perf_counter()
    output, memory = peak_memory([str(program)])
    seconds = time.perf_counter() - started
    states, transitions = (int(re.findall(rf'\b{name}="(\d+)"', output)[-1]) for name in ("states", "rules_fired"))
    return Measurement("rumur -O3", states, transitions, seconds, memory)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
