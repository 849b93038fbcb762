"""Runs of a bounded length as one formula that grows by a step at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import z3

from shootdown.model.ir.layout import State
from shootdown.model.ir.walk import gotos

from .instance import Symbol, Template, identities
from .order import Classes
from .relation import Move, Relation
from .runs import Conditions, Goal
from .terms import as_formula, conjunction


class Unrolling:
    """The runs of at most `depth` steps from the initial state, in a canonical order of independent ones.

    A constant for an entry of the state exists for every time at which some step that may have happened wrote it;
    before, the entry has its value of the time before. Steps that no agent can have come to yet are left out.
    """

    def __init__(self, relation: Relation, solver: z3.Solver) -> None:
        self.relation = relation
        self.solver = solver
        self.depth = 0
        self.newest: z3.BoolRef = z3.BoolVal(True)
        self._ways = max((move.way for move in relation.moves), default=0)
        self._order = Classes(relation.system, relation.moves)
        variables, initial = relation.variables, relation.layout.initial
        self._next: tuple[Symbol, ...] = tuple(variable.symbol("'") for variable in variables)
        self._known = identities(relation.now, relation.choices, self._next)
        self._templates = [Template(self._formula(move), self._known) for move in relation.moves]
        self._enabled = [Template(as_formula(move.effect.through), self._known) for move in relation.moves]
        self._states: list[list[z3.ExprRef]] = [
            [variable.numeral(value) for variable, value in zip(variables, initial, strict=True)]
        ]
        self._points = [{initial[offset]} for offset in relation.layout.points]
        self._taken: list[dict[int, z3.BoolRef]] = []
        self._classes: dict[int, z3.BoolRef] = {}

    def goal(self, conditions: Conditions) -> Goal:
        """Conditions made ready."""
        return [(number, Template(as_formula(cond), self._known)) for number, cond in conditions]

    def holds(self, goal: Goal) -> z3.BoolRef:
        """Whether one of the conditions holds in the last state."""
        values = self._values(self._choices(self.depth))
        reached = [
            template for number, template in goal if number is None or self._reached(self.relation.moves[number])
        ]
        return z3.Or([template.copy(values) for template in reached])

    def drop_shorter(self) -> None:
        """From now on only runs of at least `depth` steps."""
        self.solver.add(self.newest)

    def extend(self) -> bool:
        """Make the runs one step longer; False if no step can have come next."""
        values = self._values(self._choices(self.depth))
        possible = [number for number in self._possible() if not self._excluded(number, values)]
        if not possible:
            return False
        self._next_state(possible)
        self._steps(possible, values)
        self._canonical(possible)
        for number in possible:
            move = self.relation.moves[number]
            self._points[move.agent].update(goto.point for goto in gotos(move.step.block))
        self.depth += 1
        return True

    def run(self, model: z3.ModelRef) -> tuple[list[State], list[tuple[int, int]]]:
        """The states of the run in a model, and between them the agents and steps taken."""
        steps = []
        for taken in self._taken:
            number = next((number for number, symbol in taken.items() if z3.is_true(model.eval(symbol))), None)
            if number is None:
                break
            steps.append((self.relation.moves[number].agent, self.relation.moves[number].index))
        return [self._state(model, time) for time in range(len(steps) + 1)], steps

    def _state(self, model: z3.ModelRef, time: int) -> State:
        return tuple(
            variable.lo if variable.constant else variable.value(model.eval(symbol, model_completion=True))
            for variable, symbol in zip(self.relation.variables, self._states[time], strict=True)
        )

    def _formula(self, move: Move) -> z3.BoolRef:
        """That a move is enabled and leads to the next state."""
        effect = move.effect
        changes = [
            self.relation.becomes(position, self._next[position], effect.cells[position])
            for position in move.writes
            if not self.relation.variables[position].constant
        ]
        return as_formula(conjunction([effect.through, *changes]))

    def _choices(self, time: int) -> list[z3.BitVecRef]:
        return [z3.BitVec(f"{symbol}@{time}", symbol.size()) for symbol in self.relation.choices]

    def _values(self, choices: Iterable[z3.BitVecRef]) -> dict[int, z3.ExprRef]:
        values = {symbol.get_id(): value for symbol, value in zip(self.relation.now, self._states[-1], strict=True)}
        return values | {symbol.get_id(): value for symbol, value in zip(self.relation.choices, choices, strict=True)}

    def _reached(self, move: Move) -> bool:
        return move.step.source in self._points[move.agent]

    def _possible(self) -> list[int]:
        return [number for number, move in enumerate(self.relation.moves) if self._reached(move)]

    def _excluded(self, number: int, values: Mapping[int, z3.ExprRef]) -> bool:
        """Whether what is fixed in the state keeps a move from being enabled."""
        template = self._enabled[number]
        if not any(_is_value(values[name]) for name in template.names):
            return False
        return bool(z3.is_false(z3.simplify(template.copy(values))))

    def _next_state(self, possible: Iterable[int]) -> None:
        written = {position for number in possible for position in self.relation.moves[number].writes}
        state = [*self._states[-1]]
        for position in sorted(written):
            variable = self.relation.variables[position]
            if not variable.constant:
                state[position] = variable.symbol(f"@{self.depth + 1}")
        self._states.append(state)

    def _steps(self, possible: Sequence[int], values: Mapping[int, z3.ExprRef]) -> None:
        time = self.depth
        taken = {number: z3.Bool(f"step.{number}@{time}") for number in possible}
        after = {symbol.get_id(): value for symbol, value in zip(self._next, self._states[-1], strict=True)}
        writers: dict[int, list[z3.BoolRef]] = {}
        for number, symbol in taken.items():
            move = self.relation.moves[number]
            self._implies(symbol, self._templates[number].copy({**values, **after}))
            self._implies(symbol, self._identity(move, values))
            for position in move.writes:
                writers.setdefault(position, []).append(symbol)
        goes = z3.Bool(f"goes@{time}")
        for symbol in taken.values():
            self._implies(symbol, goes)
        self._implies(goes, z3.Or(list(taken.values())))
        self._implies(goes, self.newest)
        self.newest = goes
        before, now = self._states[-2:]
        for position, symbols in writers.items():
            if not self.relation.variables[position].constant:
                self.solver.add(z3.Or([*symbols, now[position] == before[position]]))
        self._taken.append(taken)

    def _identity(self, move: Move, values: Mapping[int, z3.ExprRef]) -> z3.BoolRef:
        """What tells a move apart from all others, so that only one is taken."""
        time, agents = self.depth, len(self.relation.system.agents)
        turn = z3.BitVec(f"turn@{time}", max(1, (agents - 1).bit_length()))
        way = z3.BitVec(f"way@{time}", max(1, self._ways.bit_length()))
        position = self.relation.layout.points[move.agent]
        parts = [turn == move.agent, way == move.way]
        if not self.relation.variables[position].constant:
            here = self.relation.variables[position].numeral(move.step.source)
            parts.append(values[self.relation.now[position].get_id()] == here)
        return z3.And(parts)

    def _implies(self, premise: z3.BoolRef, conclusion: z3.BoolRef) -> None:
        self.solver.add(z3.Implies(premise, conclusion))

    def _canonical(self, possible: Iterable[int]) -> None:
        now: dict[int, z3.BoolRef] = {}
        for number in possible:
            group = self._order.of[number]
            symbol = now.setdefault(group, z3.Bool(f"class.{group}@{self.depth}"))
            self._implies(self._taken[-1][number], symbol)
        for group, symbol in self._classes.items():
            later = [symbol for other, symbol in now.items() if self._comes_first(other, group)]
            if later:
                self._implies(symbol, z3.Not(z3.Or(later)))
        self._classes = now

    def _comes_first(self, one: int, other: int) -> bool:
        """Whether steps of one class may come before those of another that they follow, and their agent does."""
        agents = self._order.agents
        return agents[one] < agents[other] and one not in self._order.disturb[other]


def _is_value(expr: z3.ExprRef) -> bool:
    return bool(z3.is_bv_value(expr) or z3.is_true(expr) or z3.is_false(expr))
