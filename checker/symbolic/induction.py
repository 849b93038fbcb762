"""Proofs by induction: a set of lemmas that hold at first, that every step keeps, and from which the property follows.

The lemmas are learnt from the reachable states of the (finite) system. A state within the lemmas found so far from
which a step leads out of them, or that is itself bad, is not reachable if the property holds; of its entries those few
are kept that no reachable state has together, and a lemma says so. When nothing leads out any more, what the proof does
not need is dropped, and the rest is checked again by a fresh solver that knows nothing of reachable states.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.system import Property, PropertyKind, System

from ..options import Limits
from ..result import Exploration, Proof, Reached
from .bounded import BoundedSearch
from .consecution import Consecution, Unanswered
from .cores import needed
from .goals import Undecidable, decided, problems
from .lemmas import Lemma, Wording
from .relation import Relation
from .steps import MOST_STEPS, steps_needed
from .teacher import Teacher
from .terms import Truth

Explore = Callable[[System, Limits], tuple[Exploration, Reached | None]]
"""What a search finds, and all reachable states unless something stopped it."""

PROVABLE = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)


@dataclass
class InductionEngine:
    """Proves, or says why it cannot. `explore` searches the system for the states to learn from."""

    states: Explore
    name: str = "induction"
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`, for a system of one property; findings are those of the search for states."""
        started = self.clock()
        found, reached = self.states(system, limits)
        proofs: dict[str, Proof] = {}
        undecidable: dict[str, str] = {}
        for prop in system.properties:
            if prop.name in found.findings or found.problem is not None:
                continue
            try:
                proof = self._proof(system, prop, reached, self._deadline(started, limits))
                if proof is None:
                    undecidable[prop.name] = (
                        f"{found.stopped} stopped the search for the states to learn from, and without them no proof "
                        f"was found over up to {MOST_STEPS} steps"
                    )
                else:
                    proofs[prop.name] = proof
            except (Undecidable, Unanswered, _Late) as reason:
                undecidable[prop.name] = str(reason)
        return Exploration(
            counts=found.counts,
            exhausted=False,
            stopped=None,
            findings=found.findings,
            problem=found.problem,
            seconds=self.clock() - started,
            engine=self.name,
            fired=found.fired,
            counted=False,
            canonical=False,
            proofs=proofs,
            undecidable=undecidable,
        )

    def _proof(
        self, system: System, prop: Property, reached: Reached | None, go_on: Callable[[], None]
    ) -> Proof | None:
        """From what can be learnt of the reachable states, or where they are not known from the property alone."""
        if prop.kind not in PROVABLE:
            raise Undecidable(f"induction does not prove {prop.kind.value} properties")
        if reached is not None:
            return prove(system, prop, reached, go_on)
        k = steps_needed(system, prop, go_on)
        if k is None:
            return None
        start = BoundedSearch(system, Limits(max_depth=k), self.clock)
        return Proof(k, ()) if start.run() == "max_depth" and not start.findings and start.problem is None else None

    def _deadline(self, started: float, limits: Limits) -> Callable[[], None]:
        def check() -> None:
            if limits.max_seconds is not None and self.clock() - started >= limits.max_seconds:
                raise _Late("stopped by max_seconds before a proof was found")

        return check


class _Late(Exception):
    """Time is up."""


def prove(system: System, prop: Property, reached: Reached, go_on: Callable[[], None] = lambda: None) -> Proof:
    """A proof of a property that no reachable state violates.

    `go_on` is called now and then and may raise. Raises `Undecidable` for a property that induction cannot prove, and
    `Unanswered` if the solver gives up.
    """
    relation = Relation(system)
    forbidden = forbidden_of(relation, prop)
    lemmas = _learnt(relation, forbidden, Teacher(reached, relation.layout.bounds, relation.layout.points), go_on)
    lemmas = needed(relation, forbidden, lemmas)
    check_proof(system, prop, lemmas)
    wording = Wording(system, relation)
    return Proof(1, tuple(sorted({wording.text(lemma): None for lemma in lemmas}, key=lambda text: (len(text), text))))


def forbidden_of(relation: Relation, prop: Property) -> list[Truth]:
    """What a proof of a property excludes: that it is violated, and that a step ends in a problem."""
    return [cond for _, cond in (*decided(relation, prop), *problems(relation))]


def check_proof(system: System, prop: Property, lemmas: Sequence[Lemma]) -> None:
    """Raise InternalError unless the lemmas hold at first, every step keeps them all, and the property follows."""
    relation = Relation(system)
    for lemma in lemmas:
        if all(relation.layout.initial[position] in values for position, values in lemma.cube):
            raise InternalError("an invariant of a proof does not hold in the initial state")
    fresh = Consecution(relation, forbidden_of(relation, prop))
    for lemma in lemmas:
        fresh.add(lemma)
    if fresh.escape() is not None:
        raise InternalError("the invariants of a proof are not inductive")


def _learnt(relation: Relation, forbidden: Sequence[Truth], teacher: Teacher, go_on: Callable[[], None]) -> list[Lemma]:
    consecution = Consecution(relation, forbidden)
    for lemma in (*teacher.ranges(), *teacher.at_points()):
        consecution.add(lemma)
    while True:
        go_on()
        escape = consecution.escape()
        if escape is None:
            return consecution.lemmas
        learnt = teacher.lemmas(escape.state, escape.near)
        if not learnt:
            raise InternalError("a reachable state leads out of what holds in all reachable states")
        for lemma in learnt:
            consecution.add(lemma)
