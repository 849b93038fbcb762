"""A profile, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ..profile.blowup import MOST, Part
from ..profile.estimate import Estimate
from ..profile.passes import Left
from ..profile.profile import Profile
from ..profile.work import Sampled, Work
from ..result import Exploration
from .columns import Line, Piece, Style, fold
from .table import table

FORMAT = "shootdown-profile"
VERSION = 1
SHOWN = 12


def profile_text(found: Profile, width: int, *, steps: bool, everything: bool) -> list[Line]:
    """The report as lines at most `width` wide, where names permit; `steps`: single steps, not operations."""
    lines = [part for line in _head(found) for part in fold(line, 0, width)]
    if found.exploration is None:
        return lines
    most = None if everything else SHOWN
    if found.parts:
        lines += [(), *_parts(found.parts[:most], found.exploration, len(found.parts))]
    if found.work is not None:
        lines += [(), *_work(found.work, most, steps=steps)]
    if found.passes:
        lines += [(), *_passes(found.passes)]
    return lines


def guess_text(guess: Estimate, width: int) -> list[Line]:
    """What is told before the search begins; nothing, if the number is known."""
    return [] if guess.exact else fold((Piece(f"before the search: {_guessed(guess)}"),), 0, width)


def profile_json(found: Profile) -> str:
    """The report as JSON; docs/large-worlds.md has its keys."""
    exploration, work = found.exploration, found.work
    counts = exploration.counts if exploration else None
    data = {
        "format": FORMAT,
        "version": VERSION,
        "scenario": found.scenario.name,
        "file": found.scenario.shown_path,
        "estimate": {
            "states": found.estimate.states,
            "exact": found.estimate.exact,
            "bytes": found.estimate.memory,
        },
        "states": counts.states if counts else None,
        "transitions": counts.transitions if counts else None,
        "depth": counts.depth if counts else None,
        "seconds": round(exploration.seconds, 3) if exploration else None,
        "bytes": found.memory if exploration else None,
        "stopped": exploration.stopped if exploration else None,
        "interrupted": found.interrupted,
        "passes": [asdict(each) for each in found.passes],
        "parts": [asdict(part) for part in found.parts],
        "sampled_states": work.states if work else None,
        "operations": [_work_object(work, each) for each in work.operations] if work else [],
        "steps": [_work_object(work, each) for each in work.steps] if work else [],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _head(found: Profile) -> Iterator[Line]:
    name = Piece(found.scenario.name, Style.HEAD)
    exploration = found.exploration
    if exploration is None:
        yield name, Piece(f"  {_guessed(found.estimate)}")
        return
    counts = exploration.counts
    states = f"{counts.states:,} states of {found.memory / max(counts.states, 1):.0f} bytes"
    numbers = f"{states}, {counts.transitions:,} transitions, depth {counts.depth}"
    yield name, Piece(f"  {numbers}, {exploration.seconds:.2f} s", Style.QUIET)
    if exploration.stopped is not None:
        yield (Piece(f"stopped: {exploration.stopped}; what follows is of the states until then", Style.WARNING),)
    if found.interrupted and not found.parts:
        yield (Piece("interrupted before all of that was looked at", Style.WARNING),)


def _guessed(guess: Estimate) -> str:
    size = f"{_memory(guess.memory)} of memory"
    if guess.exact:
        return f"{guess.states:,} states, {size}"
    return f"about {_rounded(guess.states):,} states, {size}; such a guess may be wrong by a factor of ten"


def _rounded(count: int) -> int:
    """Two digits are more than a guess is good for."""
    digits = max(len(str(count)) - 2, 0)
    return round(count, -digits)


def _memory(count: int) -> str:
    for unit, size in (("GB", 2**30), ("MB", 2**20)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return "less than 1 MB"


def _parts(shown: Sequence[Part], exploration: Exploration, count: int) -> Iterator[Line]:
    looked = f" (of the first {MOST:,} states)" if exploration.counts.states > MOST else ""
    yield (Piece(f"what multiplies states{looked}:", Style.HEAD),)
    rows = [
        (
            Piece(part.name),
            Piece(part.kind, Style.QUIET),
            Piece(f"{part.factor:.2f}"),
            Piece(f"{part.values:,}"),
            Piece(f"{part.bits:,}"),
        )
        for part in shown
    ]
    yield from table(("", "", "factor", "values", "bits"), rows)
    yield from _more(count - len(shown))


def _work(work: Sampled, most: int | None, *, steps: bool) -> Iterator[Line]:
    what = "steps" if steps else "operations"
    yield (Piece(f"{what}, in {work.states:,} of the states:", Style.HEAD),)
    every = work.steps if steps else work.operations
    rows = [
        (
            Piece(each.name),
            Piece(f"{100 * each.states / max(work.states, 1):.1f}"),
            Piece(f"{100 * each.transitions / max(work.transitions, 1):.1f}"),
            Piece(f"{100 * each.seconds / (work.seconds or 1):.1f}"),
            *((Piece(each.where, Style.QUIET),) if steps else ()),
        )
        for each in every[:most]
    ]
    heads = ("", "% of states", "% of transitions", "% of time", *(("where",) if steps else ()))
    yield from table(heads, rows)
    yield from _more(len(every) - len(rows))


def _passes(passes: Sequence[Left]) -> Iterator[Line]:
    yield (Piece("what the passes leave of the system:", Style.HEAD),)
    rows = [
        (
            Piece(each.name or "as lowered"),
            *(Piece(f"{number:,}") for number in (each.steps, each.statements, each.cells, each.locals)),
        )
        for each in passes
    ]
    yield from table(("", "steps", "statements", "cells", "locals"), rows)


def _more(left: int) -> Iterator[Line]:
    if left > 0:
        yield (Piece(f"and {left} more: --all", Style.QUIET),)


def _work_object(work: Sampled, each: Work) -> dict[str, object]:
    return {
        "name": each.name,
        "where": each.where,
        "kind": each.kind,
        "states": round(each.states / max(work.states, 1), 4),
        "transitions": round(each.transitions / max(work.transitions, 1), 4),
        "time": round(each.seconds / (work.seconds or 1), 4),
    }
