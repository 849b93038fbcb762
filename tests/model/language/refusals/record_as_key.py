from __future__ import annotations

from shootdown.model import Index, Record, State, Table, table


class Frame(Index):
    """A page frame."""


class Pte(Record):
    """An entry."""

    frame: Frame
    write: bool = False


class Bad(State):
    """State."""

    x: Table[Pte, bool] = table(False)
