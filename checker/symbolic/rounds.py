"""Runs of a bounded number of rounds as one formula that grows by a round at a time.

In a round each agent in turn may take steps: at each of its control points, in program order, at most one. So n rounds
hold every run of n steps, and most runs of many more: a run is as many rounds long as its agents have to wait for each
other, or come back to where they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import z3

from shootdown.model.ir.layout import State

from .instance import Template, identities
from .order import Classes, program_order
from .prepared import prepared
from .relation import Relation
from .runs import Conditions, Goal
from .terms import as_formula


@dataclass(frozen=True)
class _Slot:
    """One turn of one agent at one point: the moves it may take, and what is true behind it."""

    agent: int
    taken: Mapping[int, z3.BoolRef]
    stays: z3.BoolRef
    """It stands at the point and takes none of them."""
    entries: tuple[z3.ExprRef, ...]
    stands: Mapping[int, z3.BoolRef]


class Rounds:
    """The runs of at most `depth` rounds from the initial state, each step as early as may be.

    A constant for an entry of the state exists for every turn in which some step may write it; before, the entry has
    the value of the turn before. Steps that no agent can have come to yet, and those that what is known of the state
    excludes, are left out.
    """

    def __init__(self, relation: Relation, solver: z3.Solver) -> None:
        self.relation = relation
        self.solver = solver
        self.depth = 0
        self.newest: z3.BoolRef = z3.BoolVal(True)
        system, layout = relation.system, relation.layout
        next_ = tuple(variable.symbol("'") for variable in relation.variables)
        # Z3 takes its time to tell an identity, and every turn asks for all.
        self._now = [symbol.get_id() for symbol in relation.now]
        self._next = [symbol.get_id() for symbol in next_]
        self._known = identities(relation.now, relation.choices, next_)
        self._moves = prepared(relation, next_, self._known)
        self._from: dict[tuple[int, int], list[int]] = {}
        for number, move in enumerate(relation.moves):
            self._from.setdefault((move.agent, move.step.source), []).append(number)
        self._order = [program_order(system.process(agent)) for agent in system.agents]
        self._classes = Classes(system, relation.moves)
        self._entries: tuple[z3.ExprRef, ...] = tuple(
            variable.numeral(value) for variable, value in zip(relation.variables, layout.initial, strict=True)
        )
        self._stands = [{layout.initial[offset]: z3.BoolVal(True)} for offset in layout.points]
        self._waits: list[dict[int, z3.BoolRef]] = [{} for _ in system.agents]
        self._since: list[dict[int, z3.BoolRef]] = [{} for _ in system.agents]
        self._slots: list[_Slot] = []
        self._shown: dict[int, int] = {}
        """For each agent the last depth at which its point has a constant of its own."""

    def goal(self, conditions: Conditions) -> Goal:
        """Conditions made ready."""
        return [(number, Template(as_formula(cond), self._known)) for number, cond in conditions]

    def holds(self, goal: Goal) -> z3.BoolRef:
        """Whether one of the conditions holds behind the last round."""
        asked = [template for number, template in goal if number is None or self._reached(number)]
        values = self._values("end")
        for agent, position in enumerate(self.relation.layout.points):
            symbol = self._now[position]
            if any(symbol in template.names for template in asked):
                values[symbol] = self._point(agent, position)
        return z3.Or([template.copy(values) for template in asked])

    def drop_shorter(self) -> None:
        """From now on only runs with a step in the last round."""
        self.solver.add(self.newest)

    def extend(self) -> bool:
        """Make the runs one round longer; False if no step can have come next."""
        before = len(self._slots)
        for agent in range(len(self._stands)):
            self._group(agent)
        self.depth += 1
        taken = [symbol for slot in self._slots[before:] for symbol in slot.taken.values()]
        self.newest = self._named(f"went@{self.depth}", taken)
        return bool(taken)

    def run(self, model: z3.ModelRef) -> tuple[list[State], list[tuple[int, int]]]:
        """The states of the run in a model, and between them the agents and steps taken."""
        points = [self.relation.layout.initial[offset] for offset in self.relation.layout.points]
        states, steps = [self.relation.layout.initial], []
        for slot in self._slots:
            number = _true(model, slot.taken)
            if number is not None:
                move = self.relation.moves[number]
                point = _true(model, slot.stands)
                assert point is not None
                points[slot.agent] = point
                states.append(self._state(model, slot.entries, points))
                steps.append((move.agent, move.index))
        return states, steps

    def _state(self, model: z3.ModelRef, entries: Sequence[z3.ExprRef], points: Sequence[int]) -> State:
        state = [
            variable.lo if variable.constant else variable.value(model.eval(entry, model_completion=True))
            for variable, entry in zip(self.relation.variables, entries, strict=True)
        ]
        for position, point in zip(self.relation.layout.points, points, strict=True):
            state[position] = point
        return tuple(state)

    def _values(self, turn: str) -> dict[int, z3.ExprRef]:
        """What stands for the relation's constants in a turn."""
        values = dict(zip(self._now, self._entries, strict=True))
        for symbol in self.relation.choices:
            values[symbol.get_id()] = z3.BitVec(f"{symbol}@{self.depth}.{turn}", symbol.size())
        return values

    def _reached(self, number: int) -> bool:
        move = self.relation.moves[number]
        return move.step.source in self._stands[move.agent]

    def _point(self, agent: int, position: int) -> z3.ExprRef:
        """The point of an agent as the relation has it."""
        variable = self.relation.variables[position]
        symbol = variable.symbol(f"@{self.depth}")
        if self._shown.get(agent) != self.depth:
            self._shown[agent] = self.depth
            for point, here in self._stands[agent].items():
                self.solver.add(z3.Implies(here, symbol == variable.numeral(point)))
        return symbol

    def _group(self, agent: int) -> None:
        """All turns of one agent in this round."""
        waits: dict[int, z3.BoolRef] = {}
        touched: dict[int, list[z3.BoolRef]] = {}
        for point in self._order[agent]:
            slot = self._turn(agent, point)
            if slot is None:
                continue
            for number, symbol in slot.taken.items():
                touched.setdefault(self._classes.of[number], []).append(symbol)
            self._early(agent, point, slot)
            waits[point] = slot.stays
            self._slots.append(slot)
            self._entries = slot.entries
            self._stands[agent] = {**slot.stands}
        self._waits[agent], self._since[agent] = waits, {}
        classes = {group: self._named(f"class.{group}@{self.depth}", symbols) for group, symbols in touched.items()}
        for other, since in enumerate(self._since):
            if other != agent:
                since.update(classes)

    def _turn(self, agent: int, point: int) -> _Slot | None:
        """An agent's turn at a point; None if it can take no step there."""
        here = self._stands[agent].get(point)
        if here is None:
            return None
        values = self._values(f"{agent}.{point}")
        taken = {}
        for number in self._from.get((agent, point), ()):
            through = _instance(self._moves[number].through, values)
            if not z3.is_false(through):
                symbol = taken[number] = z3.Bool(f"step.{number}@{self.depth}")
                self.solver.add(z3.Implies(symbol, z3.And(here, through)))
        if not taken:
            return None
        self._at_most_one([*taken.values()])
        turn = f"{agent}.{point}"
        stays = self._named(f"stays.{turn}@{self.depth}", [z3.And(here, z3.Not(z3.Or([*taken.values()])))])
        entries = self._written(turn, taken, values)
        stands = {**self._stands[agent], point: stays}
        return _Slot(agent, taken, stays, entries, self._arrivals(turn, stands, taken, values))

    def _at_most_one(self, symbols: Sequence[z3.BoolRef]) -> None:
        for number, one in enumerate(symbols):
            for other in symbols[:number]:
                self.solver.add(z3.Or(z3.Not(one), z3.Not(other)))

    def _written(
        self, turn: str, taken: Mapping[int, z3.BoolRef], values: dict[int, z3.ExprRef]
    ) -> tuple[z3.ExprRef, ...]:
        """The entries behind a turn, their constants being added to what is known there."""
        writers: dict[int, list[z3.BoolRef]] = {}
        for number, symbol in taken.items():
            for position in self._moves[number].sets:
                writers.setdefault(position, []).append(symbol)
        entries = [*self._entries]
        for position, symbols in writers.items():
            after = self.relation.variables[position].symbol(f"@{self.depth}.{turn}")
            self.solver.add(z3.Or([*symbols, after == entries[position]]))
            entries[position] = values[self._next[position]] = after
        for number, symbol in taken.items():
            for template in self._moves[number].sets.values():
                self.solver.add(z3.Implies(symbol, template.copy(values)))
        return tuple(entries)

    def _arrivals(
        self,
        turn: str,
        stands: Mapping[int, z3.BoolRef],
        taken: Mapping[int, z3.BoolRef],
        values: Mapping[int, z3.ExprRef],
    ) -> dict[int, z3.BoolRef]:
        """Where the agent may stand behind a turn; `stands` is where it does without a step."""
        ways: dict[int, list[z3.BoolRef]] = {}
        for number, symbol in taken.items():
            for target, template in self._moves[number].leads.items():
                leads = _instance(template, values)
                if z3.is_true(leads):
                    ways.setdefault(target, []).append(symbol)
                elif not z3.is_false(leads):
                    ways.setdefault(target, []).append(z3.And(symbol, leads))
        after = {**stands}
        for target, parts in ways.items():
            earlier = [stands[target]] if target in stands else []
            after[target] = self._named(f"at.{turn}.{target}@{self.depth}", [*earlier, *parts])
        return after

    def _early(self, agent: int, point: int, slot: _Slot) -> None:
        """Whoever could have gone on in the round before waits for something: a step that this one depends on."""
        waited = self._waits[agent].get(point)
        if waited is None:
            return
        for number, symbol in slot.taken.items():
            disturb = self._classes.disturb[self._classes.of[number]]
            reasons = [reason for group, reason in self._since[agent].items() if group in disturb]
            self.solver.add(z3.Or([z3.Not(symbol), z3.Not(waited), *reasons]))

    def _named(self, name: str, parts: Sequence[z3.BoolRef]) -> z3.BoolRef:
        """A constant that is true where one of the parts is."""
        symbol = z3.Bool(name)
        self.solver.add(symbol == z3.Or(parts))
        return symbol


def _instance(template: Template, values: Mapping[int, z3.ExprRef]) -> z3.BoolRef:
    """A copy, simplified where something is known of the state."""
    copy = template.copy(values)
    if not any(_is_value(values[name]) for name in template.names):
        return copy
    simple = z3.simplify(copy)
    assert isinstance(simple, z3.BoolRef)
    return simple


def _is_value(expr: z3.ExprRef) -> bool:
    return bool(z3.is_bv_value(expr) or z3.is_true(expr) or z3.is_false(expr))


def _true(model: z3.ModelRef, symbols: Mapping[int, z3.BoolRef]) -> int | None:
    return next((key for key, symbol in symbols.items() if z3.is_true(model.eval(symbol))), None)
