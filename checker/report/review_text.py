"""A review for people at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..review.result import Combination, DesignRow, Review
from ..verdict import Verdict
from .columns import Line, Piece, Style, fold, fold_items
from .review_words import (
    bad_cells,
    combination_text,
    counted,
    design_name,
    harm_text,
    limits_text,
    nothing_text,
    same_verdicts,
    settings_text,
    stoppers_text,
    verdict_words,
)
from .table import table

NARROWEST = 24
"""The least room in which what would have stopped a run stands beside its verdict."""
_STYLES = {Verdict.VIOLATED: Style.BAD, Verdict.HOLDS: Style.GOOD}


def review_text(review: Review, *, width: int) -> list[Line]:
    """The review as lines at most `width` wide, where names permit."""
    title = f": {review.title}" if review.title else ""
    lines = fold((Piece(review.scenario, Style.HEAD), Piece(title)), 0, width)
    lines += fold((Piece(review.design or "no preset: what is not named is off", Style.QUIET),), 0, width)
    lines += [(), *_designs(review, width)]
    said = limits_text(review)
    lines += [(), *fold((Piece(said, Style.WARNING),), 0, width)] if said else []
    lines += _sets("minimal unsafe combinations", review.unsafe, nothing_text(review, "unsafe"), width)
    lines += _sets("minimal sufficient sets", review.sufficient, nothing_text(review, "safe"), width)
    lines += _harms(review, width)
    lines += _idle(review, width)
    for notice in review.notices:
        lines += [(), *fold((Piece("note:", Style.HEAD), Piece(f" {notice}")), 0, width)]
    effort = review.effort
    searched = f"{effort.searches} searches, {effort.states:,} states, {effort.seconds:.1f} s"
    return [*lines, (), *fold((Piece(counted(review)), Piece(f"; {searched}", Style.QUIET)), 0, width)]


def _designs(review: Review, width: int) -> list[Line]:
    """The table: a line for each verdict that is not "holds", one for each design where all hold, and below it the
    changes that make no difference."""
    own = review.rows[0]
    shown = [row for row in review.rows if row.is_own or row.preset or row.refused or not same_verdicts(row, own)]
    silent = [row for row in review.rows if row not in shown]
    rows = [cells for row in shown for cells in _cells(row)]
    lines = _folded(table(("design", "verdict", "property", "stopped by"), rows), rows, width)
    if silent:
        lines += fold_items(Piece("no difference:", Style.HEAD), [design_name(row) for row in silent], width)
    return lines


def _cells(row: DesignRow) -> Iterator[tuple[Piece, ...]]:
    name = Piece(design_name(row), Style.HEAD if row.is_own else Style.PLAIN)
    if row.refused:
        yield name, Piece("impossible", Style.WARNING), Piece(""), Piece(" ".join(row.refused.split()))
        return
    bad = bad_cells(row.cells)
    if not bad:
        yield name, Piece("holds", Style.GOOD), Piece("all" if len(row.cells) > 1 else row.cells[0].prop), Piece("")
    for cell in bad:
        why = stoppers_text(cell.stoppers) if cell.verdict is Verdict.VIOLATED else cell.remark
        yield name, Piece(verdict_words(cell), _STYLES.get(cell.verdict, Style.WARNING)), Piece(cell.prop), Piece(why)
        name = Piece("")


def _folded(lines: Sequence[Line], rows: Sequence[Sequence[Piece]], width: int) -> list[Line]:
    """The table with its last column broken to the width, or put below the line where too little room is left."""
    done: list[Line] = [lines[0]]
    for line, row in zip(lines[1:], rows, strict=True):
        before, last = line[:-1], row[-1]
        taken = sum(len(piece.text) for piece in before)
        if not last.text:
            done.append(_stripped(before))
        elif width - taken < NARROWEST:
            done.append(_stripped(before))
            done += fold((Piece("stopped by ", Style.QUIET), last), 4, width)
        else:
            first, *rest = _listed(last, width - taken)
            done.append((*before, *first))
            done += [(Piece(" " * taken), *part) for part in rest]
    return done


def _listed(piece: Piece, width: int) -> list[Line]:
    """A list with commas, broken behind them where that is possible."""
    rows: list[str] = []
    for item in re.split(r"(?<=,) ", piece.text):
        if rows and len(rows[-1]) + 1 + len(item) <= width:
            rows[-1] += f" {item}"
        else:
            rows.append(item)
    return [line for row in rows for line in fold((Piece(row, piece.style),), 0, width)]


def _stripped(line: Line) -> Line:
    pieces = [*line]
    while pieces and not pieces[-1].text.strip():
        pieces.pop()
    return tuple(pieces)


def _sets(head: str, sets: Sequence[Combination], nothing: str, width: int) -> list[Line]:
    lines: list[Line] = [(), (Piece(head, Style.HEAD),)]
    if not sets:
        return [*lines, (Piece(f"  {nothing}"),)]
    for each in sets:
        lines += fold((Piece(combination_text(each)), *_example(each)), 2, width)
    return lines


def _example(combination: Combination) -> tuple[Piece, ...]:
    told = "; ".join(
        f"{cell.prop} {verdict_words(cell)}{f': {cell.remark}' if cell.remark else ''}"
        for cell in bad_cells(combination.cells)
    )
    return (Piece(f": {told}", Style.QUIET),) if told else ()


def _harms(review: Review, width: int) -> list[Line]:
    if not review.harms:
        return []
    lines: list[Line] = [(), (Piece("what does harm", Style.HEAD),)]
    for harm in review.harms:
        added, broken = harm_text(harm)
        breaks = f" breaks {broken}" if broken else " makes safe designs unsafe"
        where = f"; for example {settings_text(harm.design, 'this design')} is safe"
        lines += fold((Piece(f"adding {added}", Style.WARNING), Piece(breaks), Piece(where, Style.QUIET)), 2, width)
    return lines


def _idle(review: Review, width: int) -> list[Line]:
    idle = [each.mechanism for each in review.mechanisms if each.matters is False]
    if not idle:
        return []
    return [(), *fold_items(Piece("decides nothing here:", Style.HEAD), idle, width)]
