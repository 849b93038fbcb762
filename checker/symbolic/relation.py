"""The transition relation of a system: its state as Z3 variables, and a formula for every step of every agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import z3

from shootdown.model.ir.expr import Expr
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.stmt import Block, Choose, If
from shootdown.model.ir.system import Step, System
from shootdown.model.ir.walk import statements

from ..analysis.intervals import widest
from .execute import Effect, Executor
from .names import position_names
from .terms import Scope, Term, Terms, Truth, as_formula, disjunction


@dataclass(frozen=True)
class Variable:
    """An entry of the state vector: its name and the values that it may take."""

    name: str
    lo: int
    hi: int

    @property
    def constant(self) -> bool:
        """Whether there is only one value."""
        return self.lo == self.hi

    @property
    def truth(self) -> bool:
        """Whether its values are 0 and 1."""
        return (self.lo, self.hi) == (0, 1)

    @property
    def base(self) -> int:
        """What a bit-vector of 0 stands for."""
        return min(self.lo, 0)

    @property
    def bits(self) -> int:
        """Bits of its bit-vector."""
        return max(1, (self.hi - self.base).bit_length())

    def symbol(self, suffix: str = "") -> z3.BoolRef | z3.BitVecRef:
        """Its Z3 constant, at a time that the suffix names."""
        name = self.name + suffix
        return z3.Bool(name) if self.truth else z3.BitVec(name, self.bits)

    def term(self, symbol: z3.BoolRef | z3.BitVecRef, width: int) -> Term:
        """The value that its constant stands for, as a term of the system's width."""
        if isinstance(symbol, z3.BoolRef):
            return symbol
        wide = z3.ZeroExt(width - self.bits, symbol)
        return wide + self.base if self.base else wide

    def numeral(self, value: int) -> z3.BoolRef | z3.BitVecRef:
        """The value of its constant that stands for a value."""
        return z3.BoolVal(value == 1) if self.truth else z3.BitVecVal(value - self.base, self.bits)

    def value(self, numeral: z3.ExprRef) -> int:
        """The value that a value of its constant stands for."""
        if isinstance(numeral, z3.BitVecNumRef):
            return int(numeral.as_long()) + self.base
        return int(z3.is_true(numeral))

    def within(self, symbol: z3.BoolRef | z3.BitVecRef) -> z3.BoolRef | None:
        """That the constant stands for one of the values; None where it cannot do otherwise."""
        if isinstance(symbol, z3.BoolRef):
            return None
        limits = []
        if self.lo > self.base:
            limits.append(z3.UGE(symbol, self.lo - self.base))
        if self.hi - self.base < (1 << self.bits) - 1:
            limits.append(z3.ULE(symbol, self.hi - self.base))
        return z3.And(limits) if limits else None


@dataclass(frozen=True)
class Move:
    """A step of an agent. `way` tells it apart from the agent's other steps with the same source."""

    agent: int
    index: int
    step: Step
    way: int
    effect: Effect
    writes: tuple[int, ...]
    """Positions of the state that it may change, the agent's control point included."""


class Relation:
    """The relation of one system, over the constants of `now` (the state) and `choices`."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.layout = Layout(system)
        bounds = self.layout.bounds
        self.variables = tuple(
            Variable(name, lo, hi) for name, (lo, hi) in zip(position_names(system), bounds, strict=True)
        )
        limits = widest(system)
        spreads = _choice_spreads(system)
        points = max((len(process.points) for process in system.processes), default=0)
        largest = max(abs(limits.lo), abs(limits.hi), points, 1, *(spread + abs(limits.lo) for spread in spreads))
        self.width = largest.bit_length() + 2
        arrays = {array.name: (self.layout.arrays[array.name], array.dims) for array in system.arrays}
        self.terms = Terms(arrays, {item.name: item.value for item in system.mechanisms}, self.width)
        self.now = tuple(variable.symbol() for variable in self.variables)
        self.choices = tuple(
            z3.BitVec(f"choice.{number}", spread.bit_length()) for number, spread in enumerate(spreads)
        )
        self.cells: tuple[Term, ...] = tuple(
            variable.lo if variable.constant else variable.term(symbol, self.width)
            for variable, symbol in zip(self.variables, self.now, strict=True)
        )

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """Every step of every agent, by agent, then step."""
        return tuple(move for agent in range(len(self.system.agents)) for move in self._of_agent(agent))

    def truth(self, expr: Expr) -> Truth:
        """The truth of a property's expression in the state."""
        return self.terms.truth(expr, Scope([*self.cells]))

    def at(self, agent: int, points: Iterable[int]) -> Truth:
        """Whether the agent stands at one of these points."""
        here = self.cells[self.layout.points[agent]]
        return disjunction([self.terms.equal(here, point) for point in points])

    def starts(self, move: Move) -> Truth:
        """Whether the agent of a move stands where it starts."""
        return self.at(move.agent, (move.step.source,))

    def becomes(self, position: int, symbol: z3.BoolRef | z3.BitVecRef, value: Term) -> z3.BoolRef:
        """That a constant of an entry of the state stands for the value of a term."""
        return as_formula(self.terms.equal(self.variables[position].term(symbol, self.width), value))

    def state(self, model: z3.ModelRef) -> State:
        """The state that a model gives."""
        return tuple(
            variable.lo if variable.constant else variable.value(model.eval(symbol, model_completion=True))
            for variable, symbol in zip(self.variables, self.now, strict=True)
        )

    def _of_agent(self, agent: int) -> Iterable[Move]:
        instance = self.system.agents[agent]
        process = self.system.process(instance)
        offset = self.layout.points[agent]
        choices = [z3.ZeroExt(self.width - symbol.size(), symbol) for symbol in self.choices]
        executor = Executor(self.terms, offset, instance.args, choices)
        ways: dict[int, int] = {}
        for index, step in enumerate(process.steps):
            cells = [*self.cells]
            cells[offset] = step.source
            effect = executor.effect(step.block, cells)
            writes = tuple(
                position
                for position, (old, new) in enumerate(zip(cells, effect.cells, strict=True))
                if old is not new and not (isinstance(old, int) and isinstance(new, int) and old == new)
            )
            way = ways[step.source] = ways.get(step.source, -1) + 1
            yield Move(agent, index, step, way, effect, writes)


def _choice_spreads(system: System) -> list[int]:
    """For the first, second, ... choice of a step: the largest number of values less one, over all steps."""
    spreads: list[int] = []
    for process in system.processes:
        for step in process.steps:
            for number, spread in enumerate(_spreads(step.block)):
                if number == len(spreads):
                    spreads.append(1)
                spreads[number] = max(spreads[number], spread)
    return spreads


def _spreads(block: Block) -> list[int]:
    """As `_choice_spreads`, for one block; a choice behind branches may come at any of the places up to its own."""
    every = [statement for statement in statements(block) if isinstance(statement, Choose)]
    if not every:
        return []
    most = max((statement.hi - statement.lo for statement in every), default=0)
    return [max(most, 1)] * _longest(block)


def _longest(block: Block) -> int:
    """Most choices on one path through a block."""
    total = 0
    for statement in block:
        if isinstance(statement, Choose):
            total += 1
        elif isinstance(statement, If):
            total += max(_longest(statement.then), _longest(statement.orelse))
    return total
