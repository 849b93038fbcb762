"""Measures the native engine and the checkers that are installed on the same models, in turn.

    python benchmarks/run.py [MODEL]... [--large] [--rounds N] [--threads N] [--peer NAME]... [--programs FOLDER]
                             [--build] [--json FILE] [--plots FOLDER]

The models are unreduced systems, those of kernel scenarios without steps that no run comes to, written for rumur and
SPIN by our exporters; two-phase commit is measured in rumur's hand-written form, too. Of several rounds the fastest run
counts. `--programs` keeps what compilers made, for the next run; `--build` does no more than that. Bytes per state are
what a search adds to the memory of an empty run. Exit code 1 if counts differ.
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
from measure import Contestant, Failed, Measurement
from models import LARGE, MODELS, system_of
from ours import build_ours
from plots import Points, plot, save
from probe import probe
from shelf import Shelf

from shootdown.checker.explicit import Tier
from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.parallel import cores
from shootdown.model.ir.system import System

PEERS = {"rumur": rumur.installed, "spin": spin.installed}
HEADS = ("M trans/s", "start-up s", "M states/s", "bytes/state", "wall s", "ours is")
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


def main() -> int:
    """Measure and print; 1 if the tools disagree on the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"default: all of {', '.join(MODELS)}")
    parser.add_argument("--large", action="store_true", help=f"instead: {', '.join(LARGE)}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the fastest counts (default: 3)")
    parser.add_argument("--threads", type=int, default=cores(), help="of ours, beside one (default: all cores)")
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), help="default: those that are installed")
    parser.add_argument("--no-peers", action="store_true", help="only ours")
    parser.add_argument("--programs", type=Path, metavar="FOLDER", help="keep what compilers made here")
    parser.add_argument("--build", action="store_true", help="only fill that folder")
    parser.add_argument("--json", type=Path, help="write the measurements to this file")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write plots to this folder")
    options = parser.parse_args()
    if options.programs is None and options.build:
        parser.error("--build needs --programs, a folder for what is built")
    peers = [name for name in options.peer or PEERS if not options.no_peers and PEERS[name]()]
    missing = [name for name in PEERS if not PEERS[name]() and not options.no_peers]
    if missing:
        print(f"not installed, not compared: {', '.join(missing)}", file=sys.stderr)
    everything: list[Measured] = []
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf((options.programs or Path(scratch)).resolve())
        for model in options.models or (LARGE if options.large else MODELS):
            try:
                if options.build:
                    for _ in contestants(model, system_of(model), options.threads, peers, shelf):
                        pass
                    continue
                everything.append(measure(model, options.threads, peers, options.rounds, shelf))
            except Failed as error:
                print(f"{model}: {error}", file=sys.stderr)
                return 1
            print(table(everything[-1]), flush=True)
    if everything:
        print(means(everything))
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(everything, probe()), indent=1) + "\n")
    if options.plots is not None:
        plots(everything, options.plots)
    return int(not all(each.agree for each in everything))


if __name__ == "__main__":
    sys.exit(main())
