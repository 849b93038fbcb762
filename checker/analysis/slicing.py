"""Slicing: what no guard, check or property depends on is neither stored nor computed.

Kept are every agent, point, step, guard, choice, check and goto, so a path of the sliced system is, label by label, a
path of the whole one. Dropped are notes, stores that nothing kept depends on, and the arrays and locals that are then
named nowhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from shootdown.model.ir.expr import Expr, Load, Local, Temp
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait
from shootdown.model.ir.system import Point, Process, System
from shootdown.model.ir.walk import Rewriter, block_expressions, ends, expressions, loads, rewrite_block, statements
from shootdown.model.ir.walk import subexpressions as parts_of

Name = str | tuple[str, int] | tuple[str, int, int]
"""An array, a local (process, slot), or a temporary (process, step, slot)."""


def slice_system(system: System) -> System:
    """The system without what its properties, guards and checks do not depend on."""
    relevant = _Relevant(system).closed()
    processes = tuple(
        _without_unused_locals(
            replace(
                process,
                steps=tuple(
                    replace(step, block=_Kept(relevant, process.name, number).block(step.block))
                    for number, step in enumerate(process.steps)
                ),
            )
        )
        for process in system.processes
    )
    return _without_unused_arrays(replace(system, processes=processes))


class _Kept:
    """Drops the statements of one step that are not relevant."""

    def __init__(self, relevant: set[Name], process: str, step: int) -> None:
        self._relevant = relevant
        self._process = process
        self._step = step

    def name(self, place: Place | Expr) -> Name | None:
        """What a place is called in the set of relevant names."""
        match place:
            case Cell(array) | Load(array):
                return array
            case Local(slot):
                return self._process, slot
            case Temp(slot):
                return self._process, self._step, slot
            case _:
                return None

    def block(self, block: Block) -> Block:
        """The statements that are kept."""
        rest: Block = ()
        for statement in reversed(block):
            match statement:
                case Note():
                    pass
                case Assign(target):
                    if self.name(target) in self._relevant:
                        rest = (statement, *rest)
                case If():
                    rest = self._if(statement, rest)
                case Wait() | Choose() | Check() | Assert() | Goto():
                    rest = (statement, *rest)
                case _:
                    assert_never(statement)
        return rest

    def _if(self, statement: If, rest: Block) -> Block:
        """The `If` and what follows it; only what follows where both ways do the same."""
        then, orelse = self.block(statement.then), self.block(statement.orelse)
        way_then, way_orelse = (branch if ends(branch) else (*branch, *rest) for branch in (then, orelse))
        if way_then == way_orelse:
            return way_then
        return (replace(statement, then=then, orelse=orelse), *rest)


class _Relevant:
    """The least set of names that is closed under what kept statements read.

    An `If` counts only while its two ways differ in something kept; with more relevant names ways only ever begin to
    differ, so the set grows towards its limit.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._names: set[Name] = set(loads(prop.expr for prop in system.properties))

    def closed(self) -> set[Name]:
        """The limit."""
        size = -1
        while size != len(self._names):
            size = len(self._names)
            for process in self._system.processes:
                for number, step in enumerate(process.steps):
                    kept = _Kept(self._names, process.name, number)
                    # A copy decides what is kept now; what it reads counts from the next round on.
                    for expr in block_expressions(kept.block(step.block)):
                        name = kept.name(expr)
                        if name is not None:
                            self._names.add(name)
        return self._names


def _without_unused_arrays(system: System) -> System:
    """The system without arrays that no step or property names, and without the variables that they held."""
    used = set(loads(prop.expr for prop in system.properties))
    for process in system.processes:
        for step in process.steps:
            used |= loads(block_expressions(step.block))
            used |= {
                statement.target.array
                for statement in statements(step.block)
                if isinstance(statement, Assign) and isinstance(statement.target, Cell)
            }
    return replace(
        system,
        arrays=tuple(array for array in system.arrays if array.name in used),
        variables=tuple(variable for variable in system.variables if used.issuperset(variable.leaves)),
    )


def _without_unused_locals(process: Process) -> Process:
    """The process without slots that no step names; the others move up."""
    used: set[int] = set()
    for step in process.steps:
        for statement in statements(step.block):
            places = [statement.target] if isinstance(statement, Assign | Choose) else []
            used |= {place.slot for place in places if isinstance(place, Local)}
            used |= {expr.slot for expr in parts_of(*expressions(statement)) if isinstance(expr, Local)}
    moved = {slot: position for position, slot in enumerate(sorted(used))}
    if len(moved) == len(process.locals):
        return process
    rewriter = Rewriter(lambda expr: replace(expr, slot=moved[expr.slot]) if isinstance(expr, Local) else expr)
    return replace(
        process,
        locals=tuple(process.locals[slot] for slot in moved),
        points=tuple(_moved_point(point, moved) for point in process.points),
        steps=tuple(
            replace(step, block=_moved_targets(rewrite_block(step.block, rewriter), moved)) for step in process.steps
        ),
    )


def _moved_point(point: Point, moved: dict[int, int]) -> Point:
    live = tuple(
        (tuple(moved[slot] for slot in slots), name, view)
        for slots, name, view in point.live
        if moved.keys() >= set(slots)
    )
    return replace(point, live=live)


def _moved_targets(block: Block, moved: dict[int, int]) -> Block:
    return tuple(_moved_target(statement, moved) for statement in block)


def _moved_target(statement: Stmt, moved: dict[int, int]) -> Stmt:
    match statement:
        case If():
            then, orelse = _moved_targets(statement.then, moved), _moved_targets(statement.orelse, moved)
            return replace(statement, then=then, orelse=orelse)
        case Assign(Local(slot)) | Choose(Local(slot)):
            return replace(statement, target=Local(moved[slot]))
        case _:
            return statement
