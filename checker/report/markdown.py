"""The summary in GitHub's Markdown, as a step of a workflow may leave it: what is not as expected, with diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..record import MEMORY_MODEL, Checked, Run
from ..result import Counts
from .changes import HEADS, numbers, told
from .diagram import diagram_text
from .findings import Finding, Level, findings
from .growth import growth_text
from .verdicts import counted, cut_short, problem_text, tally, verdict_text

LARGEST = 1024 * 1024
"""Bytes that GitHub takes of one step's summary; a longer one is dropped as a whole."""

_MARKS = {Level.ERROR: "✗", Level.WARNING: "?"}


def markdown_report(run: Run, largest: int = LARGEST) -> str:
    """The report as Markdown of at most `largest` bytes.

    Where that is too little, what comes last (the diagrams, then rows of tables) is left out, and it says so.
    """
    found = [each for each in findings(run) if not each.is_known]
    parts = [f"## shootdown: {_headline(run)}\n"]
    end = f"\nMemory is {MEMORY_MODEL}; {run.seconds:.1f} s.\n"
    left = 0
    details = [_details(each) for each in found]
    for section in (_complaints(found), _changes(run), _skipped(run), _scenarios(run.checked), details):
        kept = _fitting(section, largest - _size([*parts, end]) - len(_left_out(10**9)))
        parts += kept
        left += len(section) - len(kept)
    return "".join([*parts, _left_out(left) if left else "", end])


def _left_out(count: int) -> str:
    return f"\n{count} parts left out: the summary would be too long for GitHub.\n"


def table_row(cells: Iterable[str]) -> str:
    """A row of a table; what cells hold is shown as it is."""
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def fenced(text: str) -> str:
    """A block of text as it is, whatever it holds."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}text\n{text}\n{fence}\n"


def _headline(run: Run) -> str:
    if run.comparison is not None:
        return _inline(f"since {run.comparison.file}: {numbers(run.comparison)}")
    return ", ".join([*tally(run), *cut_short(run)])


def _complaints(found: Sequence[Finding]) -> list[str]:
    rows = [table_row((_MARKS[each.level], each.where, each.rule, each.text.partition("\n")[0])) for each in found]
    return ["\n" + table_row(("", "scenario", "property", "says")) + "|---|---|---|---|\n", *rows] if rows else []


def _changes(run: Run) -> list[str]:
    differences = run.comparison.differences if run.comparison else ()
    rows = [table_row((each.change.value, *told(each))) for each in differences]
    return ["\n" + table_row(("change", *HEADS)) + "|---|---|---|---|---|\n", *rows] if rows else []


def _skipped(run: Run) -> list[str]:
    rows = [f"- {_inline(each.scenario)} skipped: {_inline(each.skipped)}\n" for each in run.checked if each.skipped]
    return ["\n", *rows] if rows else []


def _scenarios(checked: Sequence[Checked]) -> list[str]:
    """Every scenario with its verdicts, and below it its larger worlds, folded away; whole or not at all."""
    told = [each for each in checked if each.rows or each.problem]
    rows = [row for each in told for row in (_scenario(each), *_larger_worlds(each))]
    head = table_row(("scenario", "verdicts", "states", "seconds")) + "|---|---|---:|---:|\n"
    summary = f"\n<details><summary>{counted(len(told), 'scenario')}</summary>\n\n"
    return ["".join([summary, head, *rows, "\n</details>\n"])] if rows else []


def _scenario(checked: Checked) -> str:
    verdicts = [f"{row.prop}: {verdict_text(row)}" for row in checked.rows]
    verdicts += [problem_text(checked.problem)] if checked.problem else []
    return _searched(checked.scenario, "; ".join(verdicts), checked.counts, checked.seconds)


def _larger_worlds(checked: Checked) -> list[str]:
    return [
        _searched(each.named(checked.scenario), growth_text(each), each.counts, each.seconds) for each in checked.grown
    ]


def _searched(name: str, says: str, counts: Counts | None, seconds: float) -> str:
    return table_row((name, says, f"{counts.states:,}" if counts else "", f"{seconds:.2f}"))


def _details(finding: Finding) -> str:
    text = finding.text
    if finding.trace is not None:
        text = diagram_text(finding.trace, finding.background)
    return f"\n<details><summary>{_inline(finding.title)}</summary>\n\n{fenced(text)}\n</details>\n"


def _fitting(parts: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for part in parts:
        room -= len(part.encode())
        if room < 0:
            break
        kept.append(part)
    return kept


def _size(parts: Iterable[str]) -> int:
    return sum(len(part.encode()) for part in parts)


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")


def _inline(text: str) -> str:
    """Text on one line in which nothing is markup."""
    plain = re.sub(r"([\\`*_\[\]~])", r"\\\1", " ".join(text.split()))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
