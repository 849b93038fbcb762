from __future__ import annotations

from shootdown.model import Annotated, Between, Record, Struct, place


class Page(Struct):
    """What is known of a frame."""

    content: bool = False
    count: Annotated[int, Between(0, 3)] = 0


class Bad(Record):
    """Holds a place."""

    page: Page
