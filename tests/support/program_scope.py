"""What is in scope where a random program continues: variables, places that may be read, fresh names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Self, TypeVar

from program_sorts import Place, Schema, Sort

T = TypeVar("T")


class Unavailable(Exception):
    """Nothing in scope gives a value of the sort."""


@dataclass(frozen=True)
class Variable:
    """A local or parameter. `changes`: it is assigned more than once. `solid`: an optional that is not None here."""

    sort: Sort
    changes: bool = False
    solid: bool = False
    tainted: bool = False
    """It is computed from ghost state."""


@dataclass(frozen=True)
class Mode:
    """What an expression may use."""

    reads: bool = True
    """Ordinary state."""
    ghost: bool = False
    total: bool = False
    """Nothing may go wrong."""
    fixed: bool = False
    """Only locals that are assigned once: in `where=`."""
    exact: bool = False
    """Integers stay within bounds even where things may go wrong: plain Python does not check those of locals."""
    condition: bool = False
    """The condition of `if`, `while` or `assert`: no bare test of a cell."""


@dataclass
class Scope:
    """The locals in scope; `state` is the class of `k` ("" in methods)."""

    state: str
    variables: dict[str, Variable] = field(default_factory=dict)

    def copy(self) -> Scope:
        """A scope for a block inside."""
        return Scope(self.state, dict(self.variables))


@dataclass
class Names:
    """Fresh names of one function, and what it may do only once.

    A type checker narrows what was compared with an enumeration's member, and refuses a second comparison. A boundary
    is known by its label and call frames, so labels differ, and no operation is called twice.
    """

    count: int = 0
    called: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)

    def fresh(self, prefix: str) -> str:
        """A name that the function does not use yet."""
        self.count += 1
        return f"{prefix}{self.count}"


@dataclass
class Draw:
    """Draws from what is in scope."""

    random: Random
    schema: Schema
    scope: Scope
    names: Names
    mode: Mode = Mode()

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.random.randrange(100) < percent

    def using(self, mode: Mode, **more: Variable) -> Self:
        """The same in another mode, with more variables."""
        scope = Scope(self.scope.state, {**self.scope.variables, **more})
        return type(self)(self.random, self.schema, scope, self.names, mode)

    def first(self, ways: Sequence[Callable[[], T]]) -> T:
        """What the first of some ways in random order gives that is available."""
        for way in self.random.sample(ways, len(ways)):
            try:
                return way()
            except Unavailable:
                continue
        raise Unavailable

    def one(self, items: Sequence[T]) -> T:
        """Any of some items; raises Unavailable if there are none."""
        if not items:
            raise Unavailable
        return self.random.choice(items)

    def variable(self, wanted: Callable[[Sort, bool], bool]) -> tuple[str, Variable]:
        """A variable whose sort and solidity are as wanted."""
        found = [
            (name, item)
            for name, item in self.scope.variables.items()
            if wanted(item.sort, item.solid)
            and not (self.mode.fixed and item.changes)
            and not (item.tainted and not self.mode.ghost)
        ]
        return self.one(found)

    def readable(self, place: Place) -> bool:
        """Whether the mode lets an expression read a place."""
        if (place.owner == "self") != (self.scope.state == ""):
            return False
        return place.given or (self.mode.ghost if place.ghost else self.mode.reads)

    def base(self, owner: str) -> str:
        """The text of a state in this function."""
        if owner == "self":
            return "self"
        return "k" if owner == self.scope.state else f"k[{owner}]"
