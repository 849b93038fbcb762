from __future__ import annotations

from shootdown.model import Index, State, Table


class Mm(Index):
    """An address space."""


class Bad(State):
    """State."""

    x: Table[Mm, bool] = False
