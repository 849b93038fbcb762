from __future__ import annotations

from shootdown.model import Record


class Node(Record):
    """Holds itself."""

    next: Node | None
