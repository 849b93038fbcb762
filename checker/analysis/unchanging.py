"""Shared variables and locals that have the same value whenever they are read, though somebody writes them.

A flag that no operation of this world ever sets is such a variable: what hangs on it folds away. The analysis assumes
that every shared variable keeps its initial value, follows all steps from the entry of every process with what is known
of the locals at each point, and gives an assumption up where a step may break it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shootdown.model.ir.expr import Const, Expr, Load, Local, Rigid, Temp
from shootdown.model.ir.reads import block_reads, reads
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Process, Step, System
from shootdown.model.ir.walk import Rewriter, if_or_same, rewrite_statement, same_or, with_block

from .fold import fold_constants

Known = Mapping[int, int]


def fold_unchanging(system: System, varying: Collection[str] = ()) -> System:
    """The system with such variables replaced by their values, and what that excludes left out.

    `varying` names arrays whose initial values a search may replace.
    """
    search = _Search(system, varying)
    search.run()
    processes = tuple(
        replace(process, steps=tuple(search.rewritten(process, step) for step in process.steps))
        for process in system.processes
    )
    properties = tuple(replace(prop, expr=search.known(prop.expr)) for prop in system.properties)
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

    def set(self, target: Place, value: int | None) -> None:
        """Note what a local or temporary now holds; None: anything."""
        if isinstance(target, Cell):
            return
        slots = self.locals if isinstance(target, Local) else self.temps
        if value is None:
            slots.pop(target.slot, None)
        else:
            slots[target.slot] = value


class _Search:
    """The greatest set of assumptions that no step breaks."""

    def __init__(self, system: System, varying: Collection[str]) -> None:
        self._mechanisms: Mapping[str, int] = {item.name: item.value for item in system.mechanisms}
        self._arrays: dict[str, int] = {
            item.name: item.init[0]
            for item in system.arrays
            if item.init and len(set(item.init)) == 1 and item.name not in varying
        }
        self._processes = system.processes
        self._at: dict[str, list[Known | None]] = {
            process.name: [None] * len(process.points) for process in system.processes
        }
        self._pending: set[tuple[str, int]] = set()
        self._readers: dict[str, set[tuple[str, int]]] = {}
        self._now = ("", 0)
        self._done = False

    def run(self) -> None:
        """Follow all steps until nothing is given up any more."""
        steps: dict[tuple[str, int], list[Step]] = {}
        for process in self._processes:
            for step in process.steps:
                steps.setdefault((process.name, step.source), []).append(step)
                for name in block_reads(step.block).arrays:
                    self._readers.setdefault(name, set()).add((process.name, step.source))
            self._reach(process.name, process.entry, {slot: item.init for slot, item in enumerate(process.locals)})
        while self._pending:
            for now in sorted(self._pending):  # in program order: fewer points are met again
                self._pending.discard(now)
                self._now = now
                for step in steps.get(now, ()):
                    self._step(step)
        self._done = True

    def rewritten(self, process: Process, step: Step) -> Step:
        """The step with what is known at its point replaced; itself if no path leads there."""
        self._now = (process.name, step.source)
        return with_block(step, self._step(step))

    def known(self, expr: Expr, env: _Env | None = None) -> Expr:
        """The expression with what is known replaced and computed."""
        parts = reads(expr)
        if (
            parts.simple
            and not parts.mechanisms
            and self._arrays.keys().isdisjoint(parts.arrays)
            and (env is None or env.knows_none(parts.locals, parts.temps))
        ):
            return expr

        def rule(part: Expr) -> Expr:
            match part:
                case Rigid(mechanism):
                    return Const(self._mechanisms[mechanism], part.where)
                case Load(name) if name in self._arrays:
                    return Const(self._arrays[name], part.where)
                case Local(slot) if env is not None and slot in env.locals:
                    return Const(env.locals[slot], part.where)
                case Temp(slot) if env is not None and slot in env.temps:
                    return Const(env.temps[slot], part.where)
                case _:
                    return simplify(part)

        return Rewriter(rule)(expr)

    def _step(self, step: Step) -> Block:
        name, point = self._now
        at = self._at[name][point]
        return step.block if at is None else self._block(step.block, _Env(dict(at)))[0]

    def _block(self, block: Block, env: _Env) -> tuple[Block, _Env | None]:
        """The block with what is known replaced, and what is known behind it; None if no path leads there."""
        done: list[Stmt] = []
        after: _Env | None = env
        for statement in block:
            if after is not None:
                statement, after = self._statement(statement, after)
            done.append(statement)
        return same_or(block, tuple(done)), after

    def _statement(self, statement: Stmt, env: _Env) -> tuple[Stmt, _Env | None]:
        match statement:
            case Goto(point):
                self._reach(self._now[0], point, env.locals)
                return statement, None
            case If(cond, then, orelse):
                return self._branches(statement, self.known(cond, env), then, orelse, env)
            case Choose(target, lo, hi):
                env.set(target, lo if lo == hi else None)
                return self._rewrite(statement, env), env
            case Assign(target, value):
                new = self._rewrite(statement, env)
                known = self.known(value, env)
                self._assign(target, known.value if isinstance(known, Const) else None, env)
                return new, env
            case Wait(cond) | Check(cond):
                stops = self.known(cond, env) == Const(0)
                return self._rewrite(statement, env), None if stops else env
            case Assert() | Note():
                return self._rewrite(statement, env), env
            case _:
                assert_never(statement)

    def _rewrite(self, statement: Stmt, env: _Env) -> Stmt:
        """The statement with what is known replaced; itself while assumptions may still be given up."""
        return rewrite_statement(statement, lambda expr: self.known(expr, env)) if self._done else statement

    def _branches(self, statement: If, cond: Expr, then: Block, orelse: Block, env: _Env) -> tuple[Stmt, _Env | None]:
        value = cond.value if isinstance(cond, Const) else None
        new_then, after_then = (then, None) if value == 0 else self._block(then, env.copy())
        new_orelse, after_orelse = (orelse, None) if value == 1 else self._block(orelse, env.copy())
        return if_or_same(statement, cond, new_then, new_orelse), _joined(after_then, after_orelse)

    def _assign(self, target: Place, value: int | None, env: _Env) -> None:
        if not isinstance(target, Cell):
            env.set(target, value)
        elif target.array in self._arrays and value != self._arrays[target.array]:
            del self._arrays[target.array]
            places = self._readers.get(target.array, ())
            self._pending.update(place for place in places if self._at[place[0]][place[1]] is not None)

    def _reach(self, process: str, point: int, locals: Known) -> None:
        before = self._at[process][point]
        after = dict(locals) if before is None else _common(before, locals)
        if before is None or len(after) < len(before):
            self._at[process][point] = after
            self._pending.add((process, point))


def _common(a: Known, b: Known) -> dict[int, int]:
    return {slot: value for slot, value in a.items() if b.get(slot) == value}


def _joined(a: _Env | None, b: _Env | None) -> _Env | None:
    if a is None or b is None:
        return b if a is None else a
    return _Env(_common(a.locals, b.locals), _common(a.temps, b.temps))
