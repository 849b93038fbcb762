"""Mechanisms as part of the state: one system, searched from many initial states, is every design.

A cell of each mechanism holds the alternatives that it may still have. A step that reads a mechanism chooses one of
them, just before the statement that needs it, and where the cell says so the choice is remembered. So a search from a
cell with several alternatives reaches what any of these designs reaches, and perhaps more if the choice is forgotten.

Whether a step is enabled must not depend on such a choice: what a step reads before its last guard, and what
properties read, is *fixed*, that is, has one alternative from the start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from shootdown.model.ir.expr import Const, Expr, Load, Op, Operator, Rigid, Temp
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose, If, Stmt, Wait
from shootdown.model.ir.system import Array, Mechanism, Process, PropertyKind, Step, StepClass, System
from shootdown.model.ir.walk import (
    Rewriter,
    block_expressions,
    expressions,
    rewrite_blocks,
    rewrite_statement,
    subexpressions,
)

CHOSEN = "design of "
"""In front of a mechanism's name: its cell, and the choice of its alternative."""


@dataclass(frozen=True)
class Freed:
    """A system with cells for mechanisms. `fixed`: those that must have one alternative from the start; `lively`: those
    that what is stuck may depend on, whose choices must be remembered."""

    system: System
    cells: Mapping[str, str]
    fixed: frozenset[str]
    lively: frozenset[str]


def cell_value(alternatives: int, mechanism: Mechanism, *, remember: bool) -> int:
    """The value of a mechanism's cell: a mask of alternatives, and whether a choice among them is remembered."""
    return alternatives | int(remember) << len(mechanism.labels)


def chosen_mechanism(choice: str) -> str | None:
    """The mechanism whose alternative a choice of that name chose; None for any other choice."""
    return choice.removeprefix(CHOSEN) if choice.startswith(CHOSEN) else None


def free(system: System) -> Freed:
    """The system with every mechanism that its code reads in a cell; `Array.init` leaves all alternatives open."""
    read = mechanisms_read(system)
    mechanisms = {item.name: item for item in system.mechanisms if item.name in read}
    cells = {name: CHOSEN + name for name in mechanisms}
    fixed = _fixed(system)
    freeing = _Freeing(mechanisms, cells, fixed)
    arrays = tuple(
        Array(cells[item.name], (), 0, (2 << len(item.labels)) - 1, ((1 << len(item.labels)) - 1,))
        for item in mechanisms.values()
    )
    properties = tuple(
        replace(prop, expr=freeing.direct(prop.expr))
        for prop in system.properties
        if prop.kind is not PropertyKind.SOMETIMES
    )
    freed = replace(
        system,
        arrays=(*system.arrays, *arrays),
        processes=tuple(freeing.process(process) for process in system.processes),
        mechanisms=(),
        properties=properties,
    )
    return Freed(freed, cells, fixed, _lively(system))


def mechanisms_read(system: System) -> frozenset[str]:
    """The mechanisms that some step or property reads."""
    found = set(_rigid([prop.expr for prop in system.properties]))
    for process in system.processes:
        for step in process.steps:
            found |= _rigid(list(block_expressions(step.block)))
    return frozenset(found)


def step_reads(block: Block) -> frozenset[str]:
    """The mechanisms that a step reads on some path."""
    return _rigid(list(block_expressions(block)))


def guard_reads(block: Block) -> frozenset[str]:
    """The mechanisms that a step reads before or in its last guard, on some path."""
    found: set[str] = set()
    _guards(block, found, followed=False)
    return frozenset(found)


def _guards(block: Block, found: set[str], *, followed: bool) -> bool:
    """Collect what is read up to the last guard of a block; whether there is a guard in it or behind it."""
    for statement in reversed(block):
        match statement:
            case Wait():
                followed = True
            case Choose():
                followed = followed or statement.blocking
            case If(_, then, orelse):
                sides = [_guards(side, found, followed=followed) for side in (then, orelse)]
                followed = followed or any(sides)
            case _:
                pass
        if followed:
            found |= _rigid(expressions(statement))
    return followed


def _fixed(system: System) -> frozenset[str]:
    """What guards and properties read, and what spontaneous steps read inside an operation: whoever is stuck may leave
    it by such a step."""
    found = set(_rigid([prop.expr for prop in system.properties]))
    for process in system.processes:
        for step in process.steps:
            found |= guard_reads(step.block)
            if step.kind is StepClass.SPONTANEOUS and process.points[step.source].inside:
                found |= _rigid(list(block_expressions(step.block)))
    return frozenset(found)


def _lively(system: System) -> frozenset[str]:
    found: set[str] = set()
    for process in system.processes:
        for step in process.steps:
            if step.kind is StepClass.SPONTANEOUS:
                found |= _rigid(list(block_expressions(step.block)))
    return frozenset(found)


def _rigid(exprs: Sequence[Expr]) -> frozenset[str]:
    return frozenset(part.mechanism for part in subexpressions(*exprs) if isinstance(part, Rigid))


