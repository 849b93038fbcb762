"""`shootdown list`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from shootdown.model.language.model import Function, Model, Role

from ..report.columns import Line, Piece, Style, fold
from ..report.table import table
from ..scenario import find, find_one
from ..scenario.models import kernel_library, library
from . import output

REPEATED = "title"
"""What variants of a file have in common: told with the first of them."""

Rows = Sequence[tuple[str, ...]]


@click.command(name="list", short_help="List scenarios, operations, properties or mechanisms.")
@click.argument("what", type=click.Choice(["scenarios", "operations", "properties", "mechanisms"]))
@click.argument("of", required=False, metavar="[SCENARIO or FOLDER]")
def command(what: str, of: str | None) -> None:
    """List what there is: of the bundled kernel model, or of the model of a SCENARIO.

    Scenarios are the bundled ones, or those of a FOLDER. Through a pipe each is one line, its fields between tabs.
    """
    if what == "scenarios":
        output.show(_scenarios(of))
        return
    model = library(find_one(of)).model if of else kernel_library().model
    heads, rows = _LISTS[what](model)
    output.show(_table(heads, rows) if rows else [(Piece(f"this model has no {what}"),)])


def _scenarios(of: str | None) -> list[Line]:
    rows = [
        (
            scenario.name,
            ", ".join(f"{name}: {wish.verdict}" for name, wish in scenario.tables.expect.items()),
            ", ".join(scenario.tables.source),
            scenario.tables.title,
        )
        for scenario in find([of] if of else [])
    ]
    return _table(("scenario", "expects", "source", "title"), rows)


def _operations(model: Model) -> tuple[tuple[str, ...], Rows]:
    chosen = [each for each in model.operations.values() if each.litmus or each.role is Role.HARDWARE]
    rows = [(each.litmus or each.name, _runner(each), each.options.source, each.options.seen) for each in chosen]
    return ("line", "run by", "source", "seen"), rows


def _runner(operation: Function) -> str:
    options = operation.options
    if options.unit:
        per = f".{options.per.name}" if options.per else ""
        owed = " (owed)" if options.owed else ""
        return f"unit {options.unit}{per}{owed}"
    return f"device of type {options.device}" if options.device else "an agent"


def _properties(model: Model) -> tuple[tuple[str, ...], Rows]:
    rows = [
        (each.name, each.kind.value if each.kind else "", first_sentence(each.docstring))
        for each in model.properties.values()
    ]
    return ("property", "kind", "meaning"), rows


def _mechanisms(model: Model) -> tuple[tuple[str, ...], Rows]:
    rows = [
        (each.name, _alternatives(each.labels), each.since, each.evidence, each.meaning, each.prevents)
        for each in model.mechanisms.values()
    ]
    return ("mechanism", "is", "since", "evidence", "meaning", "prevents"), rows


_LISTS: dict[str, Callable[[Model], tuple[tuple[str, ...], Rows]]] = {
    "operations": _operations,
    "properties": _properties,
    "mechanisms": _mechanisms,
}


def _alternatives(labels: tuple[str, ...]) -> str:
    return "on or off" if labels == ("False", "True") else ", ".join(label.lower() for label in labels)


def _table(heads: tuple[str, ...], rows: Rows) -> list[Line]:
    """A line for each row; on a terminal that is too narrow a paragraph for each.

    For other programs the fields stand between tabs: columns would be hundreds of characters wide.
    """
    if not output.on_terminal():
        return [(Piece("\t".join(" ".join(cell.split()) for cell in row)),) for row in (heads, *rows)]
    lines = table(heads, [tuple(Piece(cell) for cell in row) for row in rows])
    width = output.width()
    if all(sum(len(piece.text) for piece in line) <= width for line in lines):
        return lines
    before: tuple[str, ...] = ("",) * len(heads)
    lines = []
    for row in rows:
        lines += fold((Piece(row[0], Style.HEAD),), 0, width)
        for head, cell, last in list(zip(heads, row, before, strict=True))[1:]:
            if cell and (cell != last or head != REPEATED):
                lines += fold((Piece(f"{head} ", Style.QUIET), Piece(cell)), 4, width)
        before = row
    return lines


def first_sentence(docstring: str) -> str:
    """The first sentence of a docstring, on one line."""
    text = " ".join(docstring.split())
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]
