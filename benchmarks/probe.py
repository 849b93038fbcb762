"""The ceiling: how many look-ups a second the memory of this machine allows, by the size of the table."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measure import usage

SIZES = (16, 20, 22, 24, 26)
"""Binary logarithms of the number of slots: from one that a cache holds to one of 256 MB."""


def probe() -> dict[int, float]:
    """Millions of look-ups a second by the logarithm of the table's slots."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "probe")
        usage(["cc", "-O3", "-march=native", "-o", str(program), str(Path(__file__).with_name("probe.c"))])
        return {bits: float(usage([str(program), str(bits)]).output) for bits in SIZES}
