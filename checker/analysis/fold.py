"""Constant folding: mechanisms and shared variables that nobody writes become constants.

What the design excludes disappears: branches, steps that are never enabled, points that no step leads to. Every
reachable state and transition stays, so counts do too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import assert_never

from shootdown.model.ir.expr import FALSE, TRUE, Const, Expr, Fold, Load, Rigid
from shootdown.model.ir.reads import reads
from shootdown.model.ir.simplify import instance, simplify
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Array, Process, Step, System
from shootdown.model.ir.walk import (
    Rewriter,
    Rule,
    ends,
    gotos,
    if_or_same,
    renumbered,
    rewrite_statement,
    same_or,
    statements,
    steps_by_point,
)


def fold_constants(system: System, varying: Collection[str] = ()) -> System:
    """The system with constants computed and what they exclude left out; steps remember their original position.

    `varying` names arrays whose initial values a search may replace: they are no constants, whether written or not.
    """
    constants = _Constants(system, varying)
    processes = tuple(
        with_blocks(process, lambda step: _block(step.block, constants.folded)) for process in system.processes
    )
    properties = tuple(replace(prop, expr=constants.folded(prop.expr)) for prop in system.properties)
    return replace(system, processes=processes, properties=properties)


class _Constants:
    """Replaces what has the same value in every state."""

    def __init__(self, system: System, varying: Collection[str]) -> None:
        self._mechanisms: Mapping[str, int] = {item.name: item.value for item in system.mechanisms}
        written = set(varying) | {
            statement.target.array
            for process in system.processes
            for step in process.steps
            for statement in statements(step.block)
            if isinstance(statement, Assign) and isinstance(statement.target, Cell)
        }
        self._constant: Mapping[str, Array] = {item.name: item for item in system.arrays if item.name not in written}

        self._rewriter = Rewriter(self._rule)

    def folded(self, expr: Expr) -> Expr:
        """The expression with constants computed, in its simplest form."""
        known = reads(expr)
        if known.simple and not known.mechanisms and self._constant.keys().isdisjoint(known.arrays):
            return expr
        return self._rewriter(expr)

    def _rule(self, expr: Expr) -> Expr:
        """The node, its children being done."""
        match expr:
            case Rigid(mechanism):
                return Const(self._mechanisms[mechanism], expr.where)
            case Load(name, indices) if name in self._constant:
                return self._load(expr, self._constant[name], indices)
            case Fold(_, _, lo, hi) if lo == hi:
                return instance(expr, lo, self._rule)
            case _:
                return simplify(expr)

    def _load(self, expr: Load, array: Array, indices: tuple[Expr, ...]) -> Expr:
        if len(set(array.init)) == 1:
            return Const(array.init[0], expr.where)
        position = 0
        for size, index in zip(array.dims, indices, strict=True):
            if not isinstance(index, Const) or not 0 <= index.value < size:
                return expr
            position = position * size + index.value
        return Const(array.init[position], expr.where)


def with_blocks(process: Process, changed: Callable[[Step], Block]) -> Process:
    """The process with other blocks: the steps that are ever enabled, at points that such steps lead to.

    Steps remember their original position.
    """
    starting = steps_by_point(process)
    blocks: dict[int, Block] = {}
    reached = {process.entry}
    pending = [process.entry]
    while pending:
        for number in starting.get(pending.pop(), ()):
            block = changed(process.steps[number])
            if not _never_enabled(block):
                blocks[number] = block
                found = {goto.point for goto in gotos(block)} - reached
                reached |= found
                pending += found
    moved = {point: position for position, point in enumerate(sorted(reached))}
    return replace(
        process,
        entry=moved[process.entry],
        points=tuple(process.points[point] for point in moved),
        steps=tuple(_moved_step(process, number, block, moved) for number, block in sorted(blocks.items())),
    )


def _moved_step(process: Process, number: int, block: Block, moved: Mapping[int, int]) -> Step:
    step = process.steps[number]
    origin = number if step.origin is None else step.origin
    return replace(step, source=moved[step.source], block=renumbered(block, moved), origin=origin)


def _block(block: Block, rule: Rule) -> Block:
    done: list[Stmt] = []
    for statement in block:
        new = _statement(statement, rule)
        done += new
        if ends(new):
            break
    return same_or(block, tuple(done))


def _statement(statement: Stmt, rule: Rule) -> Block:
    """What is left of a statement."""
    if isinstance(statement, If):
        cond = rule(statement.cond)
        if isinstance(cond, Const):
            return _block(statement.then if cond.value else statement.orelse, rule)
        then, orelse = _block(statement.then, rule), _block(statement.orelse, rule)
        return (if_or_same(statement, cond, then, orelse),) if then or orelse else ()
    return needed(rewrite_statement(statement, rule))


def needed(statement: Stmt) -> Block:
    """The statement, unless it says what is always true."""
    return () if isinstance(statement, Wait | Check | Assert) and statement.cond == TRUE else (statement,)


def _never_enabled(block: Block) -> bool:
    """Whether every path meets a false wait before anything that could end it otherwise."""
    for statement in block:
        match statement:
            case Wait(cond) if cond == FALSE:
                return True
            case Choose() if statement.blocking and statement.candidate == FALSE:
                return True
            case If(_, then, orelse):
                if _never_enabled(then) and _never_enabled(orelse):
                    return True
                if not _harmless(then) or not _harmless(orelse):
                    return False
            case Check() | Goto():
                return False
            case Choose():
                if not statement.blocking:
                    return False
            case Assign() | Wait() | Assert() | Note():
                pass
            case _:
                assert_never(statement)
    return False


def _harmless(block: Block) -> bool:
    """Whether the block can neither end the step nor fail."""
    return not any(
        isinstance(statement, Check | Goto) or (isinstance(statement, Choose) and not statement.blocking)
        for statement in statements(block)
    )
