"""Values: dataclasses with slots that nobody changes, cheap to make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: type[T]) -> type[T]:
    """A frozen dataclass to the type checker, which is all that keeps it from being changed.

    Systems have a hundred thousand such objects, and `frozen=True` would make each three times as slow to build: it
    sets every field through `object.__setattr__`.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
