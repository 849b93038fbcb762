"""What reductions leave of the states of scenarios.

    python benchmarks/saved.py [SCENARIO or FOLDER]... [--keep FILE]

A line for each scenario whose properties all hold: states after the passes, and those stored with merging and
partial-order reduction, and with symmetry as well. Searches go on from the file that is kept, one JSON object a line.
The exit code is 1 if a search with reductions decides what the whole one does not, or the other way round.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean
from time import process_time

from command_line import Mistake, at_least, file_to_write, guarded, naming

from shootdown.checker.analysis.pipeline import reduce_system
from shootdown.checker.explicit import ExplicitEngine
from shootdown.checker.explicit.reduced import explore_reduced
from shootdown.checker.options import Limits
from shootdown.checker.result import NO_DEADLOCK, Exploration, Reduced
from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.request import build
from shootdown.checker.symbolic.interchange import find_symmetry


@dataclass(frozen=True)
class Left:
    """States of one scenario; seconds are of processor time, `proof` those of the proof of symmetry among them."""

    scenario: str
    whole: int
    merged: int
    renamed: int
    proof: float
    seconds: float
    differs: bool = False

    def line(self) -> str:
        """A row of the table."""
        saved = f"{self.whole / self.merged:8.1f} {self.whole / self.renamed:8.1f}"
        more = "  DIFFERS" if self.differs else ""
        return (
            f"{self.scenario:45} {self.whole:>9,} {self.merged:>9,} {self.renamed:>9,} {saved} {self.proof:6.1f}{more}"
        )


def measured(scenario: Scenario, most: int) -> Left | None:
    """The searches of a scenario; None if there are more than so many states."""
    started = process_time()
    system = reduce_system(build(scenario).system)
    whole = ExplicitEngine().explore(system, Limits(max_states=most))
    if whole.stopped is not None:
        return None
    merged = explore_reduced(system, Limits())
    before = process_time()
    symmetry = find_symmetry(system)
    proof = process_time() - before
    renamed = explore_reduced(system, Limits(), symmetry=symmetry)
    differs = any(_decided(whole) != _decided(reduced) for reduced in (merged, renamed))
    return Left(
        scenario.name, whole.counts.states, merged.states, renamed.states, proof, process_time() - started, differs
    )


def _decided(found: Exploration | Reduced) -> tuple[bool, bool, bool, frozenset[str]]:
    if isinstance(found, Reduced):
        return found.exhausted, found.problem, found.stuck, found.decided - {NO_DEADLOCK}
    names = frozenset(found.findings)
    return found.exhausted, found.problem is not None, NO_DEADLOCK in names, names - {NO_DEADLOCK}


def rows(names: Sequence[str], most: int, keep: Path | None, every: int) -> Iterator[Left]:
    """Those that are kept, then the others, which are added."""
    scenarios = find(names)[::every]
    kept = _kept(keep) if keep is not None and keep.exists() else []
    yield from kept
    done = {row.scenario for row in kept}
    for scenario in scenarios:
        verdicts = {table.verdict for table in scenario.tables.expect.values()}
        if scenario.name in done or verdicts != {"holds"}:
            continue
        row = measured(scenario, most)
        if row is None:
            print(f"{scenario.name}: more than {most:,} states", file=sys.stderr)
            continue
        if keep is not None:
            with naming(keep), keep.open("a", encoding="utf-8") as file:
                print(json.dumps(asdict(row)), file=file)
        yield row


def _kept(file: Path) -> list[Left]:
    """The rows of a file; raises Mistake if it has something else."""
    try:
        return [Left(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (ValueError, TypeError) as error:
        raise Mistake(f"{file}: holds what no run of this command has kept: name another file ({error})") from error


def main(args: Sequence[str] | None = None) -> int:
    """Measure the scenarios named on the command line, or all; 1 if a verdict differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--every", type=at_least(1), default=1, metavar="N", help="only every Nth scenario")
    parser.add_argument("--max-states", type=at_least(1), default=1_000_000, help="scenarios with more are left out")
    parser.add_argument("--keep", type=file_to_write, metavar="FILE", help="go on from this file, and add to it")
    chosen = parser.parse_args(args)
    print(f"{'scenario':45} {'whole':>9} {'merged':>9} {'symmetry':>9} {'saved':>8} {'saved':>8} {'proof':>6}")
    found = []
    for row in rows(chosen.scenarios, chosen.max_states, chosen.keep, chosen.every):
        found.append(row)
        print(row.line(), flush=True)
    if found:
        merged = geometric_mean(row.whole / row.merged for row in found)
        renamed = geometric_mean(row.whole / row.renamed for row in found)
        print(f"{len(found)} scenarios; geometric means of what is saved: {merged:.1f}, with symmetry {renamed:.1f}")
    return int(any(row.differs for row in found))


if __name__ == "__main__":
    sys.exit(guarded(main))
