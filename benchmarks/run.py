"""Measures the native engine and the checkers that are installed on the same models, in turn.

    python benchmarks/run.py [MODEL]... [--large] [--rounds N] [--threads N] [--peer NAME]... [--programs FOLDER]
                             [--build] [--json FILE] [--plots FOLDER]

The models are unreduced systems, those of kernel scenarios without steps that no run comes to, written for rumur and
SPIN by our exporters; two-phase commit is measured in rumur's hand-written form, too. Of several rounds the fastest run
counts. `--programs` keeps what compilers made, for the next run; `--build` does no more than that. Bytes per state are
what a search adds to the memory of an empty run. A model of which a program fails is told and left out, and an
interrupt ends with what was measured until then. Exit code 1 if counts differ or a model is left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import geometric_mean

import rumur
import spin
from command_line import at_least, file_to_write, folder_to_write, guarded, naming, told
from measure import Contestant, Measurement
from models import LARGE, MODELS, check_names, system_of
from ours import build_ours
from plots import Points, plot, save
from probe import probe
from shelf import Shelf

from shootdown.checker.explicit import Tier
from shootdown.checker.explicit.build import find_compiler
from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.parallel import cores
from shootdown.model.ir.system import System

PEERS = {"rumur": rumur.installed, "spin": spin.installed}
HEADS = ("M trans/s", "start-up s", "M states/s", "bytes/state", "wall s", "ours is")
MOST_THREADS = 256
"""As for `shootdown check`."""

HAND_WRITTEN = Path(__file__).with_name("two_phase_commit.m")


@dataclass(frozen=True)
class Measured:
    """A model with its measurements; the first is ours with emitted C and one thread, which ratios are of."""

    model: str
    rows: tuple[Measurement, ...]

    @property
    def agree(self) -> bool:
        """Whether all count the same."""
        return len({(row.states, row.transitions) for row in self.rows}) == 1

    def ratio(self, row: Measurement) -> float:
        """How many times as fast as this one ours is with one thread."""
        first = self.rows[0]
        return first.rate / row.rate if row.threads == 1 else row.seconds / first.seconds


def contestants(model: str, system: System, threads: int, peers: Sequence[str], shelf: Shelf) -> Iterator[Contestant]:
    """Whoever can search the model, built."""
    empty = replace(system, processes=tuple(replace(process, steps=()) for process in system.processes))
    first = build_ours(system, Tier.EMITTED, 1, shelf)
    yield first
    yield build_ours(system, Tier.MACHINE, 1, shelf)
    if threads > 1:
        yield build_ours(system, Tier.EMITTED, threads, shelf)
    if "rumur" in peers:
        nothing = EXPORTERS["murphi"](empty)
        yield rumur.build_rumur(EXPORTERS["murphi"](system), nothing, shelf)
        if model.startswith("two-phase commit"):
            resources = re.sub(r"(\bRESOURCES : )\d+", rf"\g<1>{model.split()[-1]}", HAND_WRITTEN.read_text())
            yield rumur.build_rumur(resources, nothing, shelf, "rumur by hand")
    if "spin" in peers:
        nothing = EXPORTERS["promela"](empty)
        yield from spin.build_spin(EXPORTERS["promela"](system), nothing, shelf, first.run().states)


def measure(model: str, threads: int, peers: Sequence[str], rounds: int, shelf: Shelf) -> Measured:
    """Build everything, then let all run in turn."""
    ready = list(contestants(model, system_of(model), threads, peers, shelf))
    runs = [[each.run() for each in ready] for _ in range(rounds)]
    best = [min(each, key=lambda run: -run.rate) for each in zip(*runs, strict=True)]
    return Measured(model, tuple(best))


def table(measured: Measured) -> str:
    """The measurements of a model."""
    first = measured.rows[0]
    lines = [f"{measured.model}: {first.states:,} states, {first.transitions:,} transitions"]
    lines.append(f"{'':22}" + "".join(f"{head:>12}" for head in HEADS))
    for row in measured.rows:
        numbers = f"{row.rate / 1e6:>12.2f}{row.build:>12.1f}{row.states_rate / 1e6:>12.3f}{row.bytes_per_state:>12.1f}"
        lines.append(f"{row.tool:22}{numbers}{row.seconds:>12.2f}{measured.ratio(row):>11.1f}x")
    if not measured.agree:
        told = {(row.states, row.transitions) for row in measured.rows}
        lines.append(f"COUNTS DIFFER: {told}")
    return "\n".join(lines) + "\n"


def means(everything: Sequence[Measured]) -> str:
    """How many times as fast as each other one ours is with one thread: the geometric mean over all models."""
    ratios: dict[str, list[float]] = {}
    for each in everything:
        for row in each.rows[1:]:
            ratios.setdefault(row.tool, []).append(each.ratio(row))
    return "\n".join(
        f"{tool:22}{geometric_mean(of):>11.1f}x over {len(of)} models, from {min(of):.1f}x to {max(of):.1f}x"
        for tool, of in sorted(ratios.items())
    )


def as_json(everything: Sequence[Measured], probes: dict[int, float]) -> dict[str, object]:
    """All measurements."""
    return {
        "machine": f"{_processor()}, {cores()} cores",
        "probe_millions_per_second": {str(bits): rate for bits, rate in probes.items()},
        "models": [
            {
                "model": each.model,
                "agree": each.agree,
                "measurements": [
                    {
                        **asdict(row),
                        "transitions_per_second": row.rate,
                        "states_per_second": row.states_rate,
                        "bytes_per_state": row.bytes_per_state,
                        "ratio": each.ratio(row),
                    }
                    for row in each.rows
                ],
            }
            for each in everything
        ],
    }


def plots(everything: Sequence[Measured], folder: Path) -> None:
    """Rate and memory against size, and what threads bring. All ways of running ours take the same memory.

    Where a search takes no more memory than an empty run, there is nothing to plot.
    """
    rates, memory = _by_tool(everything, "rate"), _by_tool(everything, "bytes_per_state")
    memory = {name: () if re.search("machine|threads", name) else points for name, points in memory.items()}
    save(folder, "rate", plot("Transitions per second", "states", "transitions/s", rates))
    save(folder, "memory", plot("Memory", "states", "bytes per state", memory))
    gains: dict[str, list[tuple[float, float]]] = {}
    for each in everything:
        for row in _threaded(each):
            gains.setdefault(f"{row.threads} threads", []).append((row.states, each.rows[0].seconds / row.seconds))
    if gains:
        text = plot("What threads bring", "states", "times as fast as one thread", gains, log_up=False)
        save(folder, "threads", text)


def _threaded(measured: Measured) -> list[Measurement]:
    return [row for row in measured.rows if row.threads > 1]


def _by_tool(everything: Sequence[Measured], what: str) -> dict[str, Points]:
    lines: dict[str, list[tuple[float, float]]] = {}
    for each in everything:
        for row in each.rows:
            points = lines.setdefault(re.sub(r" -O\d", "", row.tool), [])
            points += [(row.states, value)] if (value := getattr(row, what)) else []
    return {name: sorted(points) for name, points in lines.items()}


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def _asked(args: Sequence[str] | None) -> argparse.Namespace:
    """The options, among them the names of all models; exits if they cannot be followed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"default: all of {', '.join(MODELS)}")
    parser.add_argument("--large", action="store_true", help=f"instead: {', '.join(LARGE)}")
    rounds, threads = at_least(1), at_least(1, MOST_THREADS)
    parser.add_argument(
        "--rounds", type=rounds, default=3, help="runs of each, of which the fastest counts (default: 3)"
    )
    parser.add_argument("--threads", type=threads, default=cores(), help="of ours, beside one (default: all cores)")
    others = parser.add_mutually_exclusive_group()
    others.add_argument("--peer", action="append", choices=sorted(PEERS), help="default: those that are installed")
    others.add_argument("--no-peers", action="store_true", help="only ours")
    parser.add_argument("--programs", type=folder_to_write, metavar="FOLDER", help="keep what compilers made here")
    parser.add_argument("--build", action="store_true", help="only fill that folder")
    parser.add_argument("--json", type=file_to_write, metavar="FILE", help="write the measurements to this file")
    parser.add_argument("--plots", type=folder_to_write, metavar="FOLDER", help="write plots to this folder")
    options = parser.parse_args(args)
    if options.build and options.programs is None:
        parser.error("--build needs --programs, a folder for what is built")
    if options.build and (options.json or options.plots):
        parser.error("--build measures nothing that --json or --plots could write: leave it or them out")
    if options.large and options.models:
        parser.error("--large stands for models of its own: leave it or the others out")
    for name in options.peer or ():
        if not PEERS[name]():
            parser.error(f"--peer {name}: {name} or gcc is not on the PATH: install both, or leave --peer out")
    options.models = options.models or (LARGE if options.large else MODELS)
    return options


