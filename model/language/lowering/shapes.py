"""Shapes: what a sort is in one world, as a number of integer leaves."""

from __future__ import annotations

from dataclasses import field

from ...ir.expr import Const, Expr, Operator
from ...ir.immutable import immutable
from ...ir.views import OptionView, RecordView, ScalarView, SetView, View
from .terms import add, conj, disj, op


@immutable
class Scalar:
    """One integer from `lo` to `hi`. `sort` is "bool", "int" or the name of the sort; `labels` names the values."""

    sort: str
    lo: int
    hi: int
    labels: tuple[str, ...] = field(default=(), compare=False)


@immutable
class Option:
    """An optional: of a scalar one leaf, else a presence leaf and the inner leaves."""

    inner: Shape


@immutable
class Rec:
    """A record; a range is one of first and stop."""

    name: str
    fields: tuple[tuple[str, Shape], ...]
    show: str | None = None


@immutable
class Mask:
    """A set; without `element` the empty set of any sort."""

    element: Scalar | None


@immutable
class Nil:
    """None alone: no leaf."""


Shape = Scalar | Option | Rec | Mask | Nil
TRUTH = Scalar("bool", 0, 1, ("False", "True"))
NIL = Nil()


@immutable
class Val:
    """A value: its shape and the expressions of its leaves. `types` are the device types that it may have."""

    shape: Shape
    leaves: tuple[Expr, ...]
    types: frozenset[str] | None = None

    @property
    def leaf(self) -> Expr:
        """The only leaf."""
        (leaf,) = self.leaves
        return leaf


def number(expr: Expr, lo: int, hi: int) -> Val:
    """An integer in an interval."""
    return Val(Scalar("int", lo, hi), (expr,))


def truth(expr: Expr) -> Val:
    """A truth."""
    return Val(TRUTH, (expr,))


def bounds(shape: Shape) -> tuple[tuple[int, int], ...]:
    """Lower and upper bound of each leaf."""
    match shape:
        case Scalar(_, lo, hi):
            return ((lo, max(lo, hi)),)  # of a sort without elements: the leaf of a value that is never there
        case Option(Scalar(_, lo, hi)):
            return ((0, hi - lo + 1),)
        case Option(inner):
            return ((0, 1), *bounds(inner))
        case Rec(_, fields):
            return tuple(pair for _, inner in fields for pair in bounds(inner))
        case Mask(element):
            return ((0, (1 << (element.hi - element.lo + 1)) - 1 if element else 0),)
        case Nil():
            return ()


def width(shape: Shape) -> int:
    """Number of leaves."""
    return len(bounds(shape))


def truths(shape: Shape) -> tuple[bool, ...]:
    """Whether each leaf is a truth."""
    match shape:
        case Scalar(sort):
            return (sort == "bool",)
        case Option(Scalar()) | Mask():
            return (False,)
        case Option(inner):
            return (True, *truths(inner))
        case Rec(_, fields):
            return tuple(truth for _, inner in fields for truth in truths(inner))
        case Nil():
            return ()


def suffixes(shape: Shape) -> tuple[str, ...]:
    """What the name of each leaf adds to the name of the variable."""
    match shape:
        case Scalar() | Mask() | Option(Scalar()):
            return ("",)
        case Option(inner):
            rest = suffixes(inner)
            own = ".present"
            while own in rest:  # a field of the record inside has this name
                own += "_"
            return (own, *rest)
        case Rec(_, fields):
            return tuple(f".{name}{suffix}" for name, inner in fields for suffix in suffixes(inner))
        case Nil():
            return ()


def view(shape: Shape) -> View:
    """How values of the shape look."""
    match shape:
        case Scalar(_, lo, _, labels):
            return ScalarView(lo, labels)
        case Option(inner):
            return OptionView(view(inner))
        case Rec(name, fields, show):
            return RecordView(name, tuple((label, view(inner)) for label, inner in fields), show)
        case Mask(element):
            return SetView(ScalarView(element.lo, element.labels) if element else ScalarView())
        case Nil():
            return OptionView(ScalarView())


def key(shape: Shape) -> str:
    """The name of the shape's view."""
    match shape:
        case Scalar(sort, lo):
            return sort if sort != "int" else f"int {lo}.."
        case Option(inner):
            return f"{key(inner)} | None"
        case Rec(name, fields):
            return f"Range[{key(fields[0][1])}]" if name == "Range" else name
        case Mask(element):
            return f"frozenset[{key(element) if element else ''}]"
        case Nil():
            return "None"


def union(left: Shape, right: Shape) -> Shape:
    """The least shape that holds the values of both."""
    match left, right:
        case Nil(), Nil():
            return NIL
        case Nil(), _:
            return right if isinstance(right, Option) else Option(right)
        case _, Nil():
            return left if isinstance(left, Option) else Option(left)
        case Option(a), Option(b):
            return Option(union(a, b))
        case Option(a), _:
            return Option(union(a, right))
        case _, Option(b):
            return Option(union(left, b))
        case Scalar(sort, lo, hi, labels), Scalar():
            return Scalar(sort, min(lo, right.lo), max(hi, right.hi), labels)
        case Mask(None), Mask():
            return right
        case Mask(Scalar() as a), Mask(Scalar() as b):
            joined = union(a, b)
            assert isinstance(joined, Scalar)
            return Mask(joined)
        case _:
            return left


