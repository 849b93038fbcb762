"""Compares searches with sets of reductions by hand: python tests/agreement/reductions.py scenarios --results FILE.

`scenarios`: each bundled one, built whole, with all reductions, all but one each, each alone, none, and two sets at
random, or with every set. `systems`: random systems with every set. Rows go to the file, one JSON object a line; what
is there is not done again. The exit code is 1 if some verdict differs.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from competing_systems import competing_system
from counting_systems import counting_system
from interchangeable_systems import interchangeable_system
from random_systems import random_system
from reduction_agreement import EVERY, Searches, subsets
from twin_systems import twin_system

from shootdown.checker.reductions import OF_PASSES, SYMMETRY
from shootdown.checker.scenario import bundled_files, find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import System

SYSTEMS: dict[str, Callable[[Random], System]] = {
    "competing": competing_system,
    "counting": counting_system,
    "interchangeable": interchangeable_system,
    "random": random_system,
    "twins": twin_system,
}


def compared(name: str, system: System, most: int, sets: list[frozenset[str]]) -> dict[str, object]:
    """The row of one system."""
    began = time.process_time()
    searches = Searches(system, most)
    reference = searches.found(())
    row: dict[str, object] = {"name": name, "verdicts": 0, "sets": 0, "limited": [], "differ": []}
    if reference is None:
        return {**row, "left": f"more than {most:,} states"}
    verdicts, done, limited, differ = 0, 0, [], []
    for made in sets:
        count, difference = searches.differences(reference, made)
        verdicts, done = verdicts + count, done + bool(count)
        limited += [] if count else [sorted(made)]
        differ += [difference] if difference else []
    seconds = round(time.process_time() - began, 2)
    found = {"verdicts": verdicts, "sets": done, "limited": limited, "differ": differ}
    return {**row, **found, "states": reference.states, "seconds": seconds}


def chosen(name: str, few: int | None) -> list[frozenset[str]]:
    """The sets for a scenario; `few` are of those that take little time: symmetry is proved after all passes only."""
    sets = subsets(Random(name))
    if few is None:
        return sets
    cheap = [made for made in sets[1:] if SYMMETRY not in made or made >= OF_PASSES]
    return [sets[0], *Random(name).sample(cheap, few - 1)]


def scenarios(options: argparse.Namespace, done: set[str]) -> Iterator[dict[str, object]]:
    """The rows of bundled scenarios that are not done, in an order of their own."""
    found = [scenario for file in bundled_files() for scenario in find([str(file)])]
    Random(1).shuffle(found)
    for scenario in found[options.first : options.first + options.count]:
        if scenario.name not in done:
            sets = list(EVERY) if options.every else chosen(scenario.name, options.sets)
            yield compared(scenario.name, build(scenario).system, options.most, sets)


def systems(first: int, count: int, done: set[str]) -> Iterator[dict[str, object]]:
    """The rows of random systems."""
    for seed in range(first, first + count):
        kind = sorted(SYSTEMS)[seed % len(SYSTEMS)]
        if f"{kind} {seed}" not in done:
            yield compared(f"{kind} {seed}", SYSTEMS[kind](Random(seed)), 100_000, list(EVERY))


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("scenarios", "systems"))
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--most", type=int, default=100_000)
    parser.add_argument("--sets", type=int, help="so many of the sets for each scenario, all reductions among them")
    parser.add_argument("--every", action="store_true", help="every set for each scenario")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    gc.set_threshold(500_000, 20, 20)  # as the command does
    text = options.results.read_text() if options.results.exists() else ""
    rows = [json.loads(line) for line in text.splitlines()]
    done = {row["name"] for row in rows}
    found = scenarios(options, done) if options.what == "scenarios" else systems(options.first, options.count, done)
    for row in found:
        rows.append(row)
        with options.results.open("a") as file:
            print(json.dumps(row), file=file, flush=True)
    whole = [row for row in rows if "left" not in row]
    differ = [difference for row in rows for difference in row["differ"]]
    print(f"{len(whole)} systems with {sum(row['sets'] for row in whole)} sets of reductions,", end=" ")
    print(f"{sum(row['verdicts'] for row in whole)} verdicts compared, {len(differ)} differ;", end=" ")
    print(f"{len(rows) - len(whole)} systems too large, {sum(len(row['limited']) for row in whole)} sets not searched")
    print("\n".join(differ))
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main())
