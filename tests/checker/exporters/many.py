"""Compares other checkers with ours on many systems, by hand; what was compared is kept, so that it can go on later.

    python tests/checker/exporters/many.py --texts                      every bundled scenario is written, and read
    python tests/checker/exporters/many.py --peer promela --keep FILE   every one below a million states is searched
    python tests/checker/exporters/many.py --reached --keep FILE        only the steps that a run may come to: shorter
    python tests/checker/exporters/many.py --peer murphi --random 200   random systems
    python tests/checker/exporters/many.py --keep FILE --table          what was compared until now

Counts, and that nothing more is an error there, are one run of the other checker; each property that is one is another.
With --reached the counts are compared with those of the system with all its steps, as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import groupby, islice, zip_longest
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from comparison import Compared, Comparison, kept, table
from peers import CHECKERS, READERS
from random_systems import random_system

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import PropertyKind, System

Make = Callable[[bool], System]
"""Makes a system: with True only the steps that a run may come to."""


def systems(random: int, first: int, names: Sequence[str], every: int) -> Iterator[tuple[str, Make]]:
    """The systems to compare: random ones, or those of scenarios."""
    if random:
        for seed in range(first, first + random):
            yield f"random {seed}", partial(_drawn, seed)
    else:
        asked = ((name, each) for name in names for each in find([name]))
        scenarios = asked if names else (("", each) for each in _by_turns(find([])))
        for given, scenario in islice(scenarios, 0, None, every):
            yield _full_name(given, scenario), partial(_built, scenario)


def _drawn(seed: int, reached: bool) -> System:
    return random_system(Random(seed), problems=False)


def _built(scenario: Scenario, reached: bool) -> System:
    return build(scenario, reached=reached).system


def _full_name(given: str, scenario: Scenario) -> str:
    """The name; of a file that is not bundled, its path: several files of the same name may have the same variants."""
    if ".toml" not in given:
        return scenario.name
    return f"{scenario.shown_path}/{scenario.variant}" if scenario.variant else scenario.shown_path


def _by_turns(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    """The first variant of each file, then the second of each: a run that is cut short has seen all files."""
    files = [list(group) for _, group in groupby(scenarios, lambda scenario: scenario.file_name)]
    for turn in zip_longest(*files):
        yield from (scenario for scenario in turn if scenario is not None)


def texts(names: Sequence[str], every: int, *, reached: bool) -> int:
    """Have every scenario written, and read by the checkers; the number of those that fail."""
    failed = 0
    for number, (name, make) in enumerate(systems(0, 0, names, every), 1):
        system = make(reached)
        stated = tuple(each for each in system.properties if each.kind is not PropertyKind.NO_DEADLOCK)
        system = replace(system, properties=stated)
        for peer, read in READERS.items():
            with tempfile.TemporaryDirectory() as folder:
                try:
                    read(EXPORTERS[peer](system), Path(folder))
                except (ValueError, subprocess.SubprocessError, AssertionError) as error:
                    failed += 1
                    print(f"{name} in {peer}: {error}", flush=True)
        if number % 10 == 0:
            print(f"{number} written and read, {failed} failures", flush=True)
    return failed


def run(options: argparse.Namespace) -> int:
    """Compare what is asked for; the number of systems on which the checkers differ."""
    known = kept(options.keep)
    if options.table:
        print(table(known))
        return 0
    done = {(row.name, row.peer, row.reached) for row in known}
    for name, make in systems(options.random, options.first, options.scenarios, options.every):
        if (name, options.peer, options.reached) in done:
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                asked = Comparison(options.peer, Path(folder), options.seconds)
                row = asked.compared(name, make(options.reached), make(False) if options.reached else None)
        except subprocess.TimeoutExpired as error:
            row = Compared(name, options.peer, left=f"{Path(error.cmd[0]).name} takes more than {error.timeout:.0f} s")
        except Exception as error:
            traceback.print_exc()
            row = Compared(name, options.peer, problem=repr(error))
        row = replace(row, reached=options.reached)
        known.append(row)
        said = f"{row.states:,} states, violated: {', '.join(row.violated) or 'nothing'}; {row.seconds:.0f} s"
        print(f"{name}: {row.problem or row.left or said}", flush=True)
        if options.keep is not None:
            with options.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
    print(table(known))
    return sum(bool(row.problem) for row in known)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", help="in this order; default: all that are bundled, by turns")
    parser.add_argument("--peer", choices=sorted(CHECKERS), default="promela")
    parser.add_argument("--texts", action="store_true", help="only write them and have them read")
    parser.add_argument("--reached", action="store_true", help="only the steps that a run may come to")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="so many random systems instead")
    parser.add_argument("--first", type=int, default=50_000, metavar="SEED", help="seed of the first random system")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth scenario")
    parser.add_argument("--seconds", type=float, default=600, help="limit for each program of the other checker")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="go on from this file, and add to it")
    parser.add_argument("--table", action="store_true", help="only print what was compared")
    chosen = parser.parse_args()
    if chosen.texts:
        sys.exit(min(1, texts(chosen.scenarios, chosen.every, reached=chosen.reached)))
    sys.exit(min(1, run(chosen)))
