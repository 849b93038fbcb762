"""`shootdown review`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ..options import Limits
from ..report.columns import Line, plain
from ..report.diagram import MAIL_WIDTH
from ..review.result import Review
from ..scenario import find_one
from . import INTERRUPTED, output
from .parameters import SECONDS
from .progress import Progress


@click.command(name="review", short_help="Say which designs of a scenario are safe, and why.")
@click.argument("scenario")
@click.option("--property", "properties", multiple=True, metavar="NAME", help="Only this property; may be repeated.")
@click.option(
    "--mechanism", "mechanisms", multiple=True, metavar="NAME", help="Only this mechanism may change; may be repeated."
)
@click.option(
    "--max-seconds",
    type=SECONDS,
    default=60,
    show_default=True,
    help="Time to decide designs in; the table comes on top.",
)
@click.option("--max-states", type=click.IntRange(min=1), help="Stop the search of one design at so many states.")
@click.option("--format", "format_", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--output", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write the report here.")
def command(
    scenario: str,
    properties: tuple[str, ...],
    mechanisms: tuple[str, ...],
    max_seconds: float,
    max_states: int | None,
    format_: str,
    target: Path | None,
) -> int:
    """Review the designs of SCENARIO: every combination of the mechanisms that its code reads.

    A table shows its own design, each preset, and its own design with each mechanism changed: verdicts, lengths of the
    shortest violations, and which change would have stopped them. Below stand the minimal combinations of settings that
    are unsafe whatever the rest is, the minimal sets that are sufficient, and the mechanisms whose addition does harm.

    Exit codes: 0 the own design is as expected and everything is decided, 1 not as expected, 2 bad input, 3 undecided,
    130 interrupted.
    """
    from ..review.review import review

    found = find_one(scenario)
    file = target.open("w", encoding="utf-8") if target else None
    try:
        with Progress([found]) as progress:
            limits = Limits(max_states=max_states, max_seconds=max_seconds, progress=progress.searching)
            result = review(found, limits, properties or None, mechanisms)
        if result.undecided == "interrupted":
            result = replace(result, exit_code=INTERRUPTED)
        if file is None and format_ == "text":
            output.show(_lines(result, output.width()))
        else:
            text = _text(result, format_)
            if file is None:
                click.echo(text, nl=False)
            else:
                output.write(text, file)
    finally:
        if file is not None:
            file.close()
    return result.exit_code


def _lines(result: Review, width: int) -> list[Line]:
    from ..report.review_text import review_text

    return review_text(result, width=width)


def _text(result: Review, format_: str) -> str:
    if format_ == "json":
        from ..report.review_json import review_json

        return review_json(result)
    if format_ == "markdown":
        from ..report.review_markdown import review_markdown

        return review_markdown(result)
    return plain(_lines(result, MAIL_WIDTH)) + "\n"
