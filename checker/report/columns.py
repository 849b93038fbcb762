"""Columns side by side, time going down: entries of text with styles, laid out to a width. Knows nothing of traces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

GAP = 2
NARROWEST = 10
COMFORTABLE = 56
"""How wide a column gets where there is room for more: effects stand near their step, columns near each other."""
FURTHER_IN = 4


class Style(Enum):
    """What a piece of text is; the value is how a terminal shows it, so that some are one and the same."""

    PLAIN = ""
    HEAD = "bold"
    RULE = "dim"
    LINE = "bold"
    FRAME = "dim"
    STEP = ""
    CHANGE = "cyan"
    CHOICE = "magenta"
    NOTE = "green"
    BAD = "bold red"
    GOOD = "bold green"
    QUIET = "dim"
    WARNING = "yellow"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What happens at one moment in one column: a label, indented, and remarks beside it."""

    column: int
    indent: int
    label: Piece
    remarks: tuple[Piece, ...] = ()


def plain(lines: Iterable[Line]) -> str:
    """The text of lines, without styles."""
    return "\n".join("".join(piece.text for piece in line).rstrip() for line in lines)


def lay_out(heads: Sequence[str], entries: Sequence[Entry], width: int) -> list[Line]:
    """The heads, a rule and the entries, at most `width` wide; what does not fit its column goes on below it."""
    pads = _pads(entries)
    needs = [max(len(head), 4) for head in heads]
    for entry, pad in zip(entries, pads, strict=True):
        longest = max(len(piece.text) for piece in (entry.label, *entry.remarks)) + entry.indent + FURTHER_IN
        whole = entry.indent + _length(_pieces(entry, pad))
        needs[entry.column] = max(needs[entry.column], min(whole, max(longest, COMFORTABLE)))
    widths = share(needs, width - GAP * (len(heads) - 1))
    lines: list[Line] = []
    lines += _beside(
        [fold((Piece(head, Style.HEAD),), 0, room) for head, room in zip(heads, widths, strict=True)], widths
    )
    lines += _beside([[(Piece("-" * room, Style.RULE),)] for room in widths], widths)
    for entry, pad in zip(entries, pads, strict=True):
        before = sum(widths[: entry.column]) + GAP * entry.column
        folded = _folded(entry, pad, widths[entry.column])
        lines += [(Piece(" " * before), *line) for line in folded]
    return lines


def share(needs: Sequence[int], width: int) -> list[int]:
    """Widths for columns: what each needs, or, where that is too much, an even share of what the modest ones leave."""
    widths = [0] * len(needs)
    left, todo = max(width, NARROWEST * len(needs)), len(needs)
    for column in sorted(range(len(needs)), key=lambda column: needs[column]):
        widths[column] = min(needs[column], left // todo)
        left -= widths[column]
        todo -= 1
    return widths


def fold(pieces: Line, indent: int, width: int) -> list[Line]:
    """A line, indented; broken between words, in need inside them, so that nothing is wider than `width`."""
    if indent + _length(pieces) <= width:
        return [(Piece(" " * indent), *pieces)]
    further = min(indent + FURTHER_IN, max(0, width - NARROWEST))
    lines = [[Piece(" " * indent)]]
    used = indent
    for space, word, style in _words(pieces, width - max(indent, further)):
        fresh = len(lines[-1]) == 1
        if not fresh and used + len(space) + len(word) > width:
            lines.append([Piece(" " * further)])
            used, fresh = further, True
        text = word if fresh else space + word
        lines[-1].append(Piece(text, style))
        used += len(text)
    return [tuple(line) for line in lines]


def fold_items(head: Piece, items: Sequence[str], width: int) -> list[Line]:
    """A head, then items with semicolons between them; broken behind a semicolon where that is possible."""
    lines: list[list[Piece]] = [[head, Piece("  ")]]
    used = len(head.text) + 2
    for position, item in enumerate(items):
        text = item + (";" if position < len(items) - 1 else "")
        space = " " if position else ""
        if space and used + 1 + len(text) > width:
            lines.append([Piece(" " * FURTHER_IN)])
            used, space = FURTHER_IN, ""
        lines[-1].append(Piece(space + text))
        used += len(space) + len(text)
    return [line for each in lines for line in fold(tuple(each), 0, width)]


def _folded(entry: Entry, pad: int, width: int) -> list[Line]:
    """An entry in a column: remarks that do not fit beside the label stand below it, further in."""
    indent = min(entry.indent, width // 2)
    pieces = _pieces(entry, pad)
    if indent + _length(pieces) <= width:
        return [(Piece(" " * indent), *pieces)]
    lines = fold((entry.label,), indent, width)
    for remark in entry.remarks:
        beside = (*lines[-1], Piece("  "), remark)
        if _length(beside) <= width:
            lines[-1] = beside
        else:
            below = min(indent + FURTHER_IN, max(0, width - NARROWEST))
            lines += fold((remark,), below, width)
    return lines


def _words(pieces: Line, longest: int) -> Iterable[tuple[str, str, Style]]:
    """The words, each with the space in front of it: none inside a word that goes on in the next piece."""
    ended = True
    for piece in pieces:
        for space, word in re.findall(r"(\s*)(\S+)", piece.text):
            for number, part in enumerate(_parts(word, longest)):
                yield " " if number == 0 and (space or ended) else "", part, piece.style
            ended = False
        ended = ended or piece.text[-1:].isspace()


def _parts(word: str, longest: int) -> Iterable[str]:
    """A word in pieces of at most `longest`, broken behind punctuation where there is some."""
    while len(word) > longest:
        end = max(word.rfind(mark, 0, longest) for mark in "_,./])") + 1
        end = end if end > longest // 3 else longest
        yield word[:end]
        word = word[end:]
    yield word


def _pieces(entry: Entry, pad: int) -> Line:
    if not entry.remarks:
        return (entry.label,)
    spaces = Piece(" " * max(2, pad - len(entry.label.text) + 2))
    apart = [piece for remark in entry.remarks for piece in (Piece("  "), remark)][1:]
    return (entry.label, spaces, *apart)


def _pads(entries: Sequence[Entry]) -> list[int]:
    """Where remarks start: the same place for neighbours of equal indentation, unless a label is very long."""
    pads: list[int] = []
    for _, group in groupby(entries, key=lambda entry: (entry.column, entry.indent)):
        rows = list(group)
        lengths = [len(row.label.text) for row in rows if row.remarks and len(row.label.text) <= 32]
        pads += [max(lengths, default=0)] * len(rows)
    return pads


def _length(pieces: Line) -> int:
    return sum(len(piece.text) for piece in pieces)


def _beside(cells: Sequence[Sequence[Line]], widths: Sequence[int]) -> list[Line]:
    height = max(map(len, cells), default=0)
    lines = []
    for row in range(height):
        line: list[Piece] = []
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            content = cell[row] if row < len(cell) else ()
            gap = width - _length(content) + GAP if column < len(widths) - 1 else 0
            line += [*content, Piece(" " * gap)]
        lines.append(tuple(line))
    return lines