class _Freeing:
    """Rewrites steps: what is fixed is read from its cell, the rest chosen into a temporary in front of its use."""

    def __init__(self, mechanisms: Mapping[str, Mechanism], cells: Mapping[str, str], fixed: Collection[str]) -> None:
        self._mechanisms = mechanisms
        self._cells = cells
        self._fixed = fixed
        self._free = [name for name in mechanisms if name not in fixed]
        self.direct = Rewriter(self._read)

    def process(self, process: Process) -> Process:
        """The process with every step rewritten; each free mechanism has a temporary of its own."""
        rewriter = Rewriter(lambda expr: self._temporary(expr, process))
        steps = tuple(self._step(step, rewriter, process) for step in process.steps)
        return replace(process, temps=process.temps + len(self._free), steps=steps)

    def _step(self, step: Step, rewriter: Rewriter, process: Process) -> Step:
        if not any(isinstance(part, Rigid) for part in block_expressions(step.block)):
            return step
        return replace(step, block=self._block(step.block, frozenset(), rewriter, process)[0])

    def _block(
        self, block: Block, known: frozenset[str], rewriter: Rewriter, process: Process
    ) -> tuple[Block, frozenset[str]]:
        """The block, and the mechanisms whose alternative is chosen behind it on every path."""
        done: list[Stmt] = []
        for statement in block:
            own = expressions(statement)
            for name in sorted(_rigid(own) - known - set(self._fixed)):
                done += self._choice(name, process)
                known |= {name}
            if isinstance(statement, If):
                then, after_then = self._block(statement.then, known, rewriter, process)
                orelse, after_orelse = self._block(statement.orelse, known, rewriter, process)
                done.append(replace(statement, cond=rewriter(statement.cond), then=then, orelse=orelse))
                known = after_then & after_orelse
            else:
                done.append(rewrite_statement(statement, rewriter))
        return tuple(done), known

    def _choice(self, name: str, process: Process) -> tuple[Stmt, ...]:
        mechanism, cell, slot = self._mechanisms[name], Load(self._cells[name]), self._slot(name, process)
        alternatives = len(mechanism.labels)
        candidate = Op(Operator.BIT, (cell, Temp(slot)))
        choose = Choose(Temp(slot), 0, alternatives - 1, candidate, False, CHOSEN + name, name, mechanism.labels)
        chosen = Op(Operator.BITS_OR, (Op(Operator.SHIFT, (Temp(slot),)), Const(1 << alternatives)))
        remembered = Op(Operator.BIT, (cell, Const(alternatives)))
        return choose, If(remembered, (Assign(Cell(self._cells[name]), chosen),))

    def _slot(self, name: str, process: Process) -> int:
        return process.temps + self._free.index(name)

    def _temporary(self, expr: Expr, process: Process) -> Expr:
        if isinstance(expr, Rigid) and expr.mechanism not in self._fixed:
            return Temp(self._slot(expr.mechanism, process), expr.where)
        return self._read(expr)

    def _read(self, expr: Expr) -> Expr:
        """The alternative of a fixed mechanism: the only one in its cell."""
        if not isinstance(expr, Rigid):
            return expr
        cell = Load(self._cells[expr.mechanism])
        total: Expr = Op(Operator.BIT, (cell, Const(1)))
        for value in range(2, len(self._mechanisms[expr.mechanism].labels)):
            bit = Op(Operator.MUL, (Const(value), Op(Operator.BIT, (cell, Const(value)))))
            total = Op(Operator.ADD, (total, bit))
        return total


def drop_idle_choices(system: System) -> System:
    """The system without choices of alternatives that no statement of their step reads: slicing leaves some behind."""
    return rewrite_blocks(system, lambda block: _without(block, _needed(block)))


def _needed(block: Block) -> frozenset[int]:
    """The temporaries that a block reads, apart from what choices of alternatives read to be made and remembered."""
    found: set[int] = set()
    for position, statement in enumerate(block):
        if _chooses(statement) or (position and _remembers(statement, block[position - 1])):
            continue
        found |= {part.slot for part in subexpressions(*expressions(statement)) if isinstance(part, Temp)}
        if isinstance(statement, If):
            found |= _needed(statement.then) | _needed(statement.orelse)
    return frozenset(found)


def _without(block: Block, needed: Collection[int]) -> Block:
    kept: list[Stmt] = []
    for position, statement in enumerate(block):
        before = block[position - 1] if position else statement
        choice = before if _remembers(statement, before) else statement
        if isinstance(choice, Choose) and _chooses(choice) and choice.target.slot not in needed:
            continue
        if isinstance(statement, If) and choice is statement:
            then, orelse = _without(statement.then, needed), _without(statement.orelse, needed)
            statement = replace(statement, then=then, orelse=orelse)
        kept.append(statement)
    return tuple(kept)


def _chooses(statement: Stmt) -> bool:
    return isinstance(statement, Choose) and statement.name.startswith(CHOSEN)


def _remembers(statement: Stmt, choice: Stmt) -> bool:
    """Whether a statement is the one that remembers the choice just made."""
    if not (isinstance(choice, Choose) and _chooses(choice) and isinstance(statement, If)):
        return False
    match statement.then:
        case (Assign(Cell(cell)),):
            return cell == choice.name
        case _:
            return False
