"""Cells and locals that have the same value whenever they are read, though somebody writes them.

A flag that no operation of this world ever sets is such a cell: what hangs on it folds away. The analysis assumes that
every cell keeps its initial value, follows all steps from the entry of every process with what is known of the locals
at each point, and gives an assumption up where a step may break it. What it never comes to is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import assert_never

from shootdown.model.ir.expr import Const, Expr, Load, Local, Rigid, Temp
from shootdown.model.ir.reads import reads
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Process, Step, System
from shootdown.model.ir.walk import Rewriter, if_or_same, rewrite_statement, same_or

from .fold import fold_constants
from .partial import Known, initially

_At = tuple[str, int]
"""A control point: its process and its number."""


def fold_unchanging(system: System, varying: Collection[str] = ()) -> System:
    """The system with such cells and locals replaced by their values, and what that excludes left out.

    Steps remember their original position. `varying` names arrays whose initial values a search may replace.
    """
    search = _Search(system, varying)
    search.run()
    processes = tuple(replace(process, steps=tuple(search.reached(process))) for process in system.processes)
    properties = tuple(replace(prop, expr=search.rewritten(prop.expr, _Env({}))) for prop in system.properties)
    return fold_constants(replace(system, processes=processes, properties=properties), varying)


@dataclass
class _Env:
    """What is known while a step runs."""

    locals: dict[int, int]
    temps: dict[int, int] = field(default_factory=dict)

    def copy(self) -> _Env:
        return _Env(dict(self.locals), dict(self.temps))

    def knows_none(self, locals: frozenset[int], temps: frozenset[int]) -> bool:
        """Whether nothing is known of these slots."""
        return self.locals.keys().isdisjoint(locals) and self.temps.keys().isdisjoint(temps)

    def set(self, target: Local | Temp, value: int | None) -> None:
        """Note what a local or temporary now holds; None: anything."""
        slots = self.locals if isinstance(target, Local) else self.temps
        if value is None:
            slots.pop(target.slot, None)
        else:
            slots[target.slot] = value


class _Search:
    """The greatest set of assumptions that no step breaks."""

    def __init__(self, system: System, varying: Collection[str]) -> None:
        self._knowledge = initially(system, varying)
        self._processes = system.processes
        self._at: dict[_At, Known] = {}
        self._pending: set[_At] = set()
        self._readers: dict[str, set[_At]] = {}
        self._now = ("", 0)
        self._steps: dict[_At, list[Step]] = {}
        for process in system.processes:
            for step in process.steps:
                self._steps.setdefault((process.name, step.source), []).append(step)

    def run(self) -> None:
        """Follow all steps until nothing is given up any more."""
        for process in self._processes:
            self._reach((process.name, process.entry), {slot: item.init for slot, item in enumerate(process.locals)})
        while self._pending:
            for now in sorted(self._pending):  # in program order: fewer points are met again
                self._pending.discard(now)
                self._now = now
                self._knowledge.consulted.clear()
                for step in self._steps.get(now, ()):
                    self._follow(step.block, _Env(dict(self._at[now])))
                for name in self._knowledge.consulted:
                    self._readers.setdefault(name, set()).add(now)

    def reached(self, process: Process) -> list[Step]:
        """The steps at points that are reached, with what is known there replaced."""
        found: list[Step] = []
        for number, step in enumerate(process.steps):
            known = self._at.get((process.name, step.source))
            if known is not None:
                self._now = (process.name, step.source)
                origin = number if step.origin is None else step.origin
                found.append(replace(step, block=self._rewritten(step.block, _Env(dict(known)))[0], origin=origin))
        return found

    def rewritten(self, expr: Expr, env: _Env) -> Expr:
        """The expression with what is known replaced and computed."""
        knowledge, parts = self._knowledge, reads(expr)
        if (
            parts.simple
            and not parts.mechanisms
            and knowledge.cells.keys().isdisjoint(parts.arrays)
            and env.knows_none(parts.locals, parts.temps)
        ):
            return expr

        def rule(part: Expr) -> Expr:
            if isinstance(part, Local | Temp | Load | Rigid):
                value = knowledge.value(part, env.locals, env.temps)
                return part if value is None else Const(value, part.where)
            return simplify(part)

        return Rewriter(rule)(expr)

    def _follow(self, block: Block, env: _Env) -> _Env | None:
        """What is known behind a block; None if no path leads there."""
        after: _Env | None = env
        for statement in block:
            if isinstance(statement, If):
                after = self._behind(statement, env)
            elif not self._passes(statement, env):
                after = None
            if after is None:
                return None
            env = after
        return env

    def _behind(self, branch: If, env: _Env) -> _Env | None:
        value = self._knowledge.value(branch.cond, env.locals, env.temps)
        if value is not None:
            return self._follow(branch.then if value else branch.orelse, env)
        then = self._follow(branch.then, env.copy())
        return _joined(then, self._follow(branch.orelse, env))

    def _rewritten(self, block: Block, env: _Env) -> tuple[Block, _Env | None]:
        """The block with what is known replaced, and what is known behind it; None if no path leads there."""
        done: list[Stmt] = []
        after: _Env | None = env
        for statement in block:
            if after is None:
                done.append(statement)
            elif isinstance(statement, If):
                part, after = self._branches(statement, after)
                done += part
            else:
                env = after
                if isinstance(statement, Choose):
                    env.set(statement.target, None)  # its candidates are asked with the value already there
                done.append(rewrite_statement(statement, partial(self.rewritten, env=env)))
                after = env if self._passes(statement, env) else None
        return same_or(block, tuple(done)), after

    def _branches(self, branch: If, env: _Env) -> tuple[Block, _Env | None]:
        value = self._knowledge.value(branch.cond, env.locals, env.temps)
        if value is not None:
            return self._rewritten(branch.then if value else branch.orelse, env)
        cond = self.rewritten(branch.cond, env)
        then, after_then = self._rewritten(branch.then, env.copy())
        orelse, after_orelse = self._rewritten(branch.orelse, env)
        return (if_or_same(branch, cond, then, orelse),), _joined(after_then, after_orelse)

    def _passes(self, statement: Stmt, env: _Env) -> bool:
        """Note what a statement does; whether anything behind it may be reached."""
        value = self._knowledge.value
        match statement:
            case Assign(target, written):
                self._assign(target, value(written, env.locals, env.temps), env)
            case Goto(point):
                self._reach((self._now[0], point), env.locals)
                return False
            case Wait(cond) | Check(cond):
                return value(cond, env.locals, env.temps) != 0
            case Choose(target, lo, hi):
                env.set(target, lo if lo == hi else None)
            case Assert() | Note():
                pass
            case If():
                raise TypeError("branches are followed one by one")
            case _:
                assert_never(statement)
        return True

    def _assign(self, target: Place, value: int | None, env: _Env) -> None:
        if not isinstance(target, Cell):
            env.set(target, value)
        elif self._knowledge.write(target.array, target.indices, value, env.locals, env.temps):
            self._pending |= self._readers.get(target.array, set())
            if target.array in self._knowledge.consulted:
                self._pending.add(self._now)

    def _reach(self, at: _At, locals: Known) -> None:
        before = self._at.get(at)
        if before is not None and before.items() <= locals.items():
            return
        self._at[at] = dict(locals) if before is None else _common(before, locals)
        self._pending.add(at)


def _common(a: Known, b: Known) -> dict[int, int]:
    return {slot: value for slot, value in a.items() if b.get(slot) == value}


def _joined(a: _Env | None, b: _Env | None) -> _Env | None:
    if a is None or b is None:
        return b if a is None else a
    if a == b:
        return a
    return _Env(_common(a.locals, b.locals), _common(a.temps, b.temps))
