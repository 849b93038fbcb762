"""How long bounded model checking takes on the bundled scenarios, and whether it agrees with the explicit engine.

    python benchmarks/bounded.py [SCENARIO or FOLDER]... [--max-seconds N] [--within DEPTH]
                                 [--holds DEPTH]

A line for each scenario that expects a violation: macro-steps of the shortest run by the explicit engine, steps of
the run that the bounded search has found, and its processor time. With `--within` those are left out of which the
run is longer. With `--holds` a line as well for what is expected to hold, which is searched to that depth. Limits
are by the clock: on a busy machine give more. The exit code is 1 if a search finds what is not there, or covers a
depth at which there is something and does not find it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from command_line import at_least, guarded

from shootdown.checker.analysis.merging import merge_steps
from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.analysis.select import select_properties
from shootdown.checker.options import Limits
from shootdown.checker.registry import engine
from shootdown.checker.result import NO_DEADLOCK, Exploration
from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.request import build
from shootdown.checker.symbolic.bmc import BmcEngine
from shootdown.model.ir.system import System


@dataclass(frozen=True)
class Measured:
    """One search, beside that of the explicit engine over the same macro-steps."""

    scenario: str
    asked: Collection[str]
    expected: Exploration
    found: Exploration
    seconds: float
    """Of processor time, for the bounded search."""

    @property
    def depth(self) -> int:
        """The shortest run by which all is violated that is, in macro-steps."""
        return _longest(self.expected)

    @property
    def disagreement(self) -> str:
        """What one search says and the other refutes; empty if nothing."""
        wrong = set(self.found.findings) - set(self.expected.findings)
        if wrong and self.expected.exhausted:
            return f"finds {', '.join(sorted(wrong))}"
        if self.found.problem is not None and self.expected.problem is None and self.expected.exhausted:
            return "finds a problem"
        bound = -1 if self.found.bound is None else self.found.bound
        missed = {
            name
            for name, finding in self.expected.findings.items()
            if name not in self.found.findings and len(finding.path.transitions) <= bound
        }
        return f"misses {', '.join(sorted(missed))} to depth {bound}" if missed else ""

    @property
    def complete(self) -> bool:
        """Whether everything is found that is there."""
        return set(self.found.findings) >= set(self.expected.findings)

    def line(self) -> str:
        """A row of the table."""
        if self.expected.findings:
            steps = f"{self.depth:5} {_longest(self.found) if self.complete else '-':>5}"
        else:
            steps = "holds     -"
        bound = "none" if self.found.bound is None else self.found.bound
        says = self.disagreement or ("" if self.complete and self.expected.findings else f"nothing to depth {bound}")
        return f"{self.scenario:55} {steps} {self.seconds:8.1f}  {says}".rstrip()


def main(args: Sequence[str] | None = None) -> int:
    """Measure the scenarios named on the command line, or all; 1 if the engines disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument(
        "--max-seconds", type=at_least(1), default=120, help="for each search, as for `shootdown check`"
    )
    parser.add_argument("--within", type=at_least(0), metavar="DEPTH", help="leave out violations by longer runs")
    parser.add_argument(
        "--holds", type=at_least(0), metavar="DEPTH", help="search what is expected to hold, to this depth"
    )
    chosen = parser.parse_args(args)
    print(f"{'scenario':55} {'macro':>5} {'found':>5} {'seconds':>8}")
    rows = []
    for scenario in find(chosen.scenarios):
        for row in _measured(scenario, chosen.max_seconds, chosen.within, chosen.holds):
            rows.append(row)
            print(row.line(), flush=True)
    violated = [row for row in rows if row.expected.findings]
    found = [row for row in violated if row.complete]
    wrong = [row for row in rows if row.disagreement]
    slowest = max((row.seconds for row in found), default=0.0)
    print(f"{len(found)} of {len(violated)} found, the slowest in {slowest:.1f} s; {len(wrong)} disagreements")
    return 1 if wrong else 0


def _measured(scenario: Scenario, most: int, within: int | None, holds: int | None) -> Iterator[Measured]:
    verdicts = {name: table.verdict for name, table in scenario.tables.expect.items() if name != NO_DEADLOCK}
    violated = [name for name, verdict in verdicts.items() if verdict == "violated"]
    others = [name for name, verdict in verdicts.items() if verdict == "holds"]
    if violated:
        system, expected = _expected(scenario, violated)
        if within is None or _longest(expected) <= within:
            yield _searched(scenario, violated, system, expected, Limits(max_seconds=most))
    if others and holds is not None:
        system, expected = _expected(scenario, others)
        yield _searched(scenario, others, system, expected, Limits(max_depth=holds, max_seconds=most))


def _expected(scenario: Scenario, names: Sequence[str]) -> tuple[System, Exploration]:
    system = merge_steps(reduce_system(select_properties(build(scenario).system, names))).system
    return system, engine().explore(system, Limits())


def _longest(found: Exploration) -> int:
    return max((len(finding.path.transitions) for finding in found.findings.values()), default=0)


def _searched(
    scenario: Scenario, names: Sequence[str], system: System, expected: Exploration, limits: Limits
) -> Measured:
    started = time.process_time()
    found = BmcEngine().explore(system, limits)
    return Measured(scenario.name, names, expected, found, time.process_time() - started)


if __name__ == "__main__":
    sys.exit(guarded(main))
