"""A step's block executed statement by statement, for diagnosis: why it blocks, where an assertion failed."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import assert_never

from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import Local, Temp
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Check, Choose, Goto, If, Note, Place, Stmt, Wait

Obstacle = tuple[Wait | Choose, Frame]
"""A guard that is not fulfilled, and what it saw."""


def executed(
    evaluator: Evaluator, state: State, agent: int, block: Block, chosen: Sequence[int]
) -> Iterator[tuple[Stmt, Frame]]:
    """Each statement that a step of `agent` meets, with the frame in front of it.

    The frame changes when the next statement is asked for. The last statement is the one that ends the step: a goto,
    a guard or check that fails, a choice for which `chosen` has no value.
    """
    position = evaluator.layout.points[agent]
    frame = Frame(list(state), position + 1, evaluator.system.agents[agent].args)
    yield from _Run(evaluator, frame, iter(chosen)).block(block)


def obstacles(
    evaluator: Evaluator, state: State, agent: int, block: Block, chosen: tuple[int, ...] = ()
) -> list[Obstacle]:
    """The guards that keep a step from being enabled, over all choices in front of them; empty if it is enabled."""
    *_, last = executed(evaluator, state, agent, block, chosen)
    match last:
        case (Wait() as wait, frame):
            return [(wait, frame)]
        case (Choose() as choose, frame):
            candidates = list(_candidates(evaluator, choose, frame))
            if not candidates:
                return [(choose, frame)] if choose.blocking else []
            ways = [obstacles(evaluator, state, agent, block, (*chosen, value)) for value in candidates]
            return [] if not all(ways) else [obstacle for way in ways for obstacle in way]
        case _:
            return []


def _candidates(evaluator: Evaluator, choose: Choose, frame: Frame) -> Iterator[int]:
    for value in range(choose.lo, choose.hi + 1):
        store(evaluator, frame, choose.target, value)
        if evaluator.value(choose.candidate, frame):
            yield value


class _Run:
    def __init__(self, evaluator: Evaluator, frame: Frame, chosen: Iterator[int]) -> None:
        self._evaluator = evaluator
        self._frame = frame
        self._chosen = chosen

    def block(self, block: Block) -> Generator[tuple[Stmt, Frame], None, bool]:
        """Execute a block; whether the step ended in it."""
        for statement in block:
            yield statement, self._frame
            if isinstance(statement, If):
                branch = statement.then if self._value(statement) else statement.orelse
                ended = yield from self.block(branch)
            else:
                ended = self._statement(statement)
            if ended:
                return True
        return False

    def _statement(self, statement: Assign | Wait | Choose | Check | Assert | Note | Goto) -> bool:
        match statement:
            case Assign(target, source):
                store(self._evaluator, self._frame, target, self._evaluator.value(source, self._frame))
            case Wait() | Check():
                return not self._value(statement)
            case Choose(target):
                value = next(self._chosen, None)
                if value is None:
                    return True
                store(self._evaluator, self._frame, target, value)
            case Assert() | Note():
                pass
            case Goto():
                return True
            case _:
                assert_never(statement)
        return False

    def _value(self, statement: If | Wait | Check) -> int:
        return self._evaluator.value(statement.cond, self._frame)


def store(evaluator: Evaluator, frame: Frame, target: Place, value: int) -> None:
    """Store a value in a place."""
    match target:
        case Cell(array, indices):
            frame.values[evaluator.cell(array, indices, frame)] = value
        case Local(slot):
            frame.values[frame.locals + slot] = value
        case Temp(slot):
            frame.temps[slot] = value
        case _:
            assert_never(target)
