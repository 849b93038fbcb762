"""The rules that need whole functions."""

from __future__ import annotations

from .declarations import Reader
from .model import Function, Model
from .purity import Purity


def functions(reader: Reader) -> list[Function]:
    """All functions of the model."""
    found: list[Function] = []
    for entity in reader.entities.values():
        if isinstance(entity, Function):
            found.append(entity)
        found += getattr(entity, "methods", {}).values()
    return found


def check(reader: Reader, model: Model) -> None:
    """Check all of them."""
    purity = Purity(model)
    for function in functions(reader):
        function.pure = purity.pure(function)
