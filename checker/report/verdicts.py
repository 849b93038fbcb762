"""Verdicts as lines: a block for each scenario, or where all is well a line for each."""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Checked, Row
from ..verdict import UNDECIDED, Evidence, Verdict
from .columns import Line, Piece, Style, fold
from .table import table

_STYLES = {Verdict.VIOLATED: Style.WARNING, Verdict.HOLDS: Style.PLAIN, Verdict.PROVED: Style.PLAIN}


def verdict_text(row: Row) -> str:
    """The verdict in words: a bounded one says its bound."""
    if row.evidence is Evidence.BOUNDED:
        return f"holds to depth {row.depth}"
    return row.verdict.value.replace("_", " ")


def counted(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def blocks(scenarios: Sequence[Checked]) -> list[Line]:
    """Each scenario's name once, with what its search covered, and under it a line for each verdict."""
    cells = [[_cells(row) for row in checked.rows] for checked in scenarios]
    rows = table(("", "", "", ""), [row for block in cells for row in block])[1:] if scenarios else []
    lines: list[Line] = []
    for checked in scenarios:
        lines += [(Piece(checked.scenario, Style.HEAD), Piece(f"  {_covered(checked)}", Style.QUIET))]
        lines += rows[: len(checked.rows)]
        rows = rows[len(checked.rows) :]
    return lines


def one_line_each(scenarios: Sequence[Checked], width: int) -> list[Line]:
    """A line for each scenario, all verdicts joined. Where that is too wide what holds is counted, then the numbers of
    the search are left out; what is still too wide goes on below."""
    if not scenarios:
        return []
    for named, numbers in ((True, True), (False, True), (False, False)):
        lines = _joined_table(scenarios, named=named, numbers=numbers)
        if all(sum(len(piece.text) for piece in line) <= width for line in lines):
            return lines
    return [part for line in lines for part in fold(line, 0, width)]


def _joined_table(scenarios: Sequence[Checked], *, named: bool, numbers: bool) -> list[Line]:
    heads = ("", "scenario", *(("states", "seconds") if numbers else ()), "verdicts")
    rows = []
    for checked in scenarios:
        states = f"{checked.counts.states:,}" if checked.counts else ""
        counts = (Piece(states), Piece(f"{checked.seconds:.2f}")) if numbers else ()
        mark, verdicts = Piece("ok", Style.GOOD), Piece(_joined(checked.rows, named=named))
        rows.append((mark, Piece(checked.scenario), *counts, verdicts))
    return table(heads, rows)


def _joined(rows: Sequence[Row], *, named: bool) -> str:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(verdict_text(row), []).append(row.prop)
    holds = Verdict.HOLDS.value
    parts = [f"{verdict}: {', '.join(props)}" for verdict, props in groups.items() if verdict != holds or named]
    counted = f"{len(groups[holds])} hold{'s' if len(groups[holds]) == 1 else ''}" if holds in groups else ""
    return "; ".join(parts if named or not counted else [*parts, counted])


def _covered(checked: Checked) -> str:
    counts = checked.counts
    covered = f"{counts.states:,} states, depth {counts.depth}, " if counts else ""
    return f"{covered}{checked.seconds:.2f} s{', cached' if checked.cached else ''}"


def _cells(row: Row) -> tuple[Piece, ...]:
    verdict = Piece(verdict_text(row), _STYLES.get(row.verdict, Style.BAD))
    return _mark(row), Piece(row.prop), verdict, Piece(evidence_text(row), Style.QUIET)


def evidence_text(row: Row) -> str:
    """What the verdict rests on; of a proof, how many steps it goes back and how many invariants it needs."""
    if row.proof is None:
        return row.evidence.value if row.evidence else ""
    count = len(row.proof.invariants)
    return f"{Evidence.INDUCTION.value}, k = {row.proof.steps}, {count} invariant{'' if count == 1 else 's'}"


def _mark(row: Row) -> Piece:
    if row.as_expected:
        return Piece("ok", Style.GOOD)
    return Piece("?", Style.WARNING) if row.exit_code == UNDECIDED else Piece("NOT", Style.BAD)
