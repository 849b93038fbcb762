from __future__ import annotations

from shootdown.model import Index, Range, Record


class Mm(Index):
    """An address space."""


class Bad(Record):
    """With a range."""

    r: Range[Mm]
