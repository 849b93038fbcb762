from __future__ import annotations

from shootdown.model import Index, Record, State


class Frame(Index):
    """A page frame."""


class Pte(Record):
    """An entry."""

    frame: Frame
    write: bool = False


class Bad(State):
    """State."""

    x: frozenset[Pte] = frozenset()
