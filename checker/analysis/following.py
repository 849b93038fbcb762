"""What is known wherever a run may come: cells and locals that have the same value whenever they are read, though
somebody writes them.

A flag that no operation of this world ever sets is such a cell. The analysis assumes that every cell keeps its initial
value, follows all steps from the entry of every process with what is known of the locals at each point, and gives an
assumption up where a step may break it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from shootdown.model.ir.expr import Local, Temp
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Array, Mechanism, Step, System

from .partial import Knowledge, Known

At = tuple[str, int]
"""A control point: its process and its number."""


class Code(Protocol):
    """What is followed: processes by name, whose steps may be lowered only when they are asked for."""

    @property
    def mechanisms(self) -> Sequence[Mechanism]:
        """The mechanisms, as the design sets them."""

    @property
    def processes(self) -> Iterable[str]:
        """The names of the processes."""

    def entry(self, process: str) -> tuple[int, Mapping[int, int]]:
        """The control point where a process starts, and values of its locals there."""

    def steps(self, process: str, point: int) -> Sequence[Step]:
        """The steps at a control point."""

    def new_arrays(self, process: str, point: int) -> Sequence[Array]:
        """The shared variables that the steps at a point use, as far as they were not told before."""


@dataclass
class Env:
    """What is known while a step runs."""

    locals: dict[int, int]
    temps: dict[int, int] = field(default_factory=dict)

    def copy(self) -> Env:
        """The same, to be changed by itself."""
        return Env(dict(self.locals), dict(self.temps))

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


@dataclass(frozen=True)
class Facts:
    """What was found out: of the state, and of the locals at each control point that a run may come to."""

    knowledge: Knowledge
    at: Mapping[At, Known]

    def reached(self, process: str) -> frozenset[int]:
        """The control points of a process that a run may come to."""
        return frozenset(point for name, point in self.at if name == process)

    def renumbered(self, points: Mapping[str, Sequence[int]]) -> Facts:
        """The facts for a system whose processes have these control points, in this order."""
        new = {(name, old): (name, position) for name, order in points.items() for position, old in enumerate(order)}
        return Facts(self.knowledge, {new[at]: known for at, known in self.at.items()})


def follow(code: Code, varying: Collection[str] = ()) -> Facts:
    """All that a run may come to. `varying` names arrays whose initial values a search may replace."""
    following = _Following(code, varying)
    following.run()
    return Facts(following.knowledge, following.at)


def follow_system(system: System, varying: Collection[str] = ()) -> Facts:
    """All that a run of a system may come to."""
    return follow(_Whole(system), varying)


class _Whole:
    """A system, all of whose steps are there."""

    def __init__(self, system: System) -> None:
        self._steps: dict[At, list[Step]] = {}
        self._processes = {process.name: process for process in system.processes}
        self._untold = system.arrays
        self.mechanisms = system.mechanisms
        for process in system.processes:
            for step in process.steps:
                self._steps.setdefault((process.name, step.source), []).append(step)

    @property
    def processes(self) -> Iterable[str]:
        """As `Code` says."""
        return self._processes

    def entry(self, process: str) -> tuple[int, Mapping[int, int]]:
        """As `Code` says."""
        found = self._processes[process]
        return found.entry, {slot: item.init for slot, item in enumerate(found.locals)}

    def steps(self, process: str, point: int) -> Sequence[Step]:
        """As `Code` says."""
        return self._steps.get((process, point), ())

    def new_arrays(self, process: str, point: int) -> Sequence[Array]:
        """As `Code` says."""
        found, self._untold = self._untold, ()
        return found


class _Following:
    """Looks for the greatest set of assumptions that no step breaks."""

    def __init__(self, code: Code, varying: Collection[str]) -> None:
        self.knowledge = Knowledge({item.name: item.value for item in code.mechanisms})
        self.at: dict[At, Known] = {}
        self._code = code
        self._varying = varying
        self._steps: dict[At, Sequence[Step]] = {}
        self._pending: set[At] = set()
        self._readers: dict[str, set[At]] = {}
        self._now = ("", 0)

    def run(self) -> None:
        """Follow all steps until nothing is given up any more."""
        for process in self._code.processes:
            point, locals = self._code.entry(process)
            self._reach((process, point), locals)
        while self._pending:
            for now in sorted(self._pending):  # in program order: fewer points are met again
                self._pending.discard(now)
                self._now = now
                steps = self._steps_at(now)
                self.knowledge.consulted.clear()
                for step in steps:
                    self._follow(step.block, Env(dict(self.at[now])))
                for name in self.knowledge.consulted:
                    self._readers.setdefault(name, set()).add(now)

    def _steps_at(self, now: At) -> Sequence[Step]:
        if now not in self._steps:
            self._steps[now] = self._code.steps(*now)
            for array in self._code.new_arrays(*now):
                if array.name not in self._varying:
                    self.knowledge.learn(array)
        return self._steps[now]

    def _follow(self, block: Block, env: Env) -> Env | None:
        """What is known behind a block; None if no path leads there."""
        after: Env | None = env
        for statement in block:
            if isinstance(statement, If):
                after = self._behind(statement, env)
            elif not self._passes(statement, env):
                after = None
            if after is None:
                return None
            env = after
        return env

    def _behind(self, branch: If, env: Env) -> Env | None:
        value = self.knowledge.value(branch.cond, env.locals, env.temps)
        if value is not None:
            return self._follow(branch.then if value else branch.orelse, env)
        then = self._follow(branch.then, env.copy())
        return joined(then, self._follow(branch.orelse, env))

    def _passes(self, statement: Stmt, env: Env) -> bool:
        """Note what a statement does; whether anything behind it may be reached."""
        if isinstance(statement, Goto):
            self._reach((self._now[0], statement.point), env.locals)
        elif isinstance(statement, Assign) and isinstance(statement.target, Cell):
            self._write(statement.target, self.knowledge.value(statement.value, env.locals, env.temps), env)
        return passes(self.knowledge, statement, env)

    def _write(self, target: Cell, value: int | None, env: Env) -> None:
        if self.knowledge.write(target.array, target.indices, value, env.locals, env.temps):
            self._pending |= self._readers.get(target.array, set())
            if target.array in self.knowledge.consulted:
                self._pending.add(self._now)

    def _reach(self, at: At, locals: Known) -> None:
        before = self.at.get(at)
        if before is not None and before.items() <= locals.items():
            return
        self.at[at] = dict(locals) if before is None else _common(before, locals)
        self._pending.add(at)


def passes(knowledge: Knowledge, statement: Stmt, env: Env) -> bool:
    """Note in `env` what a statement does to locals; whether anything behind it may be reached."""
    match statement:
        case Assign(target, written):
            if not isinstance(target, Cell):
                env.set(target, knowledge.value(written, env.locals, env.temps))
        case Goto():
            return False
        case Wait(cond) | Check(cond):
            return knowledge.value(cond, env.locals, env.temps) != 0
        case Choose(target, lo, hi):
            env.set(target, lo if lo == hi else None)
        case Assert() | Note():
            pass
        case If():
            raise TypeError("branches are followed one by one")
        case _:
            assert_never(statement)
    return True


def _common(a: Known, b: Known) -> dict[int, int]:
    return {slot: value for slot, value in a.items() if b.get(slot) == value}


def joined(a: Env | None, b: Env | None) -> Env | None:
    """What is known where two ways meet; None is a way that leads nowhere."""
    if a is None or b is None:
        return b if a is None else a
    if a == b:
        return a
    return Env(_common(a.locals, b.locals), _common(a.temps, b.temps))
