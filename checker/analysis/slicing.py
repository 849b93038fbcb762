"""Slicing: what no guard, check or property depends on is neither stored nor computed.

Kept are every agent, point, step, guard, choice, check and goto, so a path of the sliced system is, label by label, a
path of the whole one. Dropped are notes, stores that nothing kept depends on, and the arrays and locals that are then
named nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from shootdown.model.ir.expr import Expr, Local
from shootdown.model.ir.reads import NOTHING, Reads, block_reads, reads
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose, If, Note, Place, Stmt
from shootdown.model.ir.system import Point, Process, System
from shootdown.model.ir.walk import (
    Rewriter,
    ends,
    expressions,
    if_or_same,
    rewrite_block,
    same_or,
    statements,
    with_block,
)

Name = str | tuple[str, int] | tuple[str, int, int]
"""An array, a local (process, slot), or a temporary (process, step, slot)."""


def slice_system(system: System) -> System:
    """The system without what its properties, guards and checks do not depend on."""
    relevant = _Relevant(system)
    relevant.close()
    left = iter(relevant.steps)
    processes = []
    for process in system.processes:
        mine = [next(left) for _ in process.steps]
        steps = tuple([with_block(step, sliced.kept) for step, sliced in zip(process.steps, mine, strict=True)])
        sliced = replace(process, steps=same_or(process.steps, steps))
        processes.append(_without_unused_locals(sliced, {slot for step in mine for slot in step.locals}))
    used = {name for step in relevant.steps for name in step.arrays}
    return _without_unused_arrays(replace(system, processes=tuple(processes)), used)


class _Step:
    """One step: what of its block is kept, given the names that are relevant."""

    def __init__(self, process: str, number: int, block: Block) -> None:
        self._process = process
        self._number = number
        self._block = block
        self._relevant: set[Name] = set()
        self._found: set[Name] = set()
        self._stores: set[Name] = set()
        self.kept = block

    def writes(self) -> Iterator[Name]:
        """The names that the step stores to."""
        for statement in statements(self._block):
            if isinstance(statement, Assign):
                yield self._name(statement.target)

    def keep(self, relevant: set[Name]) -> set[Name]:
        """Keep what stores to relevant names, and what decides; what that reads is relevant, too.

        The names that were not yet; they are added to `relevant`.
        """
        self._relevant, self._found, self._stores = relevant, set(), set()
        self.kept = self._kept(self._block)
        return self._found

    @cached_property
    def _reads(self) -> Reads:
        return block_reads(self.kept)

    @property
    def arrays(self) -> frozenset[str]:
        """The arrays that the kept statements name, once nothing more is relevant."""
        return self._reads.arrays.union(name for name in self._stores if isinstance(name, str))

    @property
    def locals(self) -> frozenset[int]:
        """The locals that the kept statements name, once nothing more is relevant."""
        return self._reads.locals.union(
            name[1] for name in self._stores if not isinstance(name, str) and len(name) == 2
        )

    def _note(self, expr: Expr) -> None:
        known = reads(expr)
        if known is NOTHING:
            return
        names: list[Name] = [*known.arrays]
        names += [(self._process, slot) for slot in known.locals]
        names += [(self._process, self._number, slot) for slot in known.temps]
        for name in names:
            if name not in self._relevant:
                self._relevant.add(name)
                self._found.add(name)

    def _name(self, place: Place) -> Name:
        """What a place is called in the set of relevant names."""
        if isinstance(place, Cell):
            return place.array
        return (self._process, place.slot) if isinstance(place, Local) else (self._process, self._number, place.slot)

    def _kept(self, block: Block) -> Block:
        backwards: list[Stmt] = []
        # What is read behind a store is relevant already when the store is looked at.
        for statement in reversed(block):
            if isinstance(statement, Note):
                continue
            if isinstance(statement, If):
                self._if(statement, backwards)
                continue
            if isinstance(statement, Assign | Choose):
                name = self._name(statement.target)
                if isinstance(statement, Assign) and name not in self._relevant:
                    continue
                self._stores.add(name)
            backwards.append(statement)
            for expr in expressions(statement):
                self._note(expr)
        return same_or(block, tuple(reversed(backwards)))

    def _if(self, statement: If, backwards: list[Stmt]) -> None:
        """Put an `If` in front of what follows it; where both ways do the same, what they do instead."""
        then, orelse = self._kept(statement.then), self._kept(statement.orelse)
        then_ends, orelse_ends = ends(then), ends(orelse)
        if then_ends == orelse_ends:
            alike = then == orelse
        else:
            rest = tuple(reversed(backwards))
            alike = (then if then_ends else (*then, *rest)) == (orelse if orelse_ends else (*orelse, *rest))
        if not alike:
            self._note(statement.cond)
            backwards.append(if_or_same(statement, statement.cond, then, orelse))
            return
        if then_ends:
            backwards.clear()
        backwards.extend(reversed(then))


class _Relevant:
    """The least set of names that is closed under what kept statements read.

    An `If` counts only while its two ways differ in something kept; with more relevant names ways only ever begin to
    differ, so the set grows towards its limit. A step is looked at again when a name that it writes has become
    relevant.
    """

    def __init__(self, system: System) -> None:
        self._names: set[Name] = set()
        for prop in system.properties:
            self._names |= reads(prop.expr).arrays
        self.steps = [
            _Step(process.name, number, step.block)
            for process in system.processes
            for number, step in enumerate(process.steps)
        ]
        self._writers: dict[Name, list[int]] = {}
        for position, step in enumerate(self.steps):
            for name in set(step.writes()):
                self._writers.setdefault(name, []).append(position)

    def close(self) -> None:
        """Reach the limit; afterwards each step has what is kept of it."""
        pending = set(range(len(self.steps)))
        while pending:
            # Later steps first: what they read, earlier ones have stored.
            for position in sorted(pending, reverse=True):
                pending.discard(position)
                for name in self.steps[position].keep(self._names):
                    pending.update(self._writers.get(name, ()))


def _without_unused_arrays(system: System, in_steps: set[str]) -> System:
    """The system without arrays that no step or property names, and without the variables that they held."""
    used = in_steps.union(*(reads(prop.expr).arrays for prop in system.properties))
    return replace(
        system,
        arrays=tuple(array for array in system.arrays if array.name in used),
        variables=tuple(variable for variable in system.variables if used.issuperset(variable.leaves)),
    )


def _without_unused_locals(process: Process, used: set[int]) -> Process:
    """The process without slots that no step names; the last ones move to where those were."""
    if len(used) == len(process.locals):
        return process
    free = iter([slot for slot in range(len(used)) if slot not in used])
    moved = {slot: slot if slot < len(used) else next(free) for slot in sorted(used)}
    changed = {slot for slot, position in moved.items() if slot != position}
    rewriter = Rewriter(lambda expr: replace(expr, slot=moved[expr.slot]) if isinstance(expr, Local) else expr)

    def rule(expr: Expr) -> Expr:
        return expr if changed.isdisjoint(reads(expr).locals) else rewriter(expr)

    return replace(
        process,
        locals=tuple(process.locals[slot] for slot in sorted(moved, key=moved.__getitem__)),
        points=tuple(_moved_point(point, moved) for point in process.points),
        steps=tuple(
            with_block(step, _moved_targets(rewrite_block(step.block, rule), moved)) if changed else step
            for step in process.steps
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
    return same_or(block, tuple([_moved_target(statement, moved) for statement in block]))


def _moved_target(statement: Stmt, moved: dict[int, int]) -> Stmt:
    match statement:
        case If():
            then, orelse = _moved_targets(statement.then, moved), _moved_targets(statement.orelse, moved)
            return if_or_same(statement, statement.cond, then, orelse)
        case Assign(Local(slot)) | Choose(Local(slot)) if moved[slot] != slot:
            return replace(statement, target=Local(moved[slot]))
        case _:
            return statement
