"""What became of a scenario in larger worlds."""

from __future__ import annotations

from collections.abc import Iterator

from ..record import Checked, Grown
from ..verdict import UNDECIDED, Verdict
from .columns import Line, Piece, Style, fold
from .table import table

UNKNOWN = Verdict.UNKNOWN.value


def growth_lines(checked: Checked, width: int) -> Iterator[Line]:
    """A line for each larger world: its size, that over the size before, and the verdicts that changed."""
    if not checked.grown:
        return
    yield ()
    yield (Piece(f"{checked.scenario} with one more:", Style.HEAD),)
    yield from table(("", "states", "factor", "verdicts"), [_row(checked, each) for each in checked.grown])
    for each in checked.grown:
        if each.error:
            yield from fold((Piece(f"{each.what}: ", Style.HEAD), Piece(each.error)), 0, width)


def _row(checked: Checked, each: Grown) -> tuple[Piece, ...]:
    states = f"{each.counts.states:,}" if each.counts else ""
    before = checked.counts.states if checked.counts else 0
    factor = f"{each.counts.states / before:.2f}" if each.counts and before else ""
    return Piece(each.what), Piece(states), Piece(factor), _verdicts(checked, each)


def _verdicts(checked: Checked, each: Grown) -> Piece:
    if each.error:
        return Piece("not possible", Style.QUIET)
    if each.exit_code == UNDECIDED:
        return Piece(f"{len(each.changes)} of {len(checked.rows)} unknown: {each.stopped}", Style.WARNING)
    if each.changes:
        told = [f"{prop}: {now}, was {was}" for prop, was, now in each.changes if UNKNOWN not in (was, now)]
        return Piece("; ".join(told), Style.BAD)
    return Piece("unchanged; saturated" if each.saturates(checked.counts) else "unchanged", Style.GOOD)


def growth_object(checked: Checked) -> list[dict[str, object]]:
    """The same as JSON values."""
    return [
        {
            "scenario": checked.scenario,
            "more": each.what,
            "states": each.counts.states if each.counts else None,
            "transitions": each.counts.transitions if each.counts else None,
            "seconds": round(each.seconds, 3),
            "stopped": each.stopped,
            "saturated": each.saturates(checked.counts),
            "changes": [{"property": prop, "was": was, "is": now} for prop, was, now in each.changes],
            "error": each.error or None,
        }
        for each in checked.grown
    ]
