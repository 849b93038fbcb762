from __future__ import annotations

from shootdown.model import Index


class Bad(Index, orderd=True):
    """Misspelt."""
