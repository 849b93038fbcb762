"""A review as Markdown, for a mail, a merge request or a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..review.result import Combination, DesignRow, Review
from ..verdict import Verdict
from .review_words import (
    bad_cells,
    combination_text,
    counted,
    design_name,
    harm_text,
    limits_text,
    nothing_text,
    settings_text,
    stoppers_text,
    verdict_words,
)


def review_markdown(review: Review) -> str:
    """The review as text, with a final newline: designs against properties as a matrix, then the minimal sets."""
    lines = [f"# Review of {review.scenario}", ""]
    lines += [review.title, ""] if review.title else []
    lines += [f"Design: {review.design or 'no preset: what is not named is off'}.", ""]
    lines += [*_matrix(review), "", f"{counted(review)}."]
    said = limits_text(review)
    lines += ["", f"**{said[:1].upper()}{said[1:]}.**"] if said else []
    lines += [
        "",
        "## Minimal unsafe combinations",
        "",
        *_sets(review.unsafe, _nothing(review, "unsafe")),
    ]
    lines += ["", "## Minimal sufficient sets", "", *_sets(review.sufficient, _nothing(review, "safe"))]
    if review.harms:
        lines += ["", "## What does harm", "", *_harms(review)]
    idle = [f"`{each.mechanism}`" for each in review.mechanisms if each.matters is False]
    lines += ["", f"Decides nothing here: {', '.join(idle)}."] if idle else []
    return "\n".join(lines) + "\n"


def _matrix(review: Review) -> Iterator[str]:
    props = list(dict.fromkeys(cell.prop for row in review.rows for cell in row.cells))
    yield _row(["design", *props, "stopped by"])
    yield _row(["---"] * (len(props) + 2))
    for row in review.rows:
        cells = {cell.prop: cell for cell in row.cells}
        verdicts = [verdict_words(cells[prop]) if prop in cells else "" for prop in props]
        yield _row([design_name(row), *verdicts, _why(row)])


def _why(row: DesignRow) -> str:
    if row.refused:
        return f"impossible: {' '.join(row.refused.split())}"
    told = [
        stoppers_text(cell.stoppers) if cell.verdict is Verdict.VIOLATED else cell.remark
        for cell in bad_cells(row.cells)
    ]
    return "; ".join(dict.fromkeys(each for each in told if each))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _nothing(review: Review, word: str) -> str:
    text = nothing_text(review, word)
    return f"{text[0].upper()}{text[1:]}."


def _sets(sets: Sequence[Combination], nothing: str) -> Iterator[str]:
    if not sets:
        yield nothing
    for each in sets:
        told = "; ".join(f"{cell.prop} {verdict_words(cell)}" for cell in bad_cells(each.cells))
        yield f"- {combination_text(each)}{f' ({told})' if told else ''}"


def _harms(review: Review) -> Iterator[str]:
    for harm in review.harms:
        added, broken = harm_text(harm)
        breaks = f"breaks {broken}" if broken else "makes safe designs unsafe"
        yield f"- Adding {added} {breaks} (e.g. {settings_text(harm.design, 'this design')} is safe)."
