from __future__ import annotations

from shootdown.model import Record


class Bad(Record):
    """With a method."""

    x: bool

    def f(self) -> bool:
        return self.x
