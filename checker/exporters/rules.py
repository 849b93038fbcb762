"""A system as guarded rules: for each agent and step a guard over the state, choices as parameters, and a block.

Other checkers want to know whether a rule is enabled before any of it runs. A step of the IR says so on the way: waits
and blocking choices come before stores, but behind branches, locals and temporaries. So the block is executed
symbolically, and its guard is what must hold for it not to block, with the values that the choices take as parameters.
A choice that is not made on the path that is taken has its least value, so that each transition is one instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from shootdown.model.ir.expr import (
    FALSE,
    TRUE,
    Bound,
    Const,
    Expr,
    Fold,
    FoldKind,
    Load,
    Local,
    Op,
    Operator,
    Param,
    Temp,
)
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Agent, Step, System
from shootdown.model.ir.walk import Rewriter, rewrite_block

from ..analysis.fold import fold_constants
from ..analysis.select import drop_unselected_assertions

Slot = Local | Temp


@dataclass(frozen=True)
class Store:
    """Where `cond` holds, the cell gets the value; a later store comes after. All speak of the state before."""

    cell: Cell
    value: Expr
    cond: Expr


@dataclass(frozen=True)
class Exit:
    """Where `cond` holds, the step ends at `point`, with these values of locals (others keep theirs)."""

    cond: Expr
    point: int
    slots: Mapping[Slot, Expr]


@dataclass(frozen=True)
class Demand:
    """Where `cond` holds and `truth` does not, `name` is violated; without a name, the model goes wrong."""

    cond: Expr
    truth: Expr
    name: str
    message: str


@dataclass(frozen=True)
class Rule:
    """A step of an agent. `guard` reads the state and `parameters`; in `block` a `Choose` takes its parameter's value.

    `parameters` stand in the order in which the block's choices come. Parameters of the process are constants.
    `stores`, `exits` and `demands` say what the block does in terms of the state before it.
    """

    agent: int
    step: Step
    parameters: tuple[tuple[Bound, Choose], ...]
    guard: Expr
    block: Block
    stores: tuple[Store, ...]
    exits: tuple[Exit, ...]
    demands: tuple[Demand, ...]


def prepared(system: System) -> System:
    """The system without what its design excludes. Every reachable state and transition stays."""
    return fold_constants(drop_unselected_assertions(system))


def rules(system: System) -> Iterator[Rule]:
    """The rules of a prepared system, by agent and step."""
    for number, agent in enumerate(system.agents):
        for step in system.process(agent).steps:
            yield rule(number, agent, step)


def rule(number: int, agent: Agent, step: Step) -> Rule:
    """The rule of one step of one agent."""

    def constant(expr: Expr) -> Expr:
        return Const(agent.args[expr.slot], expr.where) if isinstance(expr, Param) else simplify(expr)

    block = rewrite_block(step.block, Rewriter(constant))
    run = _Run()
    run.block(block, TRUE)
    return Rule(
        number,
        step,
        tuple(run.parameters),
        run.guard(),
        block,
        tuple(run.stores),
        tuple(run.exits),
        tuple(run.demands),
    )


def instances(rule: Rule) -> Iterator[Mapping[Bound, Const]]:
    """Each combination of values of the parameters."""
    names = [name for name, _ in rule.parameters]
    for values in product(*(range(made.lo, made.hi + 1) for _, made in rule.parameters)):
        yield {name: Const(value) for name, value in zip(names, values, strict=True)}


def with_values(expr: Expr, values: Mapping[Bound, Const]) -> Expr:
    """The expression with parameters fixed."""
    return Rewriter(lambda part: values.get(part, part) if isinstance(part, Bound) else simplify(part))(expr)


def choice_order(block: Block) -> Iterator[Choose]:
    """The choices of a block in the order of its text, as `Rule.parameters` has them."""
    for statement in block:
        if isinstance(statement, Choose):
            yield statement
        elif isinstance(statement, If):
            yield from choice_order(statement.then)
            yield from choice_order(statement.orelse)


def candidates_exist(choose: Choose, candidate: Expr, name: str) -> Expr:
    """Whether some value of the choice is a candidate; `candidate` speaks of the value as the bound `name`."""
    return simplify(Fold(FoldKind.ANY, name, choose.lo, choose.hi, candidate))


def temporaries(block: Block) -> set[int]:
    """The slots of temporaries that the block sets."""
    found: set[int] = set()
    for statement in block:
        match statement:
            case Assign(Temp(slot), _) | Choose(Temp(slot)):
                found.add(slot)
            case If(_, then, orelse):
                found |= temporaries(then) | temporaries(orelse)
            case _:
                pass
    return found


def fixed(candidate: Expr, target: Slot, value: int) -> Expr:
    """What makes the value a candidate of a choice into this target."""
    slot = _slot(target)
    return Rewriter(lambda part: Const(value) if part == slot else simplify(part))(candidate)


def conj(*parts: Expr) -> Expr:
    """All of them."""
    return simplify(Op(Operator.AND, parts))


def disj(*parts: Expr) -> Expr:
    """Any of them."""
    return simplify(Op(Operator.OR, parts))


def negated(part: Expr) -> Expr:
    """Not so."""
    return simplify(Op(Operator.NOT, (part,)))


def implied(cond: Expr, then: Expr) -> Expr:
    """`then`, if `cond`."""
    return simplify(Op(Operator.IMPLIES, (cond, then)))


def equal(left: Expr, right: Expr) -> Expr:
    """Equal values."""
    return TRUE if left == right else simplify(Op(Operator.EQ, (left, right)))


def either(cond: Expr, then: Expr, orelse: Expr) -> Expr:
    """`then` if `cond`, else `orelse`."""
    return then if then == orelse else simplify(Op(Operator.ITE, (cond, then, orelse)))


class _Run:
    """Symbolic execution of a block: what locals and temporaries hold, what was stored, what must hold."""

    def __init__(self) -> None:
        self.slots: dict[Slot, Expr] = {}
        self.stores: list[Store] = []
        self.exits: list[Exit] = []
        self.demands: list[Demand] = []
        self.required: list[Expr] = []
        self.parameters: list[tuple[Bound, Choose]] = []

    def guard(self) -> Expr:
        """What must hold for the step to be enabled with these values of the parameters."""
        return conj(*self.required)

    def value(self, expr: Expr) -> Expr:
        """The expression in terms of the state before the step, and of the parameters."""
        return Rewriter(self._substituted)(expr)

    def _substituted(self, expr: Expr) -> Expr:
        match expr:
            case Local() | Temp():
                return self.slots.get(_slot(expr), expr)
            case Load(array, indices):
                found: Expr = expr
                for store in self.stores:
                    if store.cell.array == array:
                        pairs = zip(indices, store.cell.indices, strict=True)
                        found = either(conj(store.cond, *(equal(a, b) for a, b in pairs)), store.value, found)
                return found
            case _:
                return simplify(expr)

    def block(self, block: Block, alive: Expr) -> Expr:
        """Execute a block where `alive` holds; the condition under which what follows it is reached."""
        for statement in block:
            if alive == FALSE:
                self._skip(statement)
            else:
                alive = self._statement(statement, alive)
        return alive

    def _skip(self, statement: Stmt) -> None:
        """Choices that are never made still have a parameter."""
        for choose in choice_order((statement,)):
            self._parameter(choose, FALSE)

    def _statement(self, statement: Stmt, alive: Expr) -> Expr:
        match statement:
            case Assign(Cell(array, indices), value):
                where = Cell(array, tuple(self.value(index) for index in indices))
                self.stores.append(Store(where, self.value(value), alive))
            case Assign(Local() | Temp() as target, value):
                self.slots[_slot(target)] = self.value(value)
            case If():
                return self._if(statement, alive)
            case Wait(cond):
                self.required.append(implied(alive, self.value(cond)))
            case Choose():
                return self._choose(statement, alive)
            case Check(cond, _, message):
                truth = self.value(cond)
                self.demands.append(Demand(alive, truth, "", message))
                return conj(alive, truth)
            case Goto(point):
                self.exits.append(Exit(alive, point, dict(self.slots)))
                return FALSE
            case Assert(cond, name):
                self.demands.append(Demand(alive, self.value(cond), name, name))
            case Note():
                pass
        return alive

    def _if(self, statement: If, alive: Expr) -> Expr:
        cond = self.value(statement.cond)
        before = dict(self.slots)
        then = self.block(statement.then, conj(alive, cond))
        after_then, self.slots = self.slots, before
        orelse = self.block(statement.orelse, conj(alive, negated(cond)))
        for slot in after_then.keys() | self.slots.keys():
            a, b = after_then.get(slot, slot), self.slots.get(slot, slot)
            # A branch that ended has no say in what the slot holds behind the branch.
            self.slots[slot] = b if then == FALSE else a if orelse == FALSE else either(cond, a, b)
        return alive if self._both_go_on(statement) else disj(then, orelse)

    def _both_go_on(self, statement: If) -> bool:
        return not any(isinstance(inner, Goto | Check) or _may_fail(inner) for inner in _inner(statement))

    def _parameter(self, choose: Choose, made: Expr) -> Bound:
        name = Bound(f"choice {len(self.parameters)}")
        self.parameters.append((name, choose))
        unmade = equal(name, Const(choose.lo))
        self.required.append(disj(made, unmade))
        return name

    def _choose(self, choose: Choose, alive: Expr) -> Expr:
        target = _slot(choose.target)
        probe = Bound(f"candidate {len(self.parameters)}")
        self.slots[target] = probe
        candidate = self.value(choose.candidate)
        exists = TRUE if choose.blocking else candidates_exist(choose, candidate, probe.name)
        if not choose.blocking:
            self.demands.append(Demand(alive, exists, "", f"no {choose.what} left to pick"))
        made = conj(alive, exists)
        name = self._parameter(choose, made)
        self.slots[target] = name
        self.required.append(implied(made, self.value(choose.candidate)))
        return made


def _slot(target: Slot) -> Slot:
    return Local(target.slot) if isinstance(target, Local) else Temp(target.slot)


def _inner(statement: If) -> Iterator[Stmt]:
    for inner in (*statement.then, *statement.orelse):
        yield inner
        if isinstance(inner, If):
            yield from _inner(inner)


def _may_fail(statement: Stmt) -> bool:
    return isinstance(statement, Choose) and not statement.blocking
