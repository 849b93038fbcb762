"""Claims about a single state, refuted with Z3."""

from __future__ import annotations

import time

import z3

from .relation import Relation

MOST_WORK = 30_000_000
"""Z3's measure of its work on one claim, which no clock decides; with more it is not refuted."""

_MOST_MILLISECONDS = 2**32 - 1
"""Z3 takes no more, and who has more time asks again."""


class Refuting:
    """Asks about states of which every entry has one of its values; `until`: the moment at which it gives up."""

    def __init__(self, relation: Relation, until: float | None) -> None:
        pairs = zip(relation.variables, relation.now, strict=True)
        bounds = [within for variable, symbol in pairs if (within := variable.within(symbol)) is not None]
        self._until = until
        self._solver = z3.SolverFor("QF_FD")
        self._solver.set("rlimit", MOST_WORK)
        self._solver.add(*bounds)
        self._refuted: dict[int, z3.BoolRef] = {}

    @property
    def late(self) -> bool:
        """Whether there is no time left."""
        return self._until is not None and time.monotonic() > self._until

    def may_hold(self, claim: z3.BoolRef) -> bool:
        """Whether a claim holds in some state, or nobody knows."""
        if claim.get_id() in self._refuted:
            return False
        if self._until is not None:
            self._solver.set("timeout", milliseconds(self._until - time.monotonic()))
        self._solver.push()
        self._solver.add(claim)
        found = bool(self._solver.check() != z3.unsat)
        self._solver.pop()
        if not found:
            # The claim stands beside its id, which is only unique while the term lives.
            self._refuted[claim.get_id()] = claim
        return found


def milliseconds(seconds: float) -> int:
    """A time as Z3 has it; what is over already is as little as can be."""
    return max(1, int(min(1000 * seconds, _MOST_MILLISECONDS)))
