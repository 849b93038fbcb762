from __future__ import annotations

from shootdown.model import State


class Bad(State):
    """State."""

    x: 3 = 0
