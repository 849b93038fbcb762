from __future__ import annotations

from shootdown.model import Index


class Mm(Index):
    """One."""


class Mm(Index):
    """Two."""
