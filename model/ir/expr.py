"""Expressions: total functions of the state, the agent's parameters and the design; every value is an integer.

Truth is 0 or 1. An index is its position, from 0. An optional of a scalar is 0 for None and the value (less its lower
bound) plus 1 otherwise. A set is a bit mask. Partial operations of the language (None used as a value, index out of
range) are `Check` statements in front of the expression that needs them, so no expression can fail.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from .immutable import immutable
from .source import NOWHERE, Span


class Operator(Enum):
    """Operators; `OPERATORS` below gives arity and meaning."""

    NOT = "not"
    AND = "and"
    OR = "or"
    IMPLIES = "implies"
    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "div"
    MOD = "mod"
    MIN = "min"
    MAX = "max"
    ITE = "ite"
    BIT = "bit"
    BITS_OR = "bits-or"
    BITS_AND = "bits-and"
    BITS_MINUS = "bits-minus"
    SHIFT = "shift"
    COUNT = "count"

    # Members are singletons; the hash of Enum, by name, is a call of Python code in every look-up.
    __hash__ = object.__hash__


@immutable
class Const:
    """An integer."""

    value: int
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Load:
    """The cell of the shared variable `array` at `indices`, one per dimension; a scalar variable has none.

    Indices are in range: the lowering checks those that might not be.
    """

    array: str
    indices: tuple[Expr, ...] = ()
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Local:
    """Slot `slot` of the agent's locals (part of the state)."""

    slot: int
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Temp:
    """Scratch value `slot` of the running step; never read before it is written, gone when the step ends."""

    slot: int
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Param:
    """Parameter `slot` of the process: a constant of each agent."""

    slot: int
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Rigid:
    """The value of a mechanism: constant in a run."""

    mechanism: str
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Bound:
    """A variable bound by an enclosing `Fold`."""

    name: str
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Op:
    """An operator applied to arguments."""

    operator: Operator
    args: tuple[Expr, ...]
    where: Span = field(default=NOWHERE, compare=False, repr=False)


class FoldKind(Enum):
    """What a fold computes over its range."""

    ALL = "all"
    ANY = "any"
    SUM = "sum"


@immutable
class Fold:
    """`all`, `any` or the sum of `body` for `name` from `lo` to `hi`, both inclusive; empty if hi < lo.

    `labels` names the values for display. Different folds of one expression have different names; equal ones may recur.
    """

    kind: FoldKind
    name: str
    lo: int
    hi: int
    body: Expr
    labels: tuple[str, ...] = field(default=(), compare=False)
    where: Span = field(default=NOWHERE, compare=False, repr=False)


Expr = Const | Load | Local | Temp | Param | Rigid | Bound | Op | Fold

TRUE = Const(1)
FALSE = Const(0)


@immutable
class Signature:
    """One row of the operator table:

    number of arguments (0: any number), whether arguments and result are truths, meaning.
    """

    arity: int
    truths: bool
    result_truth: bool
    meaning: str


OPERATORS: dict[Operator, Signature] = {
    Operator.NOT: Signature(1, True, True, "1 - a"),
    Operator.AND: Signature(0, True, True, "1 if all are 1; of nothing: 1"),
    Operator.OR: Signature(0, True, True, "1 if any is 1; of nothing: 0"),
    Operator.IMPLIES: Signature(2, True, True, "1 if a is 0 or b is 1"),
    Operator.EQ: Signature(2, False, True, "a equals b"),
    Operator.NE: Signature(2, False, True, "a differs from b"),
    Operator.LT: Signature(2, False, True, "a less than b"),
    Operator.LE: Signature(2, False, True, "a less than or equal to b"),
    Operator.ADD: Signature(2, False, False, "a + b"),
    Operator.SUB: Signature(2, False, False, "a - b"),
    Operator.MUL: Signature(2, False, False, "a * b"),
    Operator.DIV: Signature(2, False, False, "floor of a / b; 0 if b is 0"),
    Operator.MOD: Signature(2, False, False, "a - b * floor(a / b); 0 if b is 0"),
    Operator.MIN: Signature(2, False, False, "the lesser"),
    Operator.MAX: Signature(2, False, False, "the greater"),
    Operator.ITE: Signature(3, False, False, "b if a is 1, else c; a is a truth"),
    Operator.BIT: Signature(2, False, True, "bit b of mask a; b from 0 to 30"),
    Operator.BITS_OR: Signature(2, False, False, "union of masks"),
    Operator.BITS_AND: Signature(2, False, False, "intersection of masks"),
    Operator.BITS_MINUS: Signature(2, False, False, "bits of a not in b"),
    Operator.SHIFT: Signature(1, False, False, "the mask with only bit a; a from 0 to 30"),
    Operator.COUNT: Signature(1, False, False, "number of bits set in mask a"),
}
