"""Dead locals: a local that no path reads before it is written again gets its initial value at the end of the step.

States that differ in nothing but such a local become one. Steps, points and choices stay as they are, so verdicts,
shortest lengths and canonical paths do too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from shootdown.model.ir.expr import Const, Local
from shootdown.model.ir.reads import statement_reads
from shootdown.model.ir.stmt import Assert, Assign, Block, Check, Choose, Goto, If, Note, Stmt, Wait
from shootdown.model.ir.system import Process, System
from shootdown.model.ir.walk import gotos, if_or_same, same_or, with_block

Slots = frozenset[int]
NONE: Slots = frozenset()


def reset_dead_locals(system: System) -> System:
    """The system with resets of dead locals in front of its gotos."""
    return replace(system, processes=tuple(_process(process) for process in system.processes))


def live_locals(process: Process) -> tuple[Slots, ...]:
    """For each point, the slots that some path from there reads before it writes them."""
    live: list[Slots] = [NONE for _ in process.points]
    leading: dict[int, list[int]] = {}
    for number, step in enumerate(process.steps):
        for point in {goto.point for goto in gotos(step.block)}:
            leading.setdefault(point, []).append(number)
    pending = set(range(len(process.steps)))
    while pending:
        # Later steps first: most control flow goes forward.
        order = sorted(pending, reverse=True)
        for number in order:
            pending.discard(number)
            step = process.steps[number]
            before = live[step.source] | _live_before(step.block, NONE, live)
            if before != live[step.source]:
                live[step.source] = before
                pending.update(leading.get(step.source, ()))
    return tuple(live)


def _live_before(block: Block, after: Slots, live: Sequence[Slots]) -> Slots:
    for statement in reversed(block):
        after = _live_before_statement(statement, after, live)
    return after


def _live_before_statement(statement: Stmt, after: Slots, live: Sequence[Slots]) -> Slots:
    if isinstance(statement, Goto):
        return live[statement.point]
    reads = statement_reads(statement).locals
    match statement:
        case If(_, then, orelse):
            return reads | _live_before(then, after, live) | _live_before(orelse, after, live)
        case Assign(Local(slot)):
            return (after - {slot}) | reads
        case Choose(Local(slot)):
            return (after | reads) - {slot}
        case Assign() | Choose() | Wait() | Check() | Assert() | Note():
            return after | reads if reads else after
        case _:
            assert_never(statement)


def _process(process: Process) -> Process:
    if not process.locals:
        return process
    resets = _Resets(process)
    steps = tuple([with_block(step, block) for step, block in zip(process.steps, resets.blocks, strict=True)])
    return replace(process, steps=same_or(process.steps, steps))


class _Resets:
    """Follows which locals may differ from their initial value, and resets those of them that are dead.

    `blocks` are the blocks of the steps with resets.
    """

    def __init__(self, process: Process) -> None:
        self._initial = [local.init for local in process.locals]
        self._live = live_locals(process)
        self._dirty: list[Slots] = [NONE for _ in process.points]
        self.blocks = [step.block for step in process.steps]
        starting: dict[int, list[int]] = {}
        for number, step in enumerate(process.steps):
            starting.setdefault(step.source, []).append(number)
        self._changed: set[int] = set(starting)
        while self._changed:
            for point in sorted(self._changed):
                self._changed.remove(point)
                for number in starting.get(point, ()):
                    self.blocks[number] = self._block(process.steps[number].block, self._dirty[point])[0]

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
                    statement = if_or_same(statement, statement.cond, new_then, new_orelse)
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
        return same_or(block, tuple(done)), dirty

    def _leave(self, point: int, dirty: Slots) -> None:
        if not dirty <= self._dirty[point]:
            self._dirty[point] |= dirty
            self._changed.add(point)

    def _reset(self, slot: int) -> Stmt:
        return Assign(Local(slot), Const(self._initial[slot]))