def _peers(options: argparse.Namespace) -> list[str]:
    """Those that are compared; which are not, because they are not installed, is told."""
    if options.no_peers or options.peer:
        return options.peer or []
    missing = [name for name in PEERS if not PEERS[name]()]
    if missing:
        print(f"not installed, not compared: {', '.join(missing)}", file=sys.stderr)
    return [name for name in PEERS if name not in missing]


def _one(model: str, options: argparse.Namespace, peers: Sequence[str], shelf: Shelf) -> Measured | None:
    """A model's measurements; None if it is only to be built."""
    if not options.build:
        return measure(model, options.threads, peers, options.rounds, shelf)
    for _ in contestants(model, system_of(model), options.threads, peers, shelf):
        pass
    return None


def _all(options: argparse.Namespace, peers: Sequence[str], shelf: Shelf, everything: list[Measured]) -> bool:
    """Measure and print one model after another, each added to `everything`; whether all could be measured."""
    complete = True
    for model in options.models:
        try:
            measured = _one(model, options, peers, shelf)
        except Exception as error:
            said = told(error)
            if said is None:
                raise
            print(f"error: {model}: left out: {said.removeprefix('error: ')}", file=sys.stderr)
            complete = False
            continue
        if measured is not None:
            everything.append(measured)
            print(table(measured), flush=True)
    return complete


def _write(options: argparse.Namespace, everything: Sequence[Measured], probes: dict[int, float]) -> None:
    """Write the files that are asked for, then print the means; an earlier file stays if nothing was measured."""
    if not everything:
        return
    if options.json is not None:
        with naming(options.json):
            options.json.write_text(json.dumps(as_json(everything, probes), indent=1) + "\n", encoding="utf-8")
    if options.plots is not None:
        plots(everything, options.plots)
    print(means(everything))


def main(args: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if a model is left out, or the tools disagree on the counts."""
    options = _asked(args)
    check_names(options.models)
    find_compiler()
    peers = _peers(options)
    everything: list[Measured] = []
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf((options.programs or Path(scratch)).resolve())
        # Before all else: it says whether the compiler works, and an interrupt does not take it away.
        probes = probe() if options.json is not None else {}
        try:
            complete = _all(options, peers, shelf, everything)
        finally:
            _write(options, everything, probes)
    return int(not complete or not all(each.agree for each in everything))


if __name__ == "__main__":
    sys.exit(guarded(main))
