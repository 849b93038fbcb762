from __future__ import annotations

from shootdown.model import Enum


class Bad(Enum):
    """With values."""

    A = 1
