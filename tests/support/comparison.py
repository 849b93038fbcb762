"""One system searched by our explorer and by another checker: counts, and the verdict of each property."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from peers import CHECKERS, Found

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.options import Limits
from shootdown.checker.registry import engine
from shootdown.model.ir.system import Property, PropertyKind, System

MOST_STATES = 1_000_000
_STATED = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)
EXPRESSED = {
    "murphi": _STATED,
    "promela": (*_STATED, PropertyKind.SOMETIMES),
    "tla": (*_STATED, PropertyKind.SOMETIMES),
}
"""By language: the kinds whose violation, or witness, is an error there."""


@dataclass(frozen=True)
class Compared:
    """What both say of one system."""

    name: str
    peer: str
    states: int = 0
    transitions: int = 0
    verdicts: int = 0
    """How many properties."""
    violated: tuple[str, ...] = ()
    """Those of them that are violated, or have a witness."""
    seconds: float = 0.0
    """Of processors, for both."""
    problem: str = ""
    """How they differ; empty if they do not."""
    left: str = ""
    """Why nothing was compared; empty if it was."""


@dataclass(frozen=True)
class Comparison:
    """How another checker is asked: by each of its programs so many seconds may be taken."""

    peer: str
    folder: Path
    seconds: float

    def compared(self, name: str, system: System) -> Compared:
        """Both searches of a system: one for its counts and what is not found in it, one for each thing found."""
        started = _processor()
        counted = engine().explore(replace(system, properties=()), Limits(max_states=MOST_STATES))
        if counted.stopped is not None:
            return Compared(name, self.peer, left=f"more than {MOST_STATES:,} states")
        asked = tuple(each for each in system.properties if each.kind in EXPRESSED[self.peer])
        found = engine().explore(replace(system, properties=asked), Limits()).findings
        violated = tuple(each.name for each in asked if each.name in found)
        problems = []
        theirs = self._said(system, [each for each in asked if each.name not in found])
        # A model that goes wrong does so there, too, and what it would have led to is not counted.
        wrong = counted.problem is not None
        if theirs.error != wrong:
            problems.append(f"{'an' if theirs.error else 'no'} error there without what is violated here")
        ours = (counted.counts.states, counted.counts.transitions)
        if not wrong and ours != (theirs.states, theirs.transitions):
            problems.append(f"{ours} is {theirs} there")
        for each in asked:
            if each.name in found and not self._said(system, [each]).error:
                problems.append(f"{each.name} is not found there")
        taken = round(_processor() - started, 2)
        return Compared(name, self.peer, *ours, len(asked), violated, taken, "; ".join(problems))

    def _said(self, system: System, properties: Sequence[Property]) -> Found:
        text = EXPORTERS[self.peer](replace(system, properties=tuple(properties)))
        return CHECKERS[self.peer](text, self.folder, self.seconds)


def _processor() -> float:
    """Seconds of processors until now, with those of programs that were run."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def table(rows: Iterable[Compared]) -> str:
    """What was compared, for each checker."""
    lines = ["| checker | systems | with a violation | verdicts | states | transitions | differ | not compared |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for peer, group in groupby(sorted(rows, key=lambda row: row.peer), lambda row: row.peer):
        own = list(group)
        done = [row for row in own if not row.left]
        sums = (sum(getattr(row, what) for row in done) for what in ("verdicts", "states", "transitions"))
        numbers = (len(done), sum(bool(r.violated) for r in done), *sums, sum(bool(r.problem) for r in done))
        lines.append(f"| {peer} | {' | '.join(f'{n:,}' for n in (*numbers, len(own) - len(done)))} |")
    return "\n".join(lines)


def kept(file: Path | None) -> list[Compared]:
    """What an earlier run wrote."""
    if file is None or not file.exists():
        return []
    rows = [Compared(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    return [replace(row, violated=tuple(row.violated)) for row in rows]
