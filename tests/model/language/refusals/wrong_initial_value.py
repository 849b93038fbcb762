from __future__ import annotations

from shootdown.model import Enum, State, auto


class Event(Enum):
    """Why."""

    CLEAR = auto()
    UNMAP = auto()


class Bad(State):
    """State."""

    x: Event = True
