"""Decides which boundaries start steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import tree, walk
from ..purity import Doing, Purity
from .continuation import (
    Continuation,
    Each,
    Fall,
    Finish,
    Leave,
    Round,
    Seq,
    Turn,
    after_loop,
    leave,
    next_round,
    program_order,
)
from .control import Control


@dataclass(eq=False)
class Stretches:
    """Stretches of code from one boundary to the next ones. `control` is set once it exists."""

    purity: Purity
    control: Control | None = None
    known: dict[Continuation, tuple[Continuation, ...] | None] = field(default_factory=dict)
    steps: dict[Continuation, bool] = field(default_factory=dict)

    def is_step(self, cont: Continuation) -> bool:
        """Whether a boundary with this continuation starts a step.

        It does if the stretch behind it does something that others can see; and if it is the first of those on a way
        round a loop without any step.
        """
        if cont not in self.steps:
            self.steps[cont] = self.stretch(cont) is None or self._comes_round(cont)
        return self.steps[cont]

    def _comes_round(self, start: Continuation) -> bool:
        seen: set[Continuation] = set()
        stack = [start]
        while stack:
            for cont in self.stretch(stack.pop()) or ():
                if cont is start:
                    return True
                if cont not in seen and self.stretch(cont) is not None and program_order(cont) > program_order(start):
                    seen.add(cont)
                    stack.append(cont)
        return False

    def stretch(self, cont: Continuation) -> tuple[Continuation, ...] | None:
        """The next boundaries; None if something from here to them makes a step."""
        if cont not in self.known:
            self.known[cont] = self._stretch(cont)
        return self.known[cont]

    def _stretch(self, cont: Continuation) -> tuple[Continuation, ...] | None:
        following: dict[Continuation, None] = {}
        seen = {cont}
        stack = [cont]
        while stack:
            doing, nexts, boundary = self._advance(stack.pop())
            if doing:
                return None
            for item in nexts:
                if boundary:
                    following[item] = None
                elif item not in seen:
                    seen.add(item)
                    stack.append(item)
        return tuple(following)

    def _advance(self, here: Continuation) -> tuple[bool, list[Continuation], bool]:
        """Whether the next statement makes a step, what may follow it, and whether that is behind a boundary."""
        control = self.control
        assert control is not None
        match here:
            case Finish() | Fall():
                return False, [], False
            case Leave(frame=frame, next=after):
                return False, [after], frame.parent is not None and not frame.scratch
            case Round(node, scope, after):
                doing = self.purity.expression(node.test)
                return _makes_step(doing), [control.seq(node.body, 0, scope, here), after], False
            case Turn():
                return False, [control.turn(here)], False
            case Each():
                if here.position == len(control.frames.setting.elements("Device")):
                    return False, [here.next], False
                return False, [control.device(here)[0].boundary.cont], True
            case Seq():
                return self._statement(control, here)

    def _statement(self, control: Control, here: Seq) -> tuple[bool, list[Continuation], bool]:
        node, scope = here.body[here.index], here.scope
        rest = control.seq(here.body, here.index + 1, scope, here.next)
        own = Doing()
        for expr in walk.own(node):
            own |= self.purity.expression(expr)
        active = _makes_step(own)
        match node:
            case tree.Label():
                return False, [rest], True
            case tree.CallSteps():
                entries = control.entries(node, scope, rest, here)
                return active, [entry.boundary.cont for entry in entries], True
            case tree.EachDevice():
                return active, [control.each(node, scope, rest)], False
            case tree.If(then=then, other=other):
                return active, [control.seq(then, 0, scope, rest), control.seq(other, 0, scope, rest)], False
            case tree.While():
                return False, [control.interned.get(Round, node, scope, rest)], False
            case tree.For():
                return active, [control.interned.get(Turn, node, 0, scope, rest)], False
            case tree.Break():
                return False, [after_loop(here)], False
            case tree.Continue():
                return False, [next_round(here)], False
            case tree.Return():
                return active, [leave(here)], False
            case tree.AssignPlace() | tree.Push() | tree.Wait() | tree.Check():
                return True, [rest], False
            case _:
                return active, [rest], False


def _makes_step(doing: Doing) -> bool:
    return doing.acts or doing.guards or doing.reads