def coerce(value: Val, shape: Shape) -> Val:
    """The same value in a shape that holds it; bounds are the caller's business."""
    if value.shape is shape:
        return value
    return Val(shape, _coerced(value.shape, value.leaves, shape), value.types)


def _coerced(old: Shape, leaves: tuple[Expr, ...], new: Shape) -> tuple[Expr, ...]:
    match old, new:
        case Nil(), Option():
            return tuple(Const(lo) for lo, _ in bounds(new))
        case Option(Scalar() as a), Option(Scalar() as b):
            if a.lo == b.lo:
                return leaves
            moved = add(leaves[0], a.lo - b.lo)
            return (op(Operator.ITE, op(Operator.EQ, leaves[0], Const(0)), Const(0), moved),)
        case Option(a), Option(b):
            return (leaves[0], *_coerced(a, leaves[1:], b))
        case _, Option(Scalar() as b):
            return (add(leaves[0], 1 - b.lo),)
        case _, Option(b):
            return (Const(1), *_coerced(old, leaves, b))
        case Mask(Scalar() as a), Mask(Scalar() as b) if a.lo != b.lo or a.hi != b.hi:
            return (_shifted(leaves[0], a, b),)
        case _:
            return leaves


def _shifted(mask: Expr, old: Scalar, new: Scalar) -> Expr:
    if old.lo == new.lo:
        return mask
    made: Expr = Const(0)
    for value in range(max(old.lo, new.lo), min(old.hi, new.hi) + 1):
        bit = op(Operator.BIT, mask, Const(value - old.lo))
        made = op(Operator.BITS_OR, made, op(Operator.ITE, bit, Const(1 << (value - new.lo)), Const(0)))
    return made


def unwrap(value: Val) -> Val:
    """The value of an optional that is not None."""
    match value.shape:
        case Option(Scalar("bool", 0, 1) as inner):
            return Val(inner, (op(Operator.EQ, value.leaf, Const(2)),), value.types)
        case Option(Scalar() as inner):
            return Val(inner, (add(value.leaf, inner.lo - 1),), value.types)
        case Option(inner):
            return Val(inner, value.leaves[1:])
        case _:
            return value


def is_none(value: Val) -> Expr:
    """Whether an optional is None."""
    match value.shape:
        case Option():
            return op(Operator.EQ, value.leaves[0], Const(0))
        case Nil():
            return Const(1)
        case _:
            return Const(0)


def equal(left: Val, right: Val) -> Expr:
    """Whether two values are equal."""
    if left.shape is not right.shape:
        shape = union(left.shape, right.shape)
        left, right = coerce(left, shape), coerce(right, shape)
    pairs = zip(left.leaves, right.leaves, strict=True)
    return conj(*(op(Operator.EQ, a, b) for a, b in pairs))


def within(value: Val, shape: Shape) -> Expr:
    """Whether every integer of a value is within the bounds of a shape that may be narrower."""
    return conj(*_within(value.shape, value.leaves, shape))


def _within(old: Shape, leaves: tuple[Expr, ...], new: Shape) -> list[Expr]:
    if old is new:
        return []
    match old, new:
        case Scalar(), Scalar():
            low = [] if new.lo <= old.lo else [op(Operator.LE, Const(new.lo), leaves[0])]
            return low if old.hi <= new.hi else [*low, op(Operator.LE, leaves[0], Const(new.hi))]
        case Option(a), Option(b):
            absent = op(Operator.EQ, leaves[0], Const(0))
            inner = (add(leaves[0], a.lo - 1),) if isinstance(a, Scalar) else leaves[1:]
            return [disj(absent, part) for part in _within(a, inner, b)]
        case Nil(), _:
            return []
        case _, Option(b):
            return _within(old, leaves, b)
        case Rec(_, fields), Rec(_, others):
            made: list[Expr] = []
            for (_, a), (_, b) in zip(fields, others, strict=True):
                count = width(a)
                made += _within(a, leaves[:count], b)
                leaves = leaves[count:]
            return made
        case Mask(Scalar() as a), Mask(Scalar() as b):
            outside = sum(1 << (v - a.lo) for v in range(a.lo, a.hi + 1) if not b.lo <= v <= b.hi)
            meet = op(Operator.BITS_AND, leaves[0], Const(outside))
            return [op(Operator.EQ, meet, Const(0))] if outside else []
        case _:
            return []


def field_of(value: Val, name: str) -> Val:
    """A field of a record."""
    assert isinstance(value.shape, Rec)
    at = 0
    for label, inner in value.shape.fields:
        count = width(inner)
        if label == name:
            return Val(inner, value.leaves[at : at + count])
        at += count
    raise KeyError(name)
