"""How long bounded model checking takes on the bundled scenarios, and whether it agrees with the explicit engine.

    python benchmarks/bounded.py [SCENARIO or FOLDER]... [--max-seconds N]

A line for each scenario that expects a violation: depth in steps by the explicit engine, in macro-steps by the bounded
search, and its processor time. The processor's time is measured, so that a busy machine does not matter.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Sequence
from types import FrameType

from shootdown.checker.analysis.merging import merge_steps
from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.analysis.select import select_properties
from shootdown.checker.options import Limits
from shootdown.checker.registry import engine
from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.request import build
from shootdown.checker.symbolic.bmc import BmcEngine

DEPTH = 60


def main(args: Sequence[str] | None = None) -> None:
    """Measure the scenarios named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--max-seconds", type=int, default=120, help="of processor time, for each scenario")
    chosen = parser.parse_args(args)
    signal.signal(signal.SIGVTALRM, _stop)
    print(f"{'scenario':55} {'steps':>5} {'macro':>5} {'seconds':>8}")
    for scenario in find(chosen.scenarios):
        names = [name for name, table in scenario.tables.expect.items() if table.verdict == "violated"]
        if names:
            print(_line(scenario, names, chosen.max_seconds), flush=True)


def _line(scenario: Scenario, names: Sequence[str], most: int) -> str:
    system = reduce_system(select_properties(build(scenario).system, names))
    expected = engine().explore(system, Limits()).findings
    steps = max((len(finding.path.transitions) for finding in expected.values()), default=0)
    started = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        found = BmcEngine().explore(merge_steps(system).system, Limits(max_depth=DEPTH))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    seconds = time.process_time() - started
    macro = max((len(finding.path.transitions) for finding in found.findings.values()), default=0)
    if set(found.findings) == set(expected):
        return f"{scenario.name:55} {steps:5} {macro:5} {seconds:8.1f}"
    return f"{scenario.name:55} {steps:5}     - {seconds:8.1f} (none to macro-depth {found.bound}, then stopped)"


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
