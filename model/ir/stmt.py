"""Statements: what a step does, in order.

A block runs to a `Goto` on every path. `Wait` and `Choose(blocking=True)` come before any store to shared state on
their path, so a step that blocks has done nothing.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from .expr import Expr, Local, Temp
from .immutable import immutable
from .source import NOWHERE, Span


class Failure(Enum):
    """What a failed `Check` means."""

    MODEL_ERROR = "model error"
    WORLD_TOO_SMALL = "world too small"


@immutable
class Cell:
    """A cell of a shared variable, as the target of a store."""

    array: str
    indices: tuple[Expr, ...] = ()


Place = Cell | Local | Temp


@immutable
class Assign:
    """Store `value` in `target`; the lowering has checked that it is within the target's bounds."""

    target: Place
    value: Expr
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class If:
    """Run `then` if `cond` is 1, else `orelse`; then go on behind, unless a `Goto` ended the step."""

    cond: Expr
    then: Block
    orelse: Block = ()
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Wait:
    """The step is enabled only if `cond` is 1."""

    cond: Expr
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Choose:
    """Set `target` to a value from `lo` to `hi` (inclusive) for which `candidate` is 1; one transition for each such
    value.

    `candidate` is evaluated with the value already in `target`. Without a value: not enabled if `blocking`, else
    world too small, and
    `what` names what ran out. `labels` names the values, `name` the variable, for display.
    """

    target: Local | Temp
    lo: int
    hi: int
    candidate: Expr
    blocking: bool
    name: str = field(default="", compare=False)
    what: str = field(default="", compare=False)
    labels: tuple[str, ...] = field(default=(), compare=False)
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Check:
    """End the transition in `failure` if `cond` is 0."""

    cond: Expr
    failure: Failure
    message: str
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Assert:
    """If `cond` is 0 the transition violates the property `name`; execution goes on either way."""

    cond: Expr
    name: str
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Note:
    """Text for the diagram: literal parts and values with their labels, in order. No meaning otherwise.

    `line`: the text is the litmus line of the operation that the step starts.
    """

    parts: tuple[str | Shown, ...]
    line: bool = False
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class Shown:
    """A value inside a note: the leaf values in order, and the view that prints them."""

    leaves: tuple[Expr, ...]
    view: str
    """Key into `System.views`."""


@immutable
class Goto:
    """End the step at control point `point`."""

    point: int


Stmt = Assign | If | Wait | Choose | Check | Assert | Note | Goto
Block = tuple[Stmt, ...]
