"""Constant folding: mechanisms and shared variables that nobody writes become constants.

What the design excludes disappears: branches, steps that are never enabled, points that no step leads to. Every
reachable state and transition stays, so counts do too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from shootdown.model.ir.expr import FALSE, TRUE, Bound, Const, Expr, Fold, Load, Rigid
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Array, Process, Step, System
from shootdown.model.ir.walk import Rewriter, ends, gotos, rewrite_statement, statements

from .simplify import simplify


def fold_constants(system: System) -> System:
    """The system with constants computed and what they exclude left out; steps remember their original position."""
    rewriter = Rewriter(_Constants(system).rule)
    processes = tuple(_process(process, rewriter) for process in system.processes)
    properties = tuple(replace(prop, expr=rewriter(prop.expr)) for prop in system.properties)
    return replace(system, processes=processes, properties=properties)


class _Constants:
    """Replaces what has the same value in every state."""

    def __init__(self, system: System) -> None:
        self._mechanisms: Mapping[str, int] = {item.name: item.value for item in system.mechanisms}
        written = {
            statement.target.array
            for process in system.processes
            for step in process.steps
            for statement in statements(step.block)
            if isinstance(statement, Assign) and isinstance(statement.target, Cell)
        }
        self._constant: Mapping[str, Array] = {item.name: item for item in system.arrays if item.name not in written}

    def rule(self, expr: Expr) -> Expr:
        """The node, its children being done."""
        match expr:
            case Rigid(mechanism):
                return Const(self._mechanisms[mechanism], expr.where)
            case Load(name, indices) if name in self._constant:
                return self._load(expr, self._constant[name], indices)
            case Fold(_, name, lo, hi, body) if lo == hi:
                return Rewriter(lambda part: Const(lo) if part == Bound(name) else self.rule(part))(body)
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


def _process(process: Process, rewriter: Rewriter) -> Process:
    steps = [
        replace(step, block=_block(step.block, rewriter), origin=number if step.origin is None else step.origin)
        for number, step in enumerate(process.steps)
    ]
    steps = [step for step in steps if not _never_enabled(step.block)]
    reached = _reached(process.entry, steps)
    moved = {point: position for position, point in enumerate(sorted(reached))}
    return replace(
        process,
        entry=moved[process.entry],
        points=tuple(process.points[point] for point in moved),
        steps=tuple(
            replace(step, source=moved[step.source], block=_renumbered(step.block, moved))
            for step in steps
            if step.source in reached
        ),
    )


def _block(block: Block, rewriter: Rewriter) -> Block:
    done: list[Stmt] = []
    for statement in block:
        done += _statement(statement, rewriter)
        if ends(tuple(done)):
            break
    return tuple(done)


def _statement(statement: Stmt, rewriter: Rewriter) -> Block:
    """What is left of a statement."""
    if isinstance(statement, If):
        cond = rewriter(statement.cond)
        if isinstance(cond, Const):
            return _block(statement.then if cond.value else statement.orelse, rewriter)
        then, orelse = _block(statement.then, rewriter), _block(statement.orelse, rewriter)
        return (replace(statement, cond=cond, then=then, orelse=orelse),) if then or orelse else ()
    new = rewrite_statement(statement, rewriter)
    match new:
        case Wait(cond) | Check(cond) | Assert(cond) if cond == TRUE:
            return ()
        case _:
            return (new,)


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


def _reached(entry: int, steps: list[Step]) -> set[int]:
    reached: set[int] = set()
    pending = [entry]
    targets: dict[int, set[int]] = {}
    for step in steps:
        targets.setdefault(step.source, set()).update(goto.point for goto in gotos(step.block))
    while pending:
        point = pending.pop()
        if point not in reached:
            reached.add(point)
            pending += targets.get(point, ())
    return reached


def _renumbered(block: Block, moved: Mapping[int, int]) -> Block:
    return tuple(_moved(statement, moved) for statement in block)


def _moved(statement: Stmt, moved: Mapping[int, int]) -> Stmt:
    match statement:
        case Goto(point):
            return replace(statement, point=moved[point])
        case If():
            then, orelse = _renumbered(statement.then, moved), _renumbered(statement.orelse, moved)
            return replace(statement, then=then, orelse=orelse)
        case _:
            return statement
