"""The loop that decides every design: Z3 proposes one, a search of as many as possible around it decides them.

A box is searched that meets nothing known to be unsafe. If nothing goes wrong in it, all of it is safe, and because it
is as large as the unsafe boxes permit, it is near to a minimal set of mechanisms. If something goes wrong, the run is
taken again under one design, and every design that agrees on the mechanisms that it read is unsafe. Where a run chose
different alternatives of one mechanism it says nothing, and choices of that one are remembered from then on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.system import Property

from ..interrupts import plain_interrupts
from ..options import Limits
from .boxes import Box, Design, Space, contains, count, joined, point, widened
from .covering import Covering
from .leading import Leader
from .searching import Found, Hit, Searcher
from .starts import Start, Starts, from_start

INTERRUPTED = "interrupted"
"""Why designs are undecided when an interrupt has come."""
SMALL = 100_000
"""States that a search of several designs may always have."""
GROWTH = 6
"""How many times as many states as the preferred design a search of several designs may have. After that one of fewer
designs is tried."""


@dataclass(frozen=True)
class Unsafe:
    """Designs that go wrong in the same run: `prop` is violated (None: it ends in a problem) after `depth` steps."""

    box: Box
    prop: Property | None
    depth: int


@dataclass
class Decided:
    """What is known of the designs of a space. `undecided` is the reason why some of them may be in no box."""

    space: Space
    unsafe: list[Unsafe] = field(default_factory=list)
    safe: list[Box] = field(default_factory=list)
    refused: list[tuple[Box, str]] = field(default_factory=list)
    unknown: list[Box] = field(default_factory=list)
    undecided: str = ""
    searches: int = 0
    states: int = 0

    @property
    def unsafe_boxes(self) -> list[Box]:
        """The boxes of designs that go wrong."""
        return [each.box for each in self.unsafe]


class Decider:
    """Decides the designs of a space, those near to the preferred one first."""

    def __init__(self, searcher: Searcher, starts: Starts, limits: Limits, preferred: Design) -> None:
        self._searcher = searcher
        self._starts = starts
        self._limits = limits
        self._preferred = preferred
        self._space = searcher.space
        self._names = [axis.name for axis in self._space.axes]
        self._began = time.monotonic()
        self._covering = Covering(self._space)
        self._remember = set(searcher.freed.lively)
        self._fixed = searcher.freed.fixed
        self._most = SMALL
        self._open = len(self._space.axes)
        self._order = list(range(len(self._space.axes)))
        self._leaders: dict[Start, Leader] = {}
        self.decided = Decided(self._space)

    def run(self) -> Decided:
        """Decide until nothing is left, a limit is reached, or an interrupt comes."""
        try:
            with plain_interrupts():
                self._run()
        except KeyboardInterrupt:
            self.decided.undecided = INTERRUPTED
        return self.decided

    def _run(self) -> None:
        decided = self.decided
        self._measure()
        while True:
            if self._late():
                decided.undecided = "max_seconds"
                return
            design = self._covering.nearest(self._preferred)
            if design is None:
                return
            region, start = self._starts.around(design)
            if start.refused:
                decided.refused.append((region, start.refused))
                self._covering.add(region)
            elif not self._decide(design, region, start):
                return

    def _measure(self) -> None:
        """Search the preferred design, and then beside it the alternatives of each mechanism in turn.

        So the size of a search is known, and mechanisms are left open first that add least to it.
        """
        region, start = self._starts.around(self._preferred)
        if start.refused:
            return
        found = self._search(point(self._preferred), start)
        self._most = max(SMALL, GROWTH * found.exploration.counts.states)
        added = [0] * len(self._order)
        for axis in self._order:
            box = self._around(self._preferred, region, [axis])
            if count(box) > 1 and not self._late():
                found = self._search(box, start)
                self._note(found, self._preferred, region, start, box)
                # What goes wrong by itself is never open where the rest is as preferred.
                added[axis] = self._most if found.hits else found.exploration.counts.states
        self._order.sort(key=lambda axis: added[axis])

    def _decide(self, design: Design, region: Box, start: Start) -> bool:
        """Search around a design until it is decided; whether to go on with others."""
        while True:
            box = self._around(design, region, self._order[: self._open])
            found = self._search(box, start)
            exploration = found.exploration
            self._note(found, design, region, start, box)
            if found.hits:
                if any(contains(each, design) for each in self.decided.unsafe_boxes):
                    return True
            elif exploration.exhausted:
                self._open = min(self._open + 1, len(self._order))
                return True
            elif self._late():
                self.decided.undecided = exploration.stopped or "max_seconds"
                return False
            elif count(box) == 1:
                self.decided.undecided = exploration.stopped or ""
                self._add(self.decided.unknown, box)
                return True
            else:
                self._open = self._fewer(box)

    def _fewer(self, box: Box) -> int:
        """How many axes to leave open so that about half as many are as in this box."""
        half = sum(mask.bit_count() > 1 for mask in box) // 2
        for number, axis in enumerate(self._order):
            half -= box[axis].bit_count() > 1
            if half < 0:
                return number
        return 0

    def _search(self, box: Box, start: Start) -> Found:
        found = self._searcher.search(start, box, self._remember, self._left(box))
        self.decided.searches += 1
        self.decided.states += found.exploration.counts.states
        return found

    def _note(self, found: Found, design: Design, region: Box, start: Start, box: Box) -> None:
        """Keep what a search has decided."""
        for hit in found.hits:
            self._learn(hit, design, region, start)
        if not found.hits and found.exploration.exhausted:
            unread = self._searcher.unread(found)
            self._add(
                self.decided.safe,
                tuple(
                    region[axis] if name in unread else mask
                    for axis, (name, mask) in enumerate(zip(self._names, box, strict=True))
                ),
            )

    def _around(self, design: Design, region: Box, axes: Sequence[int]) -> Box:
        """A box around a design that meets nothing unsafe and leaves none but these axes open."""
        domain = tuple(
            1 << value if name in self._fixed else mask
            for name, value, mask in zip(self._names, design, region, strict=True)
        )
        return widened(point(design), domain, self.decided.unsafe_boxes, axes)

    def _learn(self, hit: Hit, design: Design, region: Box, start: Start) -> None:
        """Take a run again under one design; the designs that agree with it on all that was read are unsafe."""
        torn = {name for name, chosen in hit.chosen.items() if len(chosen) > 1}
        if torn:
            self._remember |= torn
            return
        settings = {**self._space.settings(design), **{name: min(chosen) for name, chosen in hit.chosen.items()}}
        one, leader = self._space.design(settings), self._leader(start)
        found = leader.lead(hit.keys, hit.prop, region)
        if not any(contains(each.box, one) for each in found):
            # Too many designs to lead them all: the one that the run is of is enough.
            found += leader.lead(hit.keys, hit.prop, point(one))
        if not any(contains(each.box, one) for each in found):
            raise InternalError("a run of several designs is not one of any of them")
        for each in found:
            self._covering.add(each.box)
            merge(self.decided.unsafe, Unsafe(each.box, hit.prop, each.depth))

    def _leader(self, start: Start) -> Leader:
        if start not in self._leaders:
            self._leaders[start] = Leader(from_start(self._searcher.system, start), self._space)
        return self._leaders[start]

    def _add(self, boxes: list[Box], box: Box) -> None:
        boxes.append(box)
        self._covering.add(box)

    def _late(self) -> bool:
        limit = self._limits.max_seconds
        return limit is not None and time.monotonic() - self._began >= limit

    def _left(self, box: Box) -> Limits:
        """The limits of a search: what is left of the time, and for several designs a size that is worth it."""
        limits = self._limits
        seconds = limits.max_seconds
        if seconds is not None:
            seconds = max(0.001, seconds - (time.monotonic() - self._began))
        several = count(box) > 1
        most = min(limits.max_states or self._most, self._most) if several else limits.max_states
        return replace(limits, max_seconds=seconds, max_states=most)


def merge(known: list[Unsafe], new: Unsafe) -> None:
    """Add unsafe designs to those that are known: two boxes that differ on one axis only become one."""
    while True:
        beside = next((each for each in known if joined(each.box, new.box) is not None), None)
        if beside is None:
            known.append(new)
            return
        known.remove(beside)
        nearer = min(beside, new, key=lambda each: each.depth)
        new = replace(nearer, box=joined(beside.box, new.box) or new.box)
