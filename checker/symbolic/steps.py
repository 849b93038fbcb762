"""k-induction with simple paths: no k good steps through different states lead to a bad one, wherever they start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import z3

from shootdown.model.ir.system import Property, System

from .consecution import Unanswered
from .goals import decided, problems
from .instance import Symbol, Template, identities
from .relation import Relation
from .terms import as_formula, conjunction, disjunction

MOST_STEPS = 6
"""Steps that a proof goes back at most."""


def steps_needed(system: System, prop: Property, go_on: Callable[[], None] = lambda: None) -> int | None:
    """The least k for which a bad state, or a problem, does not follow k good steps; None if no k is found.

    That no run of fewer than k steps from the initial state is bad is not shown here. `go_on` is called now and then
    and may raise. Raises `Undecidable` and `Unanswered`.
    """
    runs = _Runs(Relation(system), prop)
    for k in range(1, MOST_STEPS + 1):
        go_on()
        runs.extend()
        if not runs.may_be_bad():
            return k
    return None


class _Runs:
    """Runs of good and pairwise different states from anywhere; only the last state may be bad."""

    def __init__(self, relation: Relation, prop: Property) -> None:
        self._relation = relation
        self._solver = z3.SolverFor("QF_FD")
        self._step = z3.BitVec("step", max(1, len(relation.moves).bit_length()))
        self._next: tuple[Symbol, ...] = tuple(variable.symbol("'") for variable in relation.variables)
        known = identities(relation.now, self._next, relation.choices, (self._step,))
        self._taken = Template(self._relation_formula(), known)
        bad = disjunction([cond for _, cond in (*decided(relation, prop), *problems(relation))])
        # A good state is known to be good only for the choices that its step makes: weaker than true, hence sound.
        self._bad = Template(as_formula(bad), known)
        self._states: list[list[Symbol]] = []
        self._add_state()

    def extend(self) -> None:
        """One step more: the state that was last is good."""
        time = len(self._states) - 1
        values = self._values(time)
        self._solver.add(z3.Not(self._bad.copy(values)))
        self._add_state()
        after = {symbol.get_id(): value for symbol, value in zip(self._next, self._states[-1], strict=True)}
        self._solver.add(self._taken.copy({**values, **after}))
        for earlier in self._states[:-1]:
            self._solver.add(z3.Or([a != b for a, b in zip(earlier, self._states[-1], strict=True)]))

    def may_be_bad(self) -> bool:
        """Whether the last state may be bad."""
        self._solver.push()
        self._solver.add(self._bad.copy(self._values(len(self._states) - 1)))
        answer = self._solver.check()
        self._solver.pop()
        if answer == z3.unknown:
            raise Unanswered
        return bool(answer == z3.sat)

    def _add_state(self) -> None:
        state: list[Symbol] = []
        for variable in self._relation.variables:
            symbol = variable.symbol(f"@{len(self._states)}")
            within = variable.within(symbol)
            if within is not None:
                self._solver.add(within)
            state.append(symbol)
        self._states.append(state)

    def _values(self, time: int) -> dict[int, z3.ExprRef]:
        relation = self._relation
        values = {symbol.get_id(): value for symbol, value in zip(relation.now, self._states[time], strict=True)}
        inputs: Sequence[z3.BitVecRef] = (*relation.choices, self._step)
        return values | {symbol.get_id(): z3.BitVec(f"{symbol}@{time}", symbol.size()) for symbol in inputs}

    def _relation_formula(self) -> z3.BoolRef:
        """That a step is taken, and that what it does not write stays."""
        relation = self._relation
        steps: list[z3.BoolRef] = []
        writers: dict[int, list[z3.BoolRef]] = {position: [] for position in range(len(relation.variables))}
        for number, move in enumerate(relation.moves):
            changes = [
                relation.becomes(position, self._next[position], move.effect.cells[position])
                for position in move.writes
                if not relation.variables[position].constant
            ]
            chosen = self._step == number
            taken = conjunction([relation.starts(move), move.effect.through, *changes])
            steps.append(z3.And(chosen, as_formula(taken)))
            for position in move.writes:
                writers[position].append(chosen)
        frame = [
            z3.Or([*writers[position], after == now])
            for position, (now, after) in enumerate(zip(relation.now, self._next, strict=True))
        ]
        return z3.And([z3.Or(steps), *frame])
