"""Keeps an eye on the limits of a running search and tells of its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..options import Limits

_BETWEEN_REPORTS = 1.0
_STATM = Path("/proc/self/statm")


def resident_memory() -> int:
    """Bytes of memory that this process holds; where the system does not say, the most it ever held, or 0."""
    if sys.platform == "win32":
        return 0
    import resource

    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@dataclass
class Watch:
    """Asked before each state is expanded. Memory counts from where the search began."""

    limits: Limits
    clock: Callable[[], float]
    started: float = field(init=False)
    _told: float = field(init=False)
    _memory: int = field(init=False)

    def __post_init__(self) -> None:
        self.started = self._told = self.clock()
        self._memory = resident_memory() if self.limits.max_memory is not None else 0

    def reached(self, states: int, transitions: int, depth: int) -> str | None:
        """The limit that is reached, if one is; reports progress when it is time."""
        limits = self.limits
        if limits.max_states is not None and states >= limits.max_states:
            return "max_states"
        now = self.clock()
        if limits.max_seconds is not None and now - self.started >= limits.max_seconds:
            return "max_seconds"
        if limits.max_memory is not None and resident_memory() - self._memory >= limits.max_memory:
            return "max_memory"
        if limits.progress is not None and now - self._told >= _BETWEEN_REPORTS:
            self._told = now
            limits.progress(states, transitions, depth)
        return None
