"""The rules that `verify` holds the block of a step to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from .expr import Local, Temp
from .interval import Interval
from .stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Shown, Stmt, Wait
from .system import Process, PropertyKind, System
from .verify_expr import ExprRules
from .views import width
from .walk import expressions


@dataclass(frozen=True)
class _Path:
    """What is known on the way into a statement: the temporaries written, what happened so far."""

    temps: dict[int, Interval]
    stored: bool = False
    """A shared array was written."""
    ended: bool = False
    """A `Goto` ended the step."""


class BlockRules:
    """Checks blocks of one process."""

    def __init__(self, system: System, process: Process) -> None:
        self._process = process
        self._arrays = {array.name: array for array in system.arrays}
        self._views = dict(system.views)
        self._kinds = {prop.name: prop.kind for prop in system.properties}
        self._rules = ExprRules(system, process)
        self._problems: list[str] = []

    def check(self, block: Block, place: str) -> Iterator[str]:
        """What is wrong with the block of a step."""
        self._problems = []
        path = self._block(block, _Path({}), place)
        if not path.ended:
            self._problems.append(f"{place}: a path without a goto")
        yield from self._problems

    def _block(self, block: Block, path: _Path, place: str) -> _Path:
        for number, statement in enumerate(block):
            where = f"{place}, statement {number}"
            if path.ended:
                self._problems.append(f"{where}: follows a goto")
                break
            path = self._statement(statement, path, where)
        return path

    def _statement(self, statement: Stmt, path: _Path, place: str) -> _Path:
        if isinstance(statement, Choose):
            return self._choose(statement, path, place)
        self._rules.temps = path.temps
        for expr in expressions(statement):
            self._problems += self._rules.check(expr, place)
        match statement:
            case Assign(target, value):
                return self._store(target, self._rules.interval(value), path, place)
            case If(cond, then, orelse):
                self._problems += self._rules.truth(cond, place)
                return _join(self._block(then, path, f"{place}, then"), self._block(orelse, path, f"{place}, else"))
            case Wait(cond):
                self._problems += self._rules.truth(cond, place)
                if path.stored:
                    self._problems.append(f"{place}: wait behind a store to shared state")
            case Check(cond):
                self._problems += self._rules.truth(cond, place)
            case Assert(cond, name):
                self._problems += self._rules.truth(cond, place)
                if self._kinds.get(name, PropertyKind.ASSERTION) is not PropertyKind.ASSERTION:
                    self._problems.append(f"{place}: asserts {name}, which is no step assertion")
            case Note(parts):
                for part in parts:
                    self._part(part, place)
            case Goto(point):
                if point not in range(len(self._process.points)):
                    self._problems.append(f"{place}: no point {point}")
                return replace(path, ended=True)
            case _:
                assert_never(statement)
        return path

    def _choose(self, choose: Choose, path: _Path, place: str) -> _Path:
        if choose.blocking and path.stored:
            self._problems.append(f"{place}: choose behind a store to shared state")
        if choose.labels and len(choose.labels) != choose.hi - choose.lo + 1:
            self._problems.append(f"{place}: {len(choose.labels)} labels for {choose.lo}..{choose.hi}")
        if isinstance(choose.target, Local) and choose.target.slot in range(len(self._process.locals)):
            local = self._process.locals[choose.target.slot]
            if not (local.lo <= choose.lo and choose.hi <= local.hi):
                self._problems.append(
                    f"{place}: chooses {choose.lo}..{choose.hi} for a local of {local.lo}..{local.hi}"
                )
        path = self._store(choose.target, Interval(choose.lo, max(choose.lo, choose.hi)), path, place)
        self._rules.temps = path.temps
        self._problems += self._rules.check(choose.candidate, place)
        self._problems += self._rules.truth(choose.candidate, place)
        return path

    def _store(self, target: Place, value: Interval, path: _Path, place: str) -> _Path:
        match target:
            case Cell(name, indices):
                if name not in self._arrays:
                    self._problems.append(f"{place}: no array {name}")
                elif len(indices) != len(self._arrays[name].dims):
                    self._problems.append(
                        f"{place}: {len(indices)} indices into {name} of {len(self._arrays[name].dims)} dimensions"
                    )
                return replace(path, stored=True)
            case Local(slot):
                if slot not in range(len(self._process.locals)):
                    self._problems.append(f"{place}: no local {slot}")
                return path
            case Temp(slot):
                if slot not in range(self._process.temps):
                    self._problems.append(f"{place}: no temporary {slot}")
                return replace(path, temps={**path.temps, slot: value})
            case _:
                assert_never(target)

    def _part(self, part: str | Shown, place: str) -> None:
        if isinstance(part, str):
            return
        if part.view not in self._views:
            self._problems.append(f"{place}: no view {part.view}")
        elif len(part.leaves) != width(self._views[part.view]):
            self._problems.append(f"{place}: {len(part.leaves)} values for view {part.view}")


def _join(one: _Path, other: _Path) -> _Path:
    """What is known behind an `If`, whichever branch was taken."""
    if one.ended or other.ended:
        return other if one.ended else one
    temps = {slot: value | other.temps[slot] for slot, value in one.temps.items() if slot in other.temps}
    return _Path(temps, one.stored or other.stored)
