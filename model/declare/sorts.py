"""Sorts of values: index sorts, enumerations, bounded integers, records, ranges, optionals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, replace
from enum import Enum, auto
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, cast, dataclass_transform

from .bounds import Between, conform, sorts_of
from .outcomes import ModelErrorRaised
from .run import current, running
from .shown import record_text

__all__ = [
    "Annotated",
    "Between",
    "Device",
    "Enum",
    "Index",
    "Range",
    "Record",
    "auto",
    "exclusive",
    "inclusive",
    "replace",
    "some",
]

T = TypeVar("T")


class IndexSort(type):
    """The type of index sorts: iterating one runs over its elements in the current run."""

    def __iter__(cls: type[T]) -> Iterator[T]:
        return iter(cast(tuple[T, ...], _elements(cls)))


class Index(metaclass=IndexSort):
    """A sort whose elements the world names; `ordered=True` allows `<`. Elements exist only within a run."""

    ordered: ClassVar[bool] = False
    name: str
    position: int

    def __init_subclass__(cls, *, ordered: bool = False) -> None:
        super().__init_subclass__()
        cls.ordered = ordered

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    def __lt__(self, other: Self) -> bool:
        return _comparable(self, other) and self.position < other.position

    def __le__(self, other: Self) -> bool:
        return _comparable(self, other) and self.position <= other.position

    def __gt__(self, other: Self) -> bool:
        return _comparable(self, other) and self.position > other.position

    def __ge__(self, other: Self) -> bool:
        return _comparable(self, other) and self.position >= other.position


def _comparable(left: Index, right: Index) -> bool:
    if type(left) is not type(right) or not type(left).ordered:
        raise TypeError(
            f"{left!r} and {right!r} are not ordered; write class {type(left).__name__}(Index, ordered=True)"
        )
    return True


def _elements(sort: type[object]) -> tuple[object, ...]:
    run = current()
    if sort not in run.made:
        if sort.__name__ not in run.elements and sort is not Device:
            raise LookupError(f"the world of this run has no elements of {sort.__name__}")
        made = []
        for position, name in enumerate(run.elements.get(sort.__name__, ())):
            element = cast(Index, object.__new__(sort))
            element.name, element.position = name, position
            made.append(element)
        run.made[sort] = tuple(made)
    return run.made[sort]


class Device(Index):
    """A device of the world: of a device type, with a place in the registration order."""


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen value with named fields; `show` is its text, `{field}` or `{field:TEXT}` (TEXT if the field is true)."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    show: ClassVar[str | None] = None

    def __init_subclass__(cls, *, show: str | None = None) -> None:
        super().__init_subclass__()
        cls.show = show
        dataclass(frozen=True)(cls)

    def __post_init__(self) -> None:
        if running():
            for name, sort in sorts_of(type(self)).items():
                conform(getattr(self, name), sort, f"{type(self).__name__}.{name}")

    def __str__(self) -> str:
        return record_text(self, type(self).show)


I = TypeVar("I", bound=Index)  # noqa: E741


@dataclass(frozen=True)
class Range(Generic[I]):
    """Consecutive elements of an ordered index sort: from `first` up to, not including, position `stop`."""

    first: I
    stop: int

    @property
    def empty(self) -> bool:
        """Whether nothing is in the range."""
        return self.stop <= self.first.position

    def __contains__(self, index: I) -> bool:
        return self.first.position <= index.position < self.stop

    def __str__(self) -> str:
        names = (*map(str, type(self.first)), "end")
        return f"[{self.first}, {names[self.stop]})"


def inclusive(first: I, last: I) -> Range[I]:
    """The elements from `first` to `last`, both included; ModelErrorRaised if `last` comes before `first`."""
    if last < first:
        raise ModelErrorRaised(f"inclusive({first}, {last}): the end comes before the start")
    return Range(first, last.position + 1)


def exclusive(first: I, stop: I) -> Range[I]:
    """The elements from `first` to the one before `stop`; empty if `stop` does not come after `first`."""
    return Range(first, max(first.position, stop.position))


def some(value: T | None) -> T:
    """The value of an optional; ModelErrorRaised on None."""
    if value is None:
        raise ModelErrorRaised("some(None)")
    return value
