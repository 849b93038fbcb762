"""What a run has not exercised, by file and line, and how much it has."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ..analysis.marks import Kind, Mark
from ..exercise import Coverage
from .columns import Line, Piece, Style, fold

PLURALS = {
    Kind.OPERATION: "operations",
    Kind.STEP: "steps",
    Kind.BRANCH: "ways of branches",
    Kind.ASSERTION: "assertions",
    Kind.MECHANISM: "settings of mechanisms",
    Kind.PROPERTY: "properties",
}


def coverage_lines(coverage: Coverage, width: int) -> list[Line]:
    """The places that were not exercised, and the counts, as lines at most `width` wide where names permit."""
    lines: list[Line] = []
    for path, marks in groupby(coverage.missed, key=lambda mark: mark.where.path):
        lines += [(), (Piece(path, Style.HEAD),)]
        for line, at in groupby(marks, key=lambda mark: mark.where.line):
            lines += fold((Piece(f"{line:>6}  "), Piece("; ".join(_texts(at)))), 8, width)
    lines += [(), (Piece("exercised", Style.HEAD),)]
    for kind in Kind:
        met, every = coverage.counts(kind)
        lines.append((Piece(f"  {met:>5} of {every:>5}  {PLURALS[kind]}"),))
    met, every = coverage.counts()
    lines.append((Piece(f"  {met:>5} of {every:>5}  in all, {coverage.percent:.1f} %"),))
    if coverage.cut:
        text = f"searched in part only, so that more may be exercised: {', '.join(coverage.cut)}"
        lines += fold((Piece(text, Style.WARNING),), 0, width)
    return lines


def _texts(marks: Iterable[Mark]) -> Iterable[str]:
    """What is said of the places of one line; a branch of which both ways are missed is said once."""
    for (kind, _), same in groupby(marks, key=lambda mark: (mark.kind, mark.where)):
        whats = [mark.what for mark in same]
        match kind:
            case Kind.BRANCH:
                ways = f"is never {whats[0]}" if len(whats) == 1 else "is never asked"
                yield f"the condition {ways}"
            case Kind.OPERATION:
                yield f"{', '.join(whats)} never runs"
            case Kind.ASSERTION:
                yield f"{', '.join(whats)} is never asserted here"
            case Kind.MECHANISM:
                yield f"never asked with {', '.join(whats)}"
            case Kind.PROPERTY:
                yield f"{', '.join(whats)} is never at stake"
            case Kind.STEP:
                yield f"step {', '.join(whats)}"


def coverage_object(coverage: Coverage) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "percent": round(coverage.percent, 2),
        "kinds": {kind.value: dict(zip(("exercised", "all"), coverage.counts(kind), strict=True)) for kind in Kind},
        "not_exercised": [
            {
                "kind": mark.kind.value,
                "file": mark.where.path,
                "line": mark.where.line,
                "column": mark.where.column,
                "what": mark.what,
            }
            for mark in coverage.missed
        ],
        "searched_in_part": list(coverage.cut),
    }
