"""Verdicts as lines: a block for each scenario, or where all is well a line for each."""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Checked, Row, Run
from ..trace.trace import Trace
from ..verdict import AS_EXPECTED, UNDECIDED, Evidence, Verdict, problem_remark
from .columns import Line, Piece, Style, fold
from .table import table

_STYLES = {Verdict.VIOLATED: Style.WARNING, Verdict.HOLDS: Style.PLAIN, Verdict.PROVED: Style.PLAIN}


MODEL = "model"
"""What stands where a property's name would, of a problem beside decided properties."""


def verdict_text(row: Row) -> str:
    """The verdict in words: a bounded one says its bound."""
    if row.evidence is Evidence.BOUNDED:
        return f"holds to depth {row.depth}"
    if row.evidence is Evidence.SWITCHES:
        return within_switches(row.depth or 0)
    if row.evidence is Evidence.FINGERPRINT:
        return by_fingerprints(row.verdict.value)
    return _in_words(row.verdict)


def within_switches(most: int) -> str:
    """The verdict on what holds of all runs with at most so many context switches."""
    return f"holds within {most} context switch{'' if most == 1 else 'es'}"


def by_fingerprints(verdict: str) -> str:
    """A verdict that rests on fingerprints."""
    return f"{verdict.replace('_', ' ')} by fingerprints"


def problem_text(trace: Trace) -> str:
    """The problem that a trace ends in, in words: which kind, what, where, and what to do."""
    assert trace.problem is not None
    said = problem_remark(trace.verdict, trace.problem.message, trace.problem.where)
    return f"{_in_words(trace.verdict)}: {said}"


def tally(run: Run) -> list[str]:
    """How many verdicts are as expected, and whatever else decides the exit code of a run."""
    good = sum(row.as_expected for row in run.rows)
    undecided = sum(row.exit_code == UNDECIDED for row in run.rows)
    problems = [_in_words(checked.problem.verdict) for checked in run.checked if checked.problem is not None]
    worlds = [each for checked in run.checked for each in checked.grown if not each.error and not each.missed]
    open_ = sum(each.exit_code == UNDECIDED for each in worlds)
    bad = sum(each.exit_code != AS_EXPECTED for each in worlds) - open_
    all_good = bool(good) and good == len(run.rows) and not problems and not bad and not open_
    parts = [f"{counted(len(run.rows), 'verdict')} on {counted(len(run.checked), 'scenario')}"]
    parts += ["all as expected" if all_good else f"{good} as expected"]
    parts += [f"{len(run.rows) - good - undecided} not"] if good + undecided < len(run.rows) else []
    parts += [f"{undecided} undecided"] if undecided else []
    parts += [f"{what} in {counted(problems.count(what), 'scenario')}" for what in dict.fromkeys(problems)]
    parts += [
        f"{count} of {counted(len(worlds), 'larger world')} {what}"
        for count, what in ((bad, "not"), (open_, "undecided"))
        if count
    ]
    failed = sum(1 for checked in run.checked if checked.error)
    return parts + ([f"{failed} not checked because of mistakes in them"] if failed else [])


def _in_words(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def cut_short(run: Run) -> list[str]:
    """What an interrupt kept from running."""
    worlds = sum(each.missed for checked in run.checked for each in checked.grown)
    missed = ((len(run.missed), "scenario"), (worlds, "larger world"))
    kept = [counted(count, noun) for count, noun in missed if count]
    return [f"interrupted before {' and '.join(kept)}"] if kept else []


def counted(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def blocks(scenarios: Sequence[Checked]) -> list[Line]:
    """Each scenario's name once, with what its search covered, and under it a line for each verdict; the last is of a
    problem beside them."""
    cells = [[*map(_cells, checked.rows), *_problem_cells(checked)] for checked in scenarios]
    rows = table(("", "", "", ""), [row for block in cells for row in block])[1:] if scenarios else []
    lines: list[Line] = []
    for checked, block in zip(scenarios, cells, strict=True):
        lines += [(Piece(checked.scenario, Style.HEAD), Piece(f"  {_covered(checked)}", Style.QUIET))]
        lines += rows[: len(block)]
        rows = rows[len(block) :]
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


def _problem_cells(checked: Checked) -> list[tuple[Piece, ...]]:
    if checked.problem is None:
        return []
    what = Piece(_in_words(checked.problem.verdict), Style.BAD)
    return [(Piece("NOT", Style.BAD), Piece(MODEL), what, Piece(Evidence.TRACE.value, Style.QUIET))]


def evidence_text(row: Row) -> str:
    """What the verdict rests on; of a proof, how many steps it goes back and how many invariants it needs."""
    if row.evidence is Evidence.FINGERPRINT and row.as_expected and row.remark:
        return row.remark
    if row.proof is None:
        return row.evidence.value if row.evidence else ""
    count = len(row.proof.invariants)
    return f"{Evidence.INDUCTION.value}, k = {row.proof.steps}, {count} invariant{'' if count == 1 else 's'}"


def _mark(row: Row) -> Piece:
    if row.as_expected:
        return Piece("ok", Style.GOOD)
    return Piece("?", Style.WARNING) if row.exit_code == UNDECIDED else Piece("NOT", Style.BAD)
