"""Continuations: what is left to run at a place of the code. Equal ones are the same object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import TypeVar

from .. import tree
from .scope import Frame, Scope


@dataclass(eq=False)
class Seq:
    """The statements of a block from `index` on, then `next`."""

    body: tree.Body
    index: int
    scope: Scope
    next: Continuation


@dataclass(eq=False)
class Round:
    """The next round of a `while`."""

    node: tree.While
    scope: Scope
    next: Continuation


@dataclass(eq=False)
class Turn:
    """The next value of a `for`."""

    node: tree.For
    position: int
    scope: Scope
    next: Continuation


@dataclass(eq=False)
class Each:
    """The next device of an `each_device`."""

    node: tree.EachDevice
    position: int
    scope: Scope
    next: Continuation


@dataclass(eq=False)
class Leave:
    """The return of a function."""

    frame: Frame
    next: Continuation


@dataclass(eq=False)
class Finish:
    """The end of an operation: go to a control point of the agent."""

    point: int


@dataclass(eq=False)
class Fall:
    """The end of a region that runs inside a step; `loop` is the loop of which it is a round."""

    loop: tree.For | None = None


Continuation = Seq | Round | Turn | Each | Leave | Finish | Fall
T = TypeVar("T")


@dataclass(eq=False)
class Interned:
    """Objects by the identities of what they are made of, which it keeps alive."""

    known: dict[tuple[object, ...], tuple[object, tuple[object, ...]]] = field(default_factory=dict)
    made: dict[tuple[Continuation, str], Continuation] = field(default_factory=dict)

    def get(self, make: Callable[..., T], *parts: object) -> T:
        """The object made of these parts."""
        key = (make, *[part if isinstance(part, int | str) else id(part) for part in parts])
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = (make(*parts), parts)
        return found[0]  # type: ignore[return-value]

    def once(self, key: tuple[Continuation, str], make: Callable[[], Continuation]) -> Continuation:
        """What is made once for a continuation and a purpose."""
        known = self.made.get(key)
        if known is None:
            known = self.made[key] = make()
        return known


def frame_of(cont: Continuation) -> Frame | None:
    """The activation whose code comes next."""
    match cont:
        case Seq(scope=scope) | Round(scope=scope) | Turn(scope=scope) | Each(scope=scope):
            return scope.frame
        case Leave(frame=frame):
            return frame
        case _:
            return None


def program_order(cont: Continuation) -> tuple[tuple[float, ...], ...]:
    """A key that sorts the continuations of one operation in program order, whatever was met first."""
    found: list[tuple[float, ...]] = [(inf,)]
    while not isinstance(cont, Finish | Fall):
        match cont:
            case Seq(body, index):
                found.append((body[index].where.line, body[index].where.column))
            case Turn(node, position) | Each(node, position):
                found.append((node.where.line, node.where.column, position))
            case Round(node):
                found.append((node.where.line, node.where.column))
            case Leave():
                found.append((inf,))
        cont = cont.next
    return tuple(reversed(found))


def leave(cont: Continuation) -> Leave:
    """Where `return` goes."""
    while not isinstance(cont, Leave):
        assert not isinstance(cont, Finish | Fall)
        cont = cont.next
    return cont


def after_loop(cont: Continuation) -> Continuation:
    """Where `break` goes."""
    while not isinstance(cont, Round | Turn):
        assert not isinstance(cont, Finish | Fall | Leave)
        cont = cont.next
    return cont.next


def next_round(cont: Continuation) -> Continuation:
    """Where `continue` goes."""
    while not isinstance(cont, Round | Turn | Fall):
        assert not isinstance(cont, Finish | Leave)
        cont = cont.next
    return cont
