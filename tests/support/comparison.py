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
    reached: bool = False
    """Whether the other checker has only the steps that a run may come to."""
    seconds: float = 0.0
    """Of processors, for both."""
    problem: str = ""
    """How they differ; empty if they do not."""
    left: str = ""
    """Why nothing was compared; empty if it was."""


@dataclass(frozen=True)
class Ours:
    """What our explorer says of a system: counts, and what it finds if there are no more than MOST_STATES."""

    states: int
    transitions: int
    more: bool
    """Whether there are more states."""
    wrong: bool
    """Whether the model goes wrong, or is too small."""
    found: frozenset[str] = frozenset()
    """Properties that are violated, or have a witness."""

    @classmethod
    def of(cls, system: System) -> Ours:
        """Search it for its counts, and again for its properties."""
        said = engine().explore(replace(system, properties=()), Limits(max_states=MOST_STATES + 1))
        ours = cls(said.counts.states, said.counts.transitions, said.stopped is not None, said.problem is not None)
        if ours.more:
            return ours
        found = engine().explore(replace(system, properties=_asked(system)), Limits()).findings
        return replace(ours, found=frozenset(found))


@dataclass(frozen=True)
class Comparison:
    """How another checker is asked: by each of its programs so many seconds may be taken."""

    peer: str
    folder: Path
    seconds: float

    def compared(self, name: str, system: System, whole: System | None = None) -> Compared:
        """Both searches of a system: one for its counts and what is no error there, one for each error.

        `whole` is the system of which `system` has the steps that a run may come to.
        """
        started = _processor()
        ours = Ours.of(system)
        if ours.more:
            return Compared(name, self.peer, ours.states, left=f"more than {MOST_STATES:,} states")
        asked = _asked(system)
        errors = [each for each in asked if self._is_error(each, found=each.name in ours.found)]
        problems = []
        if whole is not None and (everything := Ours.of(whole)) != ours:
            problems.append(f"{ours} is {everything} with all steps")
        theirs = self._said(system, [each for each in asked if each not in errors])
        # A model that goes wrong does so there, too, and what it would have led to is not counted.
        if theirs.error != ours.wrong:
            problems.append(f"{'an' if theirs.error else 'no'} error there without what is one here")
        counts = (ours.states, ours.transitions)
        if not ours.wrong and counts != (theirs.states, theirs.transitions):
            problems.append(f"{counts} is {(theirs.states, theirs.transitions)} there")
        problems += [f"{each.name} is no error there" for each in errors if not self._said(system, [each]).error]
        violated = tuple(each.name for each in asked if each.name in ours.found)
        taken = round(_processor() - started, 2)
        return Compared(name, self.peer, *counts, len(asked), violated, seconds=taken, problem="; ".join(problems))

    def _is_error(self, prop: Property, *, found: bool) -> bool:
        """Whether the other checker is to report an error: a witness is one, but rumur misses a `cover` without any."""
        return found != (prop.kind is PropertyKind.SOMETIMES and self.peer == "murphi")

    def _said(self, system: System, properties: Sequence[Property]) -> Found:
        text = EXPORTERS[self.peer](replace(system, properties=tuple(properties)))
        return CHECKERS[self.peer](text, self.folder, self.seconds)


def _asked(system: System) -> tuple[Property, ...]:
    return tuple(each for each in system.properties if each.kind is not PropertyKind.NO_DEADLOCK)


def _processor() -> float:
    """Seconds of processors until now, with those of programs that were run."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def table(rows: Iterable[Compared]) -> str:
    """What was compared, for each checker."""
    heads = "checker | steps | systems | with a violation | verdicts | states | transitions | differ | not compared"
    lines = [f"| {heads} |", f"|{'---|' * 9}"]
    for (peer, reached), group in groupby(sorted(rows, key=_kind), _kind):
        own = list(group)
        done = [row for row in own if not row.left]
        sums = (sum(getattr(row, what) for row in done) for what in ("verdicts", "states", "transitions"))
        numbers = (len(done), sum(bool(r.violated) for r in done), *sums, sum(bool(r.problem) for r in done))
        row = (peer, "reached" if reached else "all", *(f"{n:,}" for n in (*numbers, len(own) - len(done))))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def kept(file: Path | None) -> list[Compared]:
    """What an earlier run wrote."""
    if file is None or not file.exists():
        return []
    rows = [Compared(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    return [replace(row, violated=tuple(row.violated)) for row in rows]


def _kind(row: Compared) -> tuple[str, bool]:
    return row.peer, row.reached
