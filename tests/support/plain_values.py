"""Values of the interpreter turned into values of plain Python: the initial state that a setup made."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from shootdown.model import Range, State, Struct, Table
from shootdown.model.declare.bounds import sorts_of
from shootdown.model.declare.cells import Address
from shootdown.model.declare.places import key_sorts
from shootdown.model.declare.sizes import members
from shootdown.model.ir.views import OptionView, QueueView, RecordView, ScalarView, SetView, View, width

Leaf = int | Sequence[int]


def sort_at(address: Address, states: Mapping[str, type[State]]) -> Any:
    """The sort of the cell or queue at an address."""
    owner, *rest = address
    sort: Any = states[str(owner)]
    while rest:
        if isinstance(sort, type) and issubclass(sort, Struct):
            sort = sorts_of(sort)[str(rest.pop(0))]
        else:
            assert get_origin(sort) is Table
            keys, sort = get_args(sort)
            del rest[: len(key_sorts(keys))]
    return sort


def value_at(sort: Any, view: View, leaves: Sequence[Leaf]) -> object:
    """The value of a sort that the leaves are."""
    return _value(sort, view, iter(leaves))


def _value(sort: Any, view: View, leaves: Iterator[Leaf]) -> object:
    match view:
        case ScalarView():
            return _scalar(sort, _int(next(leaves)))
        case OptionView(inner):
            return _optional(_inner(sort), inner, leaves)
        case RecordView(_, fields) if get_origin(sort) is Range:
            first, stop = (_int(next(leaves)) for _ in fields)
            return Range(members(get_args(sort)[0])[first], stop)
        case RecordView(_, fields):
            sorts = sorts_of(sort)
            return sort(**{name: _value(sorts[name], inner, leaves) for name, inner in fields})
        case SetView(element):
            mask, of = _int(next(leaves)), get_args(sort)[0]
            return frozenset(_scalar(of, element.lo + bit) for bit in range(mask.bit_length()) if mask >> bit & 1)
        case QueueView(element):
            return _queue(get_args(sort)[0], element, leaves)


def _optional(sort: Any, inner: View, leaves: Iterator[Leaf]) -> object:
    first = _int(next(leaves))
    if isinstance(inner, ScalarView):
        return None if first == 0 else _scalar(sort, inner.lo + first - 1)
    rest = [next(leaves) for _ in range(width(inner))]
    return value_at(sort, inner, rest) if first else None


def _queue(sort: Any, element: View, leaves: Iterator[Leaf]) -> tuple[object, ...]:
    length = _int(next(leaves))
    columns = [next(leaves) for _ in range(width(element))]
    rows = [[column[place] for column in columns if not isinstance(column, int)] for place in range(length)]
    return tuple(value_at(sort, element, row) for row in rows)


def _scalar(sort: Any, value: int) -> object:
    return value if get_origin(sort) is Annotated else members(sort)[value]


def _inner(sort: Any) -> Any:
    assert get_origin(sort) in (Union, types.UnionType)
    return next(arg for arg in get_args(sort) if arg is not types.NoneType)


def _int(leaf: Leaf) -> int:
    assert isinstance(leaf, int)
    return leaf
