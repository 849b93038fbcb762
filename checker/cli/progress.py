"""The progress line: one line on standard error, on a terminal, for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType

from ..record import Checked
from ..scenario import Scenario
from .output import terminal_width

PATIENCE = 1.0
"""Seconds before the first line, and between lines."""


class Progress:
    """Tells how far a run is; silent where nobody watches."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._names = [scenario.name for scenario in scenarios]
        self._ahead = dict.fromkeys(self._names)
        self._finished = 0
        self._started = self._told = time.monotonic()
        self._watched = sys.stderr.isatty()
        self._shown = False

    def searching(self, states: int, transitions: int, depth: int) -> None:
        """One search goes on; with several processes this is called where nobody can tell, and says nothing."""
        if len(self._names) == 1:
            rate = transitions / max(time.monotonic() - self._started, 0.001)
            counts = f"{states:,} states, depth {depth}, {rate:,.0f} transitions/s"
            self._tell(counts, self._names[0])

    def done(self, checked: Checked | None) -> None:
        """One scenario is finished; None: time goes by."""
        if checked is not None:
            self._finished += 1
            self._ahead.pop(checked.scenario, None)
        ahead = ", ".join(list(self._ahead)[:3])
        self._tell(f"{self._finished} of {len(self._names)} scenarios", f"next {ahead}" if ahead else "")

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _tell(self, counts: str, names: str) -> None:
        """A line that ends with names, which is what a narrow terminal loses."""
        now = time.monotonic()
        if self._watched and now - self._told >= PATIENCE:
            self._told, self._shown = now, True
            text = f"{counts}, {now - self._started:.0f} s{'; ' if names else ''}{names}"
            print(f"\r\x1b[K{text[: terminal_width(sys.stderr) - 1]}", end="", file=sys.stderr, flush=True)
