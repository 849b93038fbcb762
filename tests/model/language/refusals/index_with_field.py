from __future__ import annotations

from shootdown.model import Index


class Bad(Index):
    """With a field."""

    x: bool
