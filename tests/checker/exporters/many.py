"""Compares other checkers with ours on many systems, by hand; what was compared is kept, so that it can go on later.

    python tests/checker/exporters/many.py --texts                      every bundled scenario is written, and read
    python tests/checker/exporters/many.py --peer promela --keep FILE   every one below a million states is searched
    python tests/checker/exporters/many.py --peer murphi --random 200   random systems
    python tests/checker/exporters/many.py --keep FILE --table          what was compared until now

A scenario without a violation is one run of the other checker; counts of one with a violation are another.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby, islice, zip_longest
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from peers import CHECKERS, READERS, Found
from random_systems import random_system

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.options import Limits
from shootdown.checker.registry import engine
from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import PropertyKind, System

MOST_STATES = 1_000_000
_STATED = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)


@dataclass(frozen=True)
class Compared:
    """What both say of one system; `states` is None where the other checker stopped at its first violation."""

    name: str
    peer: str
    states: int | None
    transitions: int | None
    violated: bool
    problem: str = ""
    """How they differ; empty if they do not."""


def compared(name: str, system: System, peer: str, folder: Path, *, count_violated: bool) -> Compared | None:
    """Both searches of a system; None if it has more states than that."""
    counted = engine().explore(replace(system, properties=()), Limits(max_states=MOST_STATES))
    if counted.stopped is not None:
        return None
    stated = replace(system, properties=tuple(each for each in system.properties if each.kind in _STATED))
    found = engine().explore(stated, Limits())
    # Where something is stuck is found without being asked.
    violated = any(each.name in found.findings for each in stated.properties) or found.problem is not None
    ours = Found(counted.counts.states, counted.counts.transitions, violated)
    theirs = CHECKERS[peer](EXPORTERS[peer](stated), folder)
    if theirs.error != violated:
        return Compared(name, peer, None, None, violated, f"the other one: {'an' if theirs.error else 'no'} error")
    if violated:
        if not count_violated or counted.problem is not None:
            return Compared(name, peer, None, None, violated)
        theirs = CHECKERS[peer](EXPORTERS[peer](replace(system, properties=())), folder)
    equal = (ours.states, ours.transitions) == (theirs.states, theirs.transitions)
    problem = "" if equal else f"{ours} is {theirs} there"
    return Compared(name, peer, ours.states, ours.transitions, violated, problem)


def systems(random: int, first: int, names: Sequence[str], every: int) -> Iterator[tuple[str, System]]:
    """The systems to compare: random ones, or those of scenarios."""
    if random:
        for seed in range(first, first + random):
            yield f"random {seed}", random_system(Random(seed), problems=False)
    else:
        for scenario in islice(_by_turns(find(names)), 0, None, every):
            yield scenario.name, build(scenario).system


def _by_turns(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    """The first variant of each file, then the second of each: a run that is cut short has seen all files."""
    files = [list(group) for _, group in groupby(scenarios, lambda scenario: scenario.file_name)]
    for turn in zip_longest(*files):
        yield from (scenario for scenario in turn if scenario is not None)


def texts(names: Sequence[str], every: int) -> int:
    """Have every scenario written, and read by the checkers; the number of those that fail."""
    failed = 0
    for number, (name, system) in enumerate(systems(0, 0, names, every), 1):
        system = replace(system, properties=tuple(each for each in system.properties if each.kind in _STATED))
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


def table(rows: Iterable[Compared]) -> str:
    """What was compared, for each checker."""
    lines = ["| checker | systems | with a violation | counts compared | states | transitions | differ |"]
    lines.append("|---|---|---|---|---|---|---|")
    for peer, group in groupby(sorted(rows, key=lambda row: row.peer), lambda row: row.peer):
        own = list(group)
        counted = [row for row in own if row.states is not None]
        states, transitions = (sum(getattr(row, what) for row in counted) for what in ("states", "transitions"))
        numbers = (len(own), sum(row.violated for row in own), len(counted), states, transitions)
        lines.append(f"| {peer} | {' | '.join(f'{n:,}' for n in numbers)} | {sum(bool(r.problem) for r in own)} |")
    return "\n".join(lines)


def kept(file: Path | None) -> list[Compared]:
    """What an earlier run wrote."""
    if file is None or not file.exists():
        return []
    return [Compared(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def run(options: argparse.Namespace) -> int:
    """Compare what is asked for; the number of systems on which the checkers differ."""
    known = kept(options.keep)
    if options.table:
        print(table(known))
        return 0
    done = {(row.name, row.peer) for row in known}
    for name, system in systems(options.random, options.first, options.scenarios, options.every):
        if (name, options.peer) in done:
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                row = compared(name, system, options.peer, Path(folder), count_violated=not options.verdicts_only)
        except subprocess.TimeoutExpired:
            print(f"{name}: the other one takes too long", flush=True)
            continue
        except Exception as error:
            traceback.print_exc()
            row = Compared(name, options.peer, None, None, False, repr(error))
        if row is None:
            print(f"{name}: more than {MOST_STATES:,} states", flush=True)
            continue
        known.append(row)
        print(f"{name}: {row.problem or f'{row.states} states, violated: {row.violated}'}", flush=True)
        if options.keep is not None:
            with options.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
    print(table(known))
    return sum(bool(row.problem) for row in known)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", help="default: all that are bundled")
    parser.add_argument("--peer", choices=sorted(CHECKERS), default="promela")
    parser.add_argument("--texts", action="store_true", help="only write them and have them read")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="so many random systems instead")
    parser.add_argument("--first", type=int, default=50_000, metavar="SEED", help="seed of the first random system")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth scenario")
    parser.add_argument("--verdicts-only", action="store_true", help="do not count where something is violated")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="go on from this file, and add to it")
    parser.add_argument("--table", action="store_true", help="only print what was compared")
    chosen = parser.parse_args()
    sys.exit(min(1, texts(chosen.scenarios, chosen.every) if chosen.texts else run(chosen)))
