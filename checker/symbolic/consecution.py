"""What has to be shown of a set of lemmas: that they exclude what must not happen, and that no step leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import z3

from shootdown.model.ir.layout import State
from shootdown.model.ir.walk import gotos

from .instance import Template, identities
from .lemmas import Lemma, Membership
from .relation import Move, Relation
from .terms import Truth, as_formula, conjunction, disjunction


@dataclass(frozen=True)
class Escape:
    """A state within the lemmas that shows that something does not follow from them.

    `move` is the step that leads from it out of a lemma; None: the state itself, or a step from it, is what must not
    be. `near` are the entries of the state that the matter depends on.
    """

    state: State
    move: Move | None
    near: frozenset[int]


@dataclass
class Consecution:
    """One solver that holds all lemmas of the state, and for each move what it may break and is not shown to keep.

    A lemma that is added makes all that was shown before no less true, so each pair of move and lemma is shown once.
    """

    relation: Relation
    forbidden: Sequence[Truth]
    """What must not be true of a state and of the choices of a step from it."""
    lemmas: list[Lemma] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._solver = z3.SolverFor("QF_FD")
        self._known = identities(self.relation.now, self.relation.choices)
        self._near = {symbol.get_id(): position for position, symbol in enumerate(self.relation.now)}
        for variable, symbol in zip(self.relation.variables, self.relation.now, strict=True):
            within = None if variable.constant else variable.within(symbol)
            if within is not None:
                self._solver.add(within)
        self._membership = Membership(self.relation)
        self._reads: dict[int, frozenset[int]] = {}
        self._pending: dict[int, list[Truth]] = {}
        self._open = list(range(len(self.forbidden)))

    def add(self, lemma: Lemma) -> None:
        """Take a lemma as true of the state, and as something that each step has to keep."""
        self.lemmas.append(lemma)
        self._solver.add(z3.Not(as_formula(self._membership.now(lemma))))
        for number, move in enumerate(self.relation.moves):
            if may_break(self.relation, move, lemma):
                self._pending.setdefault(number, []).append(self._membership.after(number, lemma))

    def escape(self) -> Escape | None:
        """Something that does not follow yet; None if all does."""
        while self._open:
            found = self._asked(self.forbidden[self._open[-1]], None, None)
            if found is not None:
                return found
            self._open.pop()
        while self._pending:
            number = next(iter(self._pending))
            found = self._broken(number, self._pending[number])
            if found is not None:
                return found
            del self._pending[number]
        return None

    def _broken(self, number: int, cubes: Sequence[Truth]) -> Escape | None:
        move = self.relation.moves[number]
        taken = conjunction([self.relation.starts(move), move.effect.through])
        if number not in self._reads:
            effects = [move.effect.cells[position] for position in move.writes]
            terms = [term for term in (taken, *effects) if not isinstance(term, int)]
            self._reads[number] = frozenset().union(*(self._entries(term) for term in terms))
        return self._asked(conjunction([taken, disjunction(cubes)]), move, self._reads[number])

    def _entries(self, term: z3.ExprRef) -> frozenset[int]:
        """The entries of the state that a term speaks of."""
        symbols = Template(term, self._known).symbols
        return frozenset(self._near[name] for symbol in symbols if (name := symbol.get_id()) in self._near)

    def _asked(self, matter: Truth, move: Move | None, near: frozenset[int] | None) -> Escape | None:
        """A state within the lemmas in which this is true."""
        if isinstance(matter, int) and not matter:
            return None
        formula = as_formula(matter)
        self._solver.push()
        self._solver.add(formula)
        answer = self._solver.check()
        model = self._solver.model() if answer == z3.sat else None
        self._solver.pop()
        if answer == z3.unknown:
            raise Unanswered
        if model is None:
            return None
        return Escape(self.relation.state(model), move, self._entries(formula) if near is None else near)


class Unanswered(Exception):
    """The solver gave up."""

    def __str__(self) -> str:
        return "the solver gave up"


def may_break(relation: Relation, move: Move, lemma: Lemma) -> bool:
    """Whether a move may lead into the lemma's cube from outside it, by what it writes and where it goes."""
    if lemma.positions.isdisjoint(move.writes):
        return False
    offset = relation.layout.points[move.agent]
    targets = {goto.point for goto in gotos(move.step.block)}
    return all(position != offset or not values.isdisjoint(targets) for position, values in lemma.cube)
