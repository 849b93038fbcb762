"""Tables: columns as wide as their widest cell, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence

from .columns import Line, Piece, Style


def table(heads: Sequence[str], rows: Sequence[Sequence[Piece]]) -> list[Line]:
    """The heads and the rows; nothing is cut."""
    cells = [[Piece(head, Style.HEAD) for head in heads], *rows]
    widths = [max(len(row[column].text) for row in cells) for column in range(len(heads))]
    right = [bool(rows) and all(_is_number(row[column].text) for row in rows) for column in range(len(heads))]
    return [_line(row, widths, right) for row in cells]


def _line(row: Sequence[Piece], widths: Sequence[int], right: Sequence[bool]) -> Line:
    pieces: list[Piece] = []
    for position, (cell, width, to_the_right) in enumerate(zip(row, widths, right, strict=True)):
        space, gap = Piece(" " * (width - len(cell.text))), Piece("  ")
        if position == len(row) - 1:
            pieces += [space, cell] if to_the_right else [cell]
        else:
            pieces += [space, cell, gap] if to_the_right else [cell, space, gap]
    return tuple(pieces)


def _is_number(text: str) -> bool:
    return bool(text) and text.replace(",", "").replace(".", "", 1).isdecimal()
