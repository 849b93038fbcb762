"""Breadth-first search by plain Python alone: nothing of the front-end, the IR or an engine has a part in it.

Two states are the same if their cells are, and every agent stands at the same place with the same locals.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from plain_run import Moment, PlainRun


@dataclass(frozen=True)
class PlainCounts:
    """States, transitions, depth of the deepest state (the initial one has 0)."""

    states: int
    transitions: int
    depth: int


def search(plain: PlainRun) -> PlainCounts:
    """Explore everything; AssertionError if a step goes wrong."""
    seen = {_key(plain, plain.initial)}
    level = [plain.initial]
    transitions = depth = 0
    while level:
        found: list[Moment] = []
        for moment in level:
            for taken in plain.successors(moment):
                assert taken.target is not None, taken.problem
                transitions += 1
                key = _key(plain, taken.target)
                if key not in seen:
                    seen.add(key)
                    found.append(taken.target)
        depth += bool(found)
        level = found
    return PlainCounts(len(seen), transitions, depth)


def _key(plain: PlainRun, moment: Moment) -> Hashable:
    with plain.run.active():
        standing = tuple(
            (each.done, each.budget, each.activity and plain.resume(position, each.activity).frames())
            for position, each in enumerate(moment.standing)
        )
    return tuple(moment.shared.values()), standing
