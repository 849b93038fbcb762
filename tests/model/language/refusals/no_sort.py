from __future__ import annotations

from shootdown.model import State


class Kernel(State):
    """State."""

    x: 3 = 0
