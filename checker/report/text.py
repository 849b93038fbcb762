"""The summary of a run, for people: verdicts, what is not as expected, one closing line."""

from __future__ import annotations

from ..record import MEMORY_MODEL, Checked, Run
from ..verdict import UNDECIDED
from .changes import changes, compared
from .columns import Line, Piece, Style, fold
from .coverage import coverage_lines
from .diagram import diagram
from .growth import growth_diagrams, growth_lines
from .verdicts import blocks, counted, cut_short, one_line_each, problem_text, tally

MOST_INVARIANTS = 12
"""Invariants of a proof that are shown unasked."""


def text_report(run: Run, *, width: int, traces: bool | None = None, verbose: bool = False) -> list[Line]:
    """The report as lines at most `width` wide, where names permit.

    `traces`: show every trace, or none; None: of a single scenario, and the unexpected ones. `verbose`: a line for each
    verdict also where several scenarios were checked and all is as expected.
    """
    if run.comparison is not None:
        lines = changes(run, run.comparison, width, traces=traces is not False)
    else:
        lines = _verdicts(run, width, traces=traces, verbose=verbose)
    lines += [line for checked in run.checked for line in growth_lines(checked, width)]
    if traces is not False:
        known = run.comparison.known if run.comparison else frozenset[tuple[str, str]]()
        lines += [line for checked in run.checked for line in growth_diagrams(checked, known, width)]
    for notice in dict.fromkeys(notice for checked in run.checked for notice in checked.notices):
        lines += [(), *fold((Piece("note:", Style.HEAD), Piece(f" {notice}")), 0, width)]
    if run.coverage is not None:
        lines += coverage_lines(run.coverage, width)
    lines += [(), *(_closing(run, width) if run.comparison is None else compared(run, run.comparison, width))]
    return lines[1:] if lines[0] == () else lines


def _verdicts(run: Run, width: int, *, traces: bool | None, verbose: bool) -> list[Line]:
    decided = [checked for checked in run.checked if checked.rows or checked.problem]
    in_full = [checked for checked in decided if verbose or len(run.checked) == 1 or not _is_good(checked)]
    lines = one_line_each([checked for checked in decided if checked not in in_full], width)
    lines += [(), *blocks(in_full)] if lines and in_full else blocks(in_full)
    lines += _remarks(run, width)
    for checked in run.checked:
        if checked in in_full:
            lines += _proofs(checked, width, verbose=verbose)
        lines += _traces(checked, width, traces if traces is not None or len(run.checked) > 1 else True)
    return lines


def _is_good(checked: Checked) -> bool:
    return all(row.as_expected for row in checked.rows) and checked.problem is None


def _remarks(run: Run, width: int) -> list[Line]:
    lines: list[Line] = []
    for checked in run.checked:
        unexpected: dict[str, list[str]] = {}
        for row in checked.rows:
            if not row.as_expected and not (row.exit_code == UNDECIDED and checked.stopped):
                unexpected.setdefault(row.remark or f"expected {row.expected.verdict.value}", []).append(row.prop)
        for remark, props in unexpected.items():
            where = Piece(f"{checked.scenario}: {', '.join(props)}:", Style.HEAD)
            lines += fold((where, Piece(f" {remark}", Style.BAD)), 0, width)
        if checked.problem is not None:
            where = Piece(f"{checked.scenario}:", Style.HEAD)
            lines += fold((where, Piece(f" {problem_text(checked.problem)}", Style.BAD)), 0, width)
        lines += [line for said in _stopped(checked) for line in fold(said, 0, width)]
    return [(), *lines] if lines else []


def _stopped(checked: Checked) -> list[Line]:
    head = Piece(f"{checked.scenario}:", Style.HEAD)
    if checked.skipped:
        return [(head, Piece(f" skipped: {checked.skipped}", Style.WARNING))]
    if not checked.stopped:
        return []
    counts = checked.counts
    covered = f" after {counts.states:,} states, to depth {counts.depth}" if counts else ""
    return [(head, Piece(f" stopped: {checked.stopped}{covered}"))]


def _proofs(checked: Checked, width: int, *, verbose: bool) -> list[Line]:
    """The invariants of proofs, each told once."""
    lines: list[Line] = []
    told: list[object] = []
    for row in checked.rows:
        if row.proof is None or not row.proof.invariants or row.proof in told:
            continue
        told.append(row.proof)
        props = ", ".join(other.prop for other in checked.rows if other.proof == row.proof)
        lines += [
            (),
            *fold((Piece(f"{checked.scenario}: invariants from which {props} follows:", Style.HEAD),), 0, width),
        ]
        shown = row.proof.invariants if verbose else row.proof.invariants[:MOST_INVARIANTS]
        for invariant in shown:
            lines += fold((Piece(f"  {invariant}"),), 4, width)
        left = len(row.proof.invariants) - len(shown)
        if left:
            lines.append((Piece(f"  and {left} more: --verbose, or --format json", Style.QUIET),))
    return lines


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


def _closing(run: Run, width: int) -> list[Line]:
    """One line if it fits, else the memory model in front on its own."""
    parts = tally(run)
    cut = [row for row in run.rows if row.split is not None]
    changed = sum(1 for row in cut if row.split is not row.verdict)
    parts += [f"with atomic steps cut {counted(changed, 'verdict')} of {len(cut)} differ"] if cut else []
    skipped = sum(1 for checked in run.checked if checked.skipped)
    parts += [f"{counted(skipped, 'scenario')} skipped"] if skipped else []
    parts += cut_short(run)
    cached = sum(1 for checked in run.checked if checked.cached)
    parts += [f"{cached if cached < len(run.checked) else 'all'} cached"] if cached else []
    parts.append(f"{run.seconds:.1f} s")
    style = Style.GOOD if run.exit_code == 0 and not run.interrupted else Style.BAD
    counts, memory = Piece(", ".join(parts), style), f"memory is {MEMORY_MODEL}"
    if len(counts.text) + 2 + len(memory) <= width:
        return [(counts, Piece(f"; {memory}", Style.QUIET))]
    return [(Piece(memory, Style.QUIET),), *fold((counts,), 0, width)]
