"""Constant values: initial values of places and defaults of fields."""

from __future__ import annotations

from ...ir.expr import Const
from ..errors import Code
from .shapes import Mask, Option, Shape, bounds, coerce, within
from .world import Setting


def constant(setting: Setting, initial: object, shape: Shape, what: str) -> tuple[int, ...]:
    """The leaves of a constant expression in a shape; raises `ModelErrors` if it does not fit."""
    from .emit import Emit
    from .expressions import evaluate
    from .scope import EMPTY

    if initial is None:
        return tuple(0 if isinstance(shape, Option | Mask) else lo for lo, _ in bounds(shape))
    emit = Emit.scratch(setting)
    value = evaluate(emit, EMPTY, initial)  # type: ignore[arg-type]
    made = coerce(value, shape)
    if within(value, shape) != Const(1) or emit.out or not all(isinstance(leaf, Const) for leaf in made.leaves):
        message = f"the {what} does not fit in this world"
        raise setting.refusal(initial.where, message, "a constant within the bounds", Code.INITIAL)  # type: ignore[attr-defined]
    return tuple(leaf.value for leaf in made.leaves if isinstance(leaf, Const))
