"""The summary of a run, for people: a table of verdicts, what is not as expected, one closing line."""

from __future__ import annotations

from ..record import MEMORY_MODEL, Checked, Row, Run
from ..verdict import UNDECIDED, Evidence, Verdict
from .columns import Line, Piece, Style
from .diagram import diagram
from .table import table

_STYLES = {Verdict.VIOLATED: Style.WARNING, Verdict.HOLDS: Style.PLAIN}


def text_report(run: Run, *, width: int, traces: bool | None = None) -> list[Line]:
    """The report as lines. `traces`: show every trace, or none; None: of a single scenario, and the unexpected ones."""
    lines: list[Line] = []
    if run.rows:
        lines += table(("", "scenario", "property", "verdict", "evidence", "states", "depth", "seconds"), _rows(run))
    lines += _remarks(run)
    for checked in run.checked:
        lines += _traces(checked, width, traces if traces is not None or len(run.checked) > 1 else True)
    for notice in dict.fromkeys(notice for checked in run.checked for notice in checked.notices):
        lines += [(), (Piece("note: ", Style.HEAD), Piece(notice))]
    return [*lines, (), _closing(run)]


def verdict_text(row: Row) -> str:
    """The verdict in words: a bounded one says its bound."""
    if row.evidence is Evidence.BOUNDED:
        return f"holds to depth {row.depth}"
    return row.verdict.value.replace("_", " ")


def _rows(run: Run) -> list[tuple[Piece, ...]]:
    rows: list[tuple[Piece, ...]] = []
    for checked in run.checked:
        for row in checked.rows:
            mark = _mark(row)
            counts = checked.counts
            rows.append(
                (
                    mark,
                    Piece(checked.scenario),
                    Piece(row.prop),
                    Piece(verdict_text(row), _STYLES.get(row.verdict, Style.BAD)),
                    Piece(row.evidence.value if row.evidence else ""),
                    Piece(f"{counts.states:,}" if counts else ""),
                    Piece(f"{counts.depth}" if counts else ""),
                    Piece(f"{checked.seconds:.2f}"),
                )
            )
    return rows


def _mark(row: Row) -> Piece:
    if row.as_expected:
        return Piece("ok", Style.GOOD)
    return Piece("?", Style.WARNING) if row.exit_code == UNDECIDED else Piece("NOT", Style.BAD)


def _remarks(run: Run) -> list[Line]:
    lines: list[Line] = []
    for checked in run.checked:
        unexpected: dict[str, list[str]] = {}
        for row in checked.rows:
            if not row.as_expected and not (row.exit_code == UNDECIDED and checked.stopped):
                unexpected.setdefault(row.remark or f"expected {row.expected.verdict.value}", []).append(row.prop)
        for remark, props in unexpected.items():
            where = Piece(f"{checked.scenario}: {', '.join(props)}: ", Style.HEAD)
            lines.append((where, Piece(remark, Style.BAD)))
        lines += _stopped(checked)
    return [(), *lines] if lines else []


def _stopped(checked: Checked) -> list[Line]:
    head = Piece(f"{checked.scenario}: ", Style.HEAD)
    if checked.skipped:
        return [(head, Piece(f"skipped: {checked.skipped}", Style.WARNING))]
    if not checked.stopped:
        return []
    counts = checked.counts
    covered = f" after {counts.states:,} states, to depth {counts.depth}" if counts else ""
    return [(head, Piece(f"stopped: {checked.stopped}{covered}"))]


def _traces(checked: Checked, width: int, traces: bool | None) -> list[Line]:
    lines: list[Line] = []
    shown: list[object] = []
    for row in checked.rows:
        if row.trace is None or traces is False or (traces is None and row.as_expected):
            continue
        if row.trace.problem is not None and row.trace.steps in shown:
            continue
        shown.append(row.trace.steps)
        lines += [(), *diagram(row.trace, row.background, width=width)]
    if checked.problem is not None and traces is not False:
        lines += [(), *diagram(checked.problem, checked.background, width=width)]
    return lines


def _closing(run: Run) -> Line:
    good = sum(row.as_expected for row in run.rows)
    parts = [f"{_counted(len(run.rows), 'verdict')} on {_counted(len(run.checked), 'scenario')}"]
    parts.append(f"{good} as expected" if good < len(run.rows) or not good else "all as expected")
    undecided = sum(row.exit_code == UNDECIDED for row in run.rows)
    unexpected = len(run.rows) - good - undecided
    parts += [f"{unexpected} not"] if unexpected else []
    parts += [f"{undecided} undecided"] if undecided else []
    failed = sum(1 for checked in run.checked if checked.error)
    parts += [f"{failed} not checked because of mistakes in them"] if failed else []
    cut = [row for row in run.rows if row.split is not None]
    changed = sum(1 for row in cut if row.split is not row.verdict)
    parts += [f"with atomic steps cut {_counted(changed, 'verdict')} of {len(cut)} differ"] if cut else []
    skipped = sum(1 for checked in run.checked if checked.skipped)
    parts += [f"{_counted(skipped, 'scenario')} skipped"] if skipped else []
    parts += [f"interrupted before {_counted(len(run.missed), 'scenario')}"] if run.missed else []
    parts.append(f"{run.seconds:.1f} s")
    style = Style.GOOD if run.exit_code == 0 and not run.interrupted else Style.BAD
    return (Piece(", ".join(parts), style), Piece(f"; memory is {MEMORY_MODEL}", Style.QUIET))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
