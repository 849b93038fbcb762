"""Limits of a search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[int, int, int], None]
"""Called about once a second with states, transitions and depth so far."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a search gives up: states stored, depth, seconds, bytes of memory; None: no limit."""

    max_states: int | None = None
    max_depth: int | None = None
    max_seconds: float | None = None
    max_memory: int | None = None
    progress: Progress | None = field(default=None, compare=False)
