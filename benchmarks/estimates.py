"""Compares the guess of `shootdown profile --estimate` with searches: python benchmarks/estimates.py [SCENARIO]...

A line for each scenario that has more states than the guess begins with, and the guess over the number of states.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from statistics import median

from command_line import at_least, guarded

from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.explicit.reached import stored_states
from shootdown.checker.options import Limits
from shootdown.checker.profile.estimate import estimate
from shootdown.checker.scenario import find
from shootdown.checker.scenario.request import build


def main(args: Sequence[str] | None = None) -> int:
    """Compare the scenarios named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--every", type=at_least(1), default=1, metavar="N", help="only every Nth scenario")
    parser.add_argument("--max-states", type=at_least(1), default=5_000_000)
    chosen = parser.parse_args(args)
    ratios = []
    for scenario in find(chosen.scenarios)[:: chosen.every]:
        system = reduce_system(build(scenario).system)
        guess = estimate(system)
        if guess.exact:
            continue
        stored = stored_states(system, Limits(max_states=chosen.max_states))
        if stored.exploration.stopped is None:
            ratios.append(guess.states / stored.count)
            print(f"{scenario.name:40} {stored.count:>12,} {guess.states:>12,} {ratios[-1]:6.2f}", flush=True)
    if ratios:
        within = sum(1 / 10 <= ratio <= 10 for ratio in ratios)
        print(f"{within} of {len(ratios)} within a factor of ten, median {median(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
