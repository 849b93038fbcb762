"""What has changed since an earlier report, for people."""

from __future__ import annotations

from collections import Counter

from ..record import Change, Comparison, Difference, Run
from .columns import Line, Piece, Style, fold
from .diagram import diagram
from .table import table
from .verdicts import cut_short


def changes(run: Run, comparison: Comparison, width: int, *, traces: bool) -> list[Line]:
    """A line for each change, then (with `traces`) the diagrams of what fails."""
    lines: list[Line] = []
    if comparison.differences:
        rows = [(Piece(_mark(each), _style(each)), *map(Piece, told(each))) for each in comparison.differences]
        lines += [part for line in table(("", *HEADS), rows) for part in fold(line, 0, width)]
    for checked in run.checked:
        for row in checked.rows if traces else ():
            if row.trace is not None and not row.as_expected and (checked.scenario, row.prop) not in comparison.known:
                lines += [(), *diagram(row.trace, row.background, width=width)]
        if traces and checked.problem is not None and (checked.scenario, "") not in comparison.known:
            lines += [(), *diagram(checked.problem, checked.background, width=width)]
    return lines


HEADS = ("scenario", "property", "was", "is")


def told(difference: Difference) -> tuple[str, str, str, str]:
    """A change as cells below `HEADS`."""
    return difference.scenario, difference.prop, difference.was or "-", difference.now or "-"


def numbers(comparison: Comparison) -> str:
    """How many changes there are of each kind."""
    counts = Counter(each.change for each in comparison.differences)
    known = f" ({len(comparison.known)} of them not as expected)" if comparison.known else ""
    parts = [f"{counts[change]} {change.value}" for change in Change if counts[change]]
    return ", ".join([*parts, f"{comparison.unchanged} unchanged{known}"])


def _mark(difference: Difference) -> str:
    return f"NOT {difference.change.value}" if difference.exit_code else difference.change.value


def _style(difference: Difference) -> Style:
    if difference.exit_code:
        return Style.BAD
    return Style.GOOD if difference.change is Change.FIXED else Style.PLAIN


def compared(run: Run, comparison: Comparison, width: int) -> list[Line]:
    """The numbers: how the run stands to the earlier one."""
    parts = [numbers(comparison)]
    parts += cut_short(run)
    parts += [f"{run.seconds:.1f} s"]
    style = Style.GOOD if comparison.exit_code == 0 and not run.interrupted else Style.BAD
    return fold((Piece(f"since {comparison.file}: "), Piece(", ".join(parts), style)), 0, width)
