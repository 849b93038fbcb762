"""The ceiling: how many look-ups a second the memory of this machine allows, by the size of the table."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measure import usage

from shootdown.checker.explicit.build import find_compiler

SIZES = (16, 20, 22, 24, 26)
"""Binary logarithms of the number of slots: from one that a cache holds to one of 256 MB."""


def probe() -> dict[int, float]:
    """Millions of look-ups a second by the logarithm of the table's slots; raises NoCompiler and Failed."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "probe")
        source = Path(__file__).with_name("probe.c")
        usage([*find_compiler().command, "-O3", "-march=native", "-o", str(program), str(source)])
        return {bits: float(usage([str(program), str(bits)]).output) for bits in SIZES}
