"""Which of the lemmas of a proof are needed for it."""

from __future__ import annotations

from collections.abc import Sequence

import z3

from .consecution import Unanswered, may_break
from .lemmas import Lemma, Membership
from .relation import Relation
from .terms import Truth, as_formula, conjunction, disjunction


def needed(relation: Relation, forbidden: Sequence[Truth], lemmas: Sequence[Lemma]) -> list[Lemma]:
    """Those lemmas from which the rest of the proof follows, by the cores that the solver gives.

    Expects a proof: together the lemmas exclude what is forbidden, and every step keeps them. Raises `Unanswered`.
    """
    cores = _Cores(relation, lemmas)
    for cond in forbidden:
        cores.need(cond)
    done: set[tuple[int, int]] = set()
    while True:
        fresh = False
        for number, move in enumerate(relation.moves):
            kept = [
                at for at in sorted(cores.found) if (number, at) not in done and may_break(relation, move, lemmas[at])
            ]
            if kept:
                fresh = True
                done.update((number, at) for at in kept)
                broken = disjunction([cores.membership.after(number, lemmas[at]) for at in kept])
                cores.need(conjunction([relation.starts(move), move.effect.through, broken]))
        if not fresh:
            return [lemmas[at] for at in sorted(cores.found)]


class _Cores:
    """One solver in which each lemma of the state is an assumption. `found` are those needed so far."""

    def __init__(self, relation: Relation, lemmas: Sequence[Lemma]) -> None:
        self.found: set[int] = set()
        self.membership = Membership(relation)
        self._solver = z3.SolverFor("QF_FD")
        self._marks = [z3.Bool(f"lemma.{at}") for at in range(len(lemmas))]
        self._numbers = {mark.get_id(): at for at, mark in enumerate(self._marks)}
        for mark, lemma in zip(self._marks, lemmas, strict=True):
            self._solver.add(z3.Implies(mark, z3.Not(as_formula(self.membership.now(lemma)))))
        for variable, symbol in zip(relation.variables, relation.now, strict=True):
            within = None if variable.constant else variable.within(symbol)
            if within is not None:
                self._solver.add(within)

    def need(self, cond: Truth) -> None:
        """Find the lemmas that exclude a condition; those found already come first."""
        if isinstance(cond, int) and not cond:
            return
        self._solver.push()
        self._solver.add(as_formula(cond))
        known = [self._marks[at] for at in sorted(self.found)]
        if not known or self._solver.check(*known) != z3.unsat:
            if self._solver.check(*self._marks) != z3.unsat:
                raise Unanswered
            self.found.update(self._numbers[mark.get_id()] for mark in self._solver.unsat_core())
        self._solver.pop()
