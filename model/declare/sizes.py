"""Counting the values of a sort: `size`, `ordinal`, `nth`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import Enum
from typing import TypeVar, cast

from .outcomes import ModelErrorRaised
from .run import running
from .sorts import Index

T = TypeVar("T")


def members(sort: type[T]) -> tuple[T, ...]:
    """The values of an index sort, an enumeration or `bool`, in order."""
    if issubclass(sort, bool):
        return cast(tuple[T, ...], (False, True))
    if issubclass(sort, Enum | Index):
        return cast(tuple[T, ...], tuple(sort))
    raise TypeError(f"expected an index sort, an enumeration or bool but got {sort!r}")


def size(sort: type[object]) -> int:
    """The number of values of a sort; known only within a run, so a module constant stands for it until then."""
    if issubclass(sort, Index) and not running():
        return cast(int, Late(lambda: len(members(sort))))
    return len(members(sort))


def ordinal(value: Index | Enum) -> int:
    """The position of an element or enumeration member, from 0."""
    return value.position if isinstance(value, Index) else list(type(value)).index(value)


def nth(sort: type[T], position: int) -> T:
    """The value at a position, from 0; ModelErrorRaised if there is none."""
    values = members(sort)
    if not 0 <= position < len(values):
        raise ModelErrorRaised(f"nth({sort.__name__}, {position}): there are {len(values)}")
    return values[position]


class Late:
    """An integer that a model file computes from sizes before there is a run; it is worked out where it is used."""

    def __init__(self, compute: Callable[[], int]) -> None:
        self.compute = compute

    def __index__(self) -> int:
        return self.compute()

    __int__ = __index__

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other or (running() and self.compute() == other)

    def __lt__(self, other: int) -> bool:
        return self.compute() < int(other)

    def __le__(self, other: int) -> bool:
        return self.compute() <= int(other)

    def __gt__(self, other: int) -> bool:
        return self.compute() > int(other)

    def __ge__(self, other: int) -> bool:
        return self.compute() >= int(other)

    def __add__(self, other: int) -> int:
        return _later(operator.add, self, other)

    def __radd__(self, other: int) -> int:
        return _later(operator.add, other, self)

    def __sub__(self, other: int) -> int:
        return _later(operator.sub, self, other)

    def __rsub__(self, other: int) -> int:
        return _later(operator.sub, other, self)

    def __mul__(self, other: int) -> int:
        return _later(operator.mul, self, other)

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> int:
        return _later(operator.floordiv, self, other)

    def __mod__(self, other: int) -> int:
        return _later(operator.mod, self, other)


def _later(operation: Callable[[int, int], int], left: Late | int, right: Late | int) -> int:
    if running():
        return operation(int(left), int(right))
    return cast(int, Late(lambda: operation(int(left), int(right))))
