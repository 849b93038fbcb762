"""The race diagram: the columns of a trace, and under them what is wrong and what allowed it."""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.model.ir.source import NOWHERE, Span
from shootdown.model.ir.system import PropertyKind

from ..record import Background
from ..trace.trace import Blame, CellText, Stuck, Trace
from ..verdict import Verdict
from .columns import Line, Piece, Style, fold, fold_items, lay_out, plain
from .lanes import lanes

MAIL_WIDTH = 100
EMPTY = ("none", "0", "False", "{}", "[]", "")


def diagram(
    trace: Trace, background: Background | None = None, *, width: int = MAIL_WIDTH, full: bool = False
) -> list[Line]:
    """The trace as lines at most `width` wide; `full` leaves no step out."""
    known = background or Background()
    columns = lanes(trace, full=full)
    lines = _heading(trace, known, width)
    lines += _initially(trace, width)
    if columns.entries:
        lines += [(), *lay_out(columns.heads, columns.entries, width)]
    lines.append(())
    lines += _outcome(trace, width)
    for text in known.prevented_by:
        lines += fold((Piece("prevented by", Style.HEAD), Piece(" " + text)), 0, width)
    return lines


def diagram_text(
    trace: Trace, background: Background | None = None, *, width: int = MAIL_WIDTH, full: bool = False
) -> str:
    """The diagram as plain text."""
    return plain(diagram(trace, background, width=width, full=full))


def _heading(trace: Trace, known: Background, width: int) -> list[Line]:
    first = (Piece(trace.scenario, Style.HEAD), Piece(f": {known.title}" if known.title else ""))
    lines = fold(first, 0, width)
    return lines + (fold((Piece(known.design, Style.QUIET),), 0, width) if known.design else [])


def _initially(trace: Trace, width: int) -> list[Line]:
    """The cells that the run changes or the verdict rests on, where they hold something at the start."""
    reads = [cell for blame in trace.blame for cell in blame.reads]
    matter = {change.cell.key for step in trace.steps for change in step.changes} | {cell.key for cell in reads}
    cells = [cell for cell in trace.initial.cells if cell.key in matter and cell.shown and cell.text not in EMPTY]
    if not cells:
        return []
    return fold_items(Piece("initially", Style.HEAD), [cell.shown for cell in cells], width)


def _outcome(trace: Trace, width: int) -> list[Line]:
    prop = trace.prop
    lines: list[Line] = []
    if trace.problem is not None:
        what = trace.verdict.value.replace("_", " ")
        said = f": {trace.problem.message}{_at(trace.problem.where)}"
        return fold((Piece(what, Style.BAD), Piece(said)), 0, width)
    if trace.verdict is Verdict.HOLDS:
        head = Piece(f"{prop.name} is witnessed", Style.GOOD)
    else:
        head = Piece(f"{prop.name} is violated", Style.BAD)
    lines += fold((head, Piece(f": {prop.meaning}" if prop.meaning else "")), 0, width)
    for blame in trace.blame:
        lines += _blame(blame, width)
    if prop.kind is PropertyKind.ASSERTION and trace.steps and not trace.blame:
        lines += _labelled("at", f"{trace.steps[-1].label}{_at(trace.steps[-1].where)}", width)
    return lines + (_stuck(trace.stuck, width) if trace.stuck is not None else [])


def _blame(blame: Blame, width: int) -> list[Line]:
    lines = _labelled("true" if blame.value else "false", f"{blame.text}{_at(blame.where)}", width)
    if blame.bound:
        lines += _labelled("for", ", ".join(f"{each.name} = {each.text}" for each in blame.bound), width)
    if blame.over:
        lines += _labelled("tried", f"{blame.over} = {', '.join(blame.tried) or 'nothing: there is none'}", width)
    if blame.reads:
        lines += _labelled("where", _cells(blame.reads), width)
    return lines


def _stuck(stuck: Stuck, width: int) -> list[Line]:
    lines: list[Line] = []
    for waiting in stuck.waiting:
        where = " > ".join(waiting.operations)
        what = f" waits at {waiting.step} for {waiting.condition}" if waiting.step else " has no step to take"
        lines += _labelled(waiting.agent, f"in {where}{what}{_at(waiting.where)}", width)
        lines += _labelled("", _cells(waiting.reads), width) if waiting.reads else []
        lines += _labelled("", f"held up by {', '.join(waiting.on)}", width) if waiting.on else []
    if stuck.cycle:
        lines += _labelled("cycle", " waits for ".join([*stuck.cycle, stuck.cycle[0]]), width)
    return lines


def _labelled(label: str, text: str, width: int) -> list[Line]:
    return fold((Piece(f"{label:5} ", Style.QUIET), Piece(text)), 2, width)


def _cells(cells: Sequence[CellText]) -> str:
    return ", ".join(f"{cell.name} = {cell.text}" for cell in cells)


def _at(where: Span) -> str:
    return "" if where == NOWHERE else f"  ({where})"
