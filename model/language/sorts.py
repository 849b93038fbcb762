"""Sorts as a model declares them, before a world gives index sorts their sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tree import Expr


@dataclass(frozen=True, slots=True)
class BoolSort:
    """`bool`."""


@dataclass(frozen=True, slots=True)
class IntSort:
    """Integers from `lo` to `hi`, which are constant expressions; None: an expression of whatever interval."""

    lo: Expr | None = field(default=None, compare=False)
    hi: Expr | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class EnumSort:
    """An enumeration."""

    name: str
    members: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class IndexSort:
    """An index sort: one value for each element that the world lists."""

    name: str
    ordered: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class OptionSort:
    """`T | None`."""

    inner: ValueSort


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record or struct; `default` is its constant value, if it has one."""

    name: str
    sort: Sort
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class RecordSort:
    """A frozen record."""

    name: str
    fields: tuple[Field, ...] = field(default=(), compare=False, repr=False)
    show: str | None = field(default=None, compare=False, repr=False)

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((item for item in self.fields if item.name == name), None)


@dataclass(frozen=True, slots=True)
class SetSort:
    """`frozenset[T]`; without an element sort it is the empty set."""

    element: ValueSort | None


@dataclass(frozen=True, slots=True)
class RangeSort:
    """`Range[T]` over an ordered index."""

    index: IndexSort


@dataclass(frozen=True, slots=True)
class NoneSort:
    """The sort of `None`, and of helpers without a result."""


@dataclass(frozen=True, slots=True)
class TableSort:
    """`Table[K, V]`."""

    keys: tuple[ValueSort, ...]
    value: Sort


@dataclass(frozen=True, slots=True)
class QueueSort:
    """`Queue[T]`; `capacity` is a constant expression."""

    element: ValueSort
    capacity: Expr | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StructSort:
    """A struct: a place with fields and methods."""

    name: str
    fields: tuple[Field, ...] = field(default=(), compare=False, repr=False)

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((item for item in self.fields if item.name == name), None)


@dataclass(frozen=True, slots=True)
class StateSort:
    """A part of the state of the world."""

    name: str


ValueSort = BoolSort | IntSort | EnumSort | IndexSort | OptionSort | RecordSort | SetSort | RangeSort | NoneSort
Sort = ValueSort | TableSort | QueueSort | StructSort | StateSort

BOOL = BoolSort()
INT = IntSort()
NONE = NoneSort()


def is_value(sort: Sort) -> bool:
    """Whether locals, parameters and fields may have this sort."""
    return not isinstance(sort, TableSort | QueueSort | StructSort | StateSort)


def is_scalar(sort: Sort) -> bool:
    """Whether a value of this sort is one integer by itself."""
    return isinstance(sort, BoolSort | IntSort | EnumSort | IndexSort)


def title(sort: Sort) -> str:
    """The sort as messages print it."""
    match sort:
        case BoolSort():
            return "bool"
        case IntSort():
            return "int"
        case EnumSort(name) | IndexSort(name) | RecordSort(name) | StructSort(name) | StateSort(name):
            return name
        case OptionSort(inner):
            return f"{title(inner)} | None"
        case SetSort(element):
            return f"frozenset[{title(element)}]" if element is not None else "frozenset()"
        case RangeSort(index):
            return f"Range[{index.name}]"
        case NoneSort():
            return "None"
        case TableSort(keys, value):
            parts = ", ".join(title(key) for key in keys)
            return f"Table[{parts if len(keys) == 1 else f'tuple[{parts}]'}, {title(value)}]"
        case QueueSort(element=held):
            return f"Queue[{title(held)}]"


def named(sort: Sort) -> str:
    """The sort with its article."""
    text = title(sort)
    return f"{'an' if text[0] in 'aeiouAEIO' else 'a'} {text}"


def join(left: ValueSort, right: ValueSort) -> ValueSort | None:
    """The least sort that holds the values of both; None if there is none."""
    if left == right:
        return left
    if isinstance(left, NoneSort):
        return right if isinstance(right, OptionSort) else OptionSort(right)
    if isinstance(right, NoneSort):
        return left if isinstance(left, OptionSort) else OptionSort(left)
    if isinstance(left, SetSort) and isinstance(right, SetSort):
        if left.element is None:
            return right
        return left if right.element is None else None
    if isinstance(left, OptionSort) or isinstance(right, OptionSort):
        a = left.inner if isinstance(left, OptionSort) else left
        b = right.inner if isinstance(right, OptionSort) else right
        inner = join(a, b)
        return OptionSort(inner) if inner is not None else None
    return None


def fits(value: ValueSort, target: Sort) -> bool:
    """Whether a value of one sort may be stored where the other is declared (bounds of integers aside)."""
    return is_value(target) and join(value, target) == target  # type: ignore[arg-type]
