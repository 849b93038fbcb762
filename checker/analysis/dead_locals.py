"""Dead locals: a local that no path reads before it is written again gets its initial value at the end of the step.

States that differ in nothing but such a local become one. Steps, points and choices stay as they are, so verdicts,
shortest lengths and canonical paths do too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from shootdown.model.ir.expr import Const, Local
from shootdown.model.ir.stmt import Assert, Assign, Block, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Process, System
from shootdown.model.ir.walk import expressions, local_slots

Slots = frozenset[int]
NONE: Slots = frozenset()


def reset_dead_locals(system: System) -> System:
    """The system with resets of dead locals in front of its gotos."""
    return replace(system, processes=tuple(_process(process) for process in system.processes))


def live_locals(process: Process) -> tuple[Slots, ...]:
    """For each point, the slots that some path from there reads before it writes them."""
    live: list[Slots] = [NONE for _ in process.points]
    changed = True
    while changed:
        changed = False
        for step in reversed(process.steps):
            before = live[step.source] | _live_before(step.block, NONE, live)
            changed = changed or before != live[step.source]
            live[step.source] = before
    return tuple(live)


def _live_before(block: Block, after: Slots, live: Sequence[Slots]) -> Slots:
    for statement in reversed(block):
        after = _live_before_statement(statement, after, live)
    return after


def _live_before_statement(statement: Stmt, after: Slots, live: Sequence[Slots]) -> Slots:
    reads = local_slots(expressions(statement))
    match statement:
        case Goto(point):
            return live[point]
        case If(_, then, orelse):
            return reads | _live_before(then, after, live) | _live_before(orelse, after, live)
        case Assign(Local(slot)):
            return (after - {slot}) | reads
        case Choose(Local(slot)):
            return (after | reads) - {slot}
        case Assign() | Choose() | Wait() | Check() | Assert() | Note():
            return after | reads
        case _:
            assert_never(statement)


def _process(process: Process) -> Process:
    resets = _Resets(process)
    steps = tuple(replace(step, block=resets.inserted(step.source, step.block)) for step in process.steps)
    return replace(process, steps=steps)


class _Resets:
    """Follows which locals may differ from their initial value, and resets those of them that are dead."""

    def __init__(self, process: Process) -> None:
        self._initial = [local.init for local in process.locals]
        self._live = live_locals(process)
        self._dirty: list[Slots] = [NONE for _ in process.points]
        self._changed = True
        while self._changed:
            self._changed = False
            for step in process.steps:
                self.inserted(step.source, step.block)

    def inserted(self, source: int, block: Block) -> Block:
        """The block with resets, and what it leaves dirty noted at the points that it goes to."""
        return self._block(block, self._dirty[source])[0]

    def _block(self, block: Block, dirty: Slots) -> tuple[Block, Slots]:
        done: list[Stmt] = []
        for statement in block:
            match statement:
                case Goto(point):
                    done += [self._reset(slot) for slot in sorted(dirty - self._live[point])]
                    self._leave(point, dirty & self._live[point])
                    dirty = NONE
                case If(_, then, orelse):
                    new_then, after_then = self._block(then, dirty)
                    new_orelse, after_orelse = self._block(orelse, dirty)
                    statement = replace(statement, then=new_then, orelse=new_orelse)
                    dirty = after_then | after_orelse
                case Assign(Local(slot), value):
                    dirty = dirty - {slot} if value == Const(self._initial[slot]) else dirty | {slot}
                case Choose(Local(slot)):
                    dirty |= {slot}
                case Assign() | Choose() | Wait() | Check() | Assert() | Note():
                    pass
                case _:
                    assert_never(statement)
            done.append(statement)
        return tuple(done), dirty

    def _leave(self, point: int, dirty: Slots) -> None:
        self._changed = self._changed or not dirty <= self._dirty[point]
        self._dirty[point] |= dirty

    def _reset(self, slot: int) -> Stmt:
        return Assign(Local(slot), Const(self._initial[slot]))
