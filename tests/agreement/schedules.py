"""Follow random schedules of scenarios in plain Python and in the interpreter, and report each scenario on a line.

    python tests/agreement/schedules.py [--schedules N] [--longest N] [--share P] [--seed N] [SCENARIO...]

Without scenarios: the bundled ones. Exits with 1 if plain Python and the interpreter differ anywhere.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from plain_agreement import Disagreement, followed

from shootdown.checker.scenario import find


def main() -> int:
    """Follow the schedules; the exit code."""
    said = _said()
    differing = steps = 0
    for scenario in find(said.scenarios):
        before = time.process_time()
        done = followed(scenario, schedules=said.schedules, seed=said.seed, longest=said.longest, share=said.share)
        took = time.process_time() - before
        print(
            f"{scenario.name}: {done.schedules} schedules, {done.ended} of them to the end of all programs, "
            f"{done.steps} steps, {done.compared} sets of transitions, {took:.1f} s",
            flush=True,
        )
        if done.disagreement is not None:
            _show(done.disagreement)
        differing += done.disagreement is not None
        steps += done.steps
    print(f"{steps} steps; {differing} scenarios differ")
    return 1 if differing else 0


def _said() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare plain Python and the interpreter along random schedules.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="as for shootdown check; default: all bundled")
    parser.add_argument("--schedules", type=int, default=100, help="schedules of each scenario (default: %(default)s)")
    parser.add_argument("--longest", type=int, default=150, help="most steps of a schedule (default: %(default)s)")
    parser.add_argument("--share", type=float, default=0.03, help="part compared in full (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default: %(default)s)")
    return parser.parse_args()


def _show(found: Disagreement) -> None:
    for position, step in enumerate(found.path, 1):
        print(f"  {position:3} {step}")
    for title, transitions in (("plain Python", found.only_plain), ("the interpreter", found.only_interpreter)):
        for each in transitions:
            print(f"  only {title}: {each!r}")
    if found.properties:
        print(f"  properties that differ: {', '.join(found.properties)}")


if __name__ == "__main__":
    sys.exit(main())
