"""How far a run is, on standard error: one line that is written over on a terminal, a new one elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from ..record import Checked
from ..scenario import Scenario
from .output import terminal_width

PATIENCE = 1.0
"""Seconds before the first line on a terminal, and between lines."""

LOGGED = 20.0
"""The same where lines stay, as in the log of a CI job, which may be ended if it says nothing."""


class Progress:
    """Tells how far a run is; `clock` gives seconds."""

    def __init__(self, scenarios: Sequence[Scenario], clock: Callable[[], float] = time.monotonic) -> None:
        self._names = [scenario.name for scenario in scenarios]
        self._finished: list[str] = []
        self._clock = clock
        self._started = self._told = clock()
        self._terminal = sys.stderr.isatty()
        self._shown = False

    def searching(self, states: int, transitions: int, depth: int) -> None:
        """One search goes on; with several processes this is called where nobody can tell, and says nothing."""
        if len(self._names) == 1:
            rate = transitions / max(self._clock() - self._started, 0.001)
            counts = f"{states:,} states, depth {depth}, {rate:,.0f} transitions/s"
            self._tell(counts, self._names[0])

    def done(self, checked: Checked | None) -> None:
        """One scenario is finished; None: time goes by."""
        if checked is not None:
            self._finished.append(checked.scenario)
        last = f"last {self._finished[-1]}" if self._finished else ""
        self._tell(f"checked {len(self._finished)} of {len(self._names)} scenarios", last)

    def note(self, text: str) -> None:
        """Say at once what the user should know before the run ends."""
        print(f"note: {text}", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _tell(self, counts: str, names: str) -> None:
        """A line that ends with names, which is what a narrow terminal loses."""
        now = self._clock()
        if now - self._told < (PATIENCE if self._terminal else LOGGED):
            return
        self._told = now
        text = f"{counts}, {now - self._started:.0f} s{'; ' if names else ''}{names}"
        if self._terminal:
            self._shown = True
            print(f"\r\x1b[K{text[: terminal_width(sys.stderr) - 1]}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
