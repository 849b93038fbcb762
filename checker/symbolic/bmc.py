"""Bounded model checking: is there a run of so many steps that violates a property?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shootdown.model.ir.system import System

from ..interrupts import plain_interrupts
from ..options import Limits
from ..result import Counts, Exploration
from .bounded import BoundedSearch


@dataclass
class BmcEngine:
    """Looks for runs of at most `max_depth` steps. What it does not find holds to that depth, and is not known beyond.

    First it looks for runs of few rounds, whatever their length. Its paths are not canonical, and may be longer than
    the shortest and than `max_depth`. Once every property is decided it does not ask any more whether a problem comes
    before: a search for the shortest paths sees that.
    """

    name: str = "bmc"
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`, without counts; a keyboard interrupt stops the search with what it has covered."""
        with plain_interrupts():
            search = BoundedSearch(system, limits, self.clock)
        try:
            with plain_interrupts():
                stopped = search.run()
        except KeyboardInterrupt:
            stopped = "interrupted"
        return Exploration(
            counts=Counts(0, 0, max(search.covered, 0)),
            exhausted=False,
            stopped=stopped,
            findings=search.findings,
            problem=search.problem,
            seconds=self.clock() - search.started,
            engine=self.name,
            counted=False,
            canonical=False,
            bound=search.covered if search.covered >= 0 else None,
            undecidable=search.undecidable,
        )
