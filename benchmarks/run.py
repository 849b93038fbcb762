"""Measures the native engine and rumur on two-phase commit, in one run: a table, JSON, and the ratios.

python benchmarks/run.py [--resources N] [--repeat N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from measure import Measurement
from rumur import installed, measure_rumur
from two_phase_commit import two_phase_commit

from shootdown.checker.explicit import Tier
from shootdown.checker.explicit.build import default_builder
from shootdown.checker.explicit.bytecode import compile_program
from shootdown.checker.explicit.layout import pack_system
from shootdown.checker.explicit.native import MACHINE_SYMBOL, driver, load_program, machine_source
from shootdown.checker.explicit.search import NativeSearch
from shootdown.checker.explicit.specialise import specialise
from shootdown.checker.explicit.tiers import emitted_driver
from shootdown.checker.options import Limits
from shootdown.model.ir.system import System

_NAMES = {Tier.MACHINE: "register machine", Tier.EMITTED: "emitted C"}


def measure_native(system: System, tier: Tier, repeat: int) -> Measurement:
    """The fastest of some searches; building C is not counted, and memory is that of states and their table."""
    return min((_once(system, tier) for _ in range(repeat)), key=lambda measured: measured.seconds)


def _once(system: System, tier: Tier) -> Measurement:
    specialised = specialise(system)
    packing = pack_system(specialised)
    program = None
    if tier is Tier.EMITTED:
        steps = emitted_driver(default_builder(), specialised, packing)
    else:
        steps = driver(default_builder().load(machine_source(), MACHINE_SYMBOL), MACHINE_SYMBOL)
        program = load_program(compile_program(specialised, packing), packing)
    with NativeSearch(specialised, packing, steps, program, Limits()) as search:
        search.run(lambda _: None)
        seconds = search.clock() - search.started
        counts = search.counts
        return Measurement(_NAMES[tier], counts.states, counts.transitions, seconds, search.bytes_used)


def report(measured: list[Measurement]) -> str:
    """The table; ratios are to the last row."""
    lines = [f"{'':18}{'states':>12}{'transitions':>14}{'seconds':>10}{'M trans/s':>11}{'bytes/state':>13}{'ratio':>8}"]
    for row in measured:
        ratio = row.rate / measured[-1].rate
        numbers = f"{row.states:>12,}{row.transitions:>14,}{row.seconds:>10.3f}{row.rate / 1e6:>11.2f}"
        lines.append(f"{row.tool:18}{numbers}{row.bytes_per_state:>13.1f}{ratio:>8.1f}")
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 if the tools disagree on the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resources", type=int, default=8, help="resource managers (default: 8)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the fastest counts (default: 3)")
    parser.add_argument("--json", type=Path, help="write the measurements to this file")
    options = parser.parse_args()
    system = two_phase_commit(options.resources)
    measured = [measure_native(system, tier, options.repeat) for tier in (Tier.MACHINE, Tier.EMITTED)]
    if installed():
        model = Path(__file__).with_name("two_phase_commit.m")
        measured.append(measure_rumur(model, {"RESOURCES": options.resources}, options.repeat))
    else:
        print("rumur is not installed: no comparison", file=sys.stderr)
    print(report(measured))
    if options.json is not None:
        rows = [
            {**asdict(row), "transitions_per_second": row.rate, "ratio": row.rate / measured[-1].rate}
            for row in measured
        ]
        options.json.write_text(json.dumps({"model": system.name, "measurements": rows}, indent=2) + "\n")
    return int(len({(row.states, row.transitions) for row in measured}) != 1)


if __name__ == "__main__":
    sys.exit(main())
