"""How values made of scalars look to a reader: the shape of a source-level value and the text it prints as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScalarView:
    """One integer, from `lo`; `labels` (if any) names the values in order."""

    lo: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionView:
    """An optional.

    Of a scalar: one leaf, 0 is None, else value - lo + 1. Of anything else: a presence leaf, then the inner leaves.
    """

    inner: View


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record or struct: leaves of the fields in order.

    `show` is the text, with `{field}` for a field's text and `{field:TEXT}` for TEXT if the field is true; runs of
    spaces fold. Without it `Name(field=..., ...)`.
    """

    name: str
    fields: tuple[tuple[str, View], ...]
    show: str | None = None


@dataclass(frozen=True, slots=True)
class SetView:
    """A set: one leaf, a mask over the values of `element`."""

    element: ScalarView


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue: a length leaf, then `capacity` times the leaves of an element, head first."""

    element: View
    capacity: int


View = ScalarView | OptionView | RecordView | SetView | QueueView


@dataclass(frozen=True, slots=True)
class Variable:
    """A shared variable as its author declared it.

    `keys` are the labels of each key sort (none for a single cell). `leaves` are the names of the arrays that hold
    it, in the order of the view's leaves; a leaf array
    has the dimensions of `keys`, except that the leaves of queue elements have one more, the place in the queue; they
    come once in `leaves`.
    `show` is the text of one changed cell in diagrams: `{0}`, `{1}` are the keys, `{value}` the value; None: not
    shown there.
    """

    name: str
    owner: str
    keys: tuple[tuple[str, ...], ...]
    view: View
    leaves: tuple[str, ...]
    show: str | None = None
    ghost: bool = False


def width(view: View) -> int:
    """Number of leaf arrays of a value of this shape (a queue's element leaves count once)."""
    match view:
        case ScalarView() | SetView():
            return 1
        case OptionView(inner):
            return 1 if isinstance(inner, ScalarView) else 1 + width(inner)
        case RecordView(_, fields):
            return sum(width(inner) for _, inner in fields)
        case QueueView(element):
            return 1 + width(element)


def text(view: View, leaves: Sequence[int | Sequence[int]]) -> str:
    """The text of the value whose leaves are given; a queue's element leaves are sequences, one item a place."""
    return _text(view, iter(leaves))


def _text(view: View, leaves: Iterator[int | Sequence[int]]) -> str:
    match view:
        case ScalarView():
            return _scalar(view, _int(next(leaves)))
        case OptionView(inner):
            return _optional(inner, leaves)
        case RecordView():
            return _record(view, leaves)
        case SetView(element):
            mask = _int(next(leaves))
            members = [_scalar(element, element.lo + bit) for bit in range(mask.bit_length()) if mask >> bit & 1]
            return "{" + ", ".join(members) + "}"
        case QueueView(element):
            length = _int(next(leaves))
            columns = [next(leaves) for _ in range(width(element))]
            rows = [[_item(column, place) for column in columns] for place in range(length)]
            return "[" + ", ".join(text(element, row) for row in rows) + "]"


def _scalar(view: ScalarView, value: int) -> str:
    position = value - view.lo
    return view.labels[position] if 0 <= position < len(view.labels) else str(value)


def _optional(inner: View, leaves: Iterator[int | Sequence[int]]) -> str:
    first = _int(next(leaves))
    if isinstance(inner, ScalarView):
        return "none" if first == 0 else _scalar(inner, inner.lo + first - 1)
    shown = _text(inner, leaves)
    return shown if first else "none"


def _record(view: RecordView, leaves: Iterator[int | Sequence[int]]) -> str:
    texts = {name: _text(inner, leaves) for name, inner in view.fields}
    if view.show is None:
        return f"{view.name}({', '.join(f'{name}={shown}' for name, shown in texts.items())})"
    pieces: list[str] = []
    rest = view.show
    while "{" in rest:
        literal, _, rest = rest.partition("{")
        field, _, rest = rest.partition("}")
        name, colon, flag = field.partition(":")
        pieces += [literal, (flag if texts[name] == "True" else "") if colon else texts[name]]
    return " ".join("".join([*pieces, rest]).split())


def _int(leaf: int | Sequence[int]) -> int:
    assert isinstance(leaf, int)
    return leaf


def _item(column: int | Sequence[int], place: int) -> int:
    assert not isinstance(column, int)
    return column[place]
