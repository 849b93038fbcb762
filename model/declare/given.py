"""Values as a scenario writes them, turned into values of a sort."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

from .cells import Address
from .run import current
from .shown import text
from .sizes import members
from .sorts import Index


def value_of(sort: Any, written: object) -> object:
    """The value of a sort that a scenario writes as a name, a number, a truth or None; LookupError if there is none."""
    origin = get_origin(sort)
    if origin is Union or origin is types.UnionType:
        inner = next(arg for arg in get_args(sort) if arg is not types.NoneType)
        return None if written is None else value_of(inner, written)
    if origin is Annotated:
        return int(written) if isinstance(written, str) else written
    if sort is bool:
        return str(written).lower() == "true"
    if isinstance(sort, type) and issubclass(sort, Enum | Index):
        for value in members(sort):
            if text(value) == written:
                return value
    raise LookupError(f"{sort} has no value {written!r}")


def given_value(address: Address, sort: Any) -> object:
    """What the world of the current run states for a given place; LookupError if it says nothing."""
    state, member, *keys = address
    written = current().given[f"{state}.{member}"]
    if keys and isinstance(written, Mapping):
        written = written[" ".join(text(key) for key in keys)]
    return value_of(sort, written)


def is_given(address: Address) -> bool:
    """Whether the world of the current run states a given place."""
    state, member, *keys = address
    written = current().given.get(f"{state}.{member}", {} if keys else None)
    return not (keys and isinstance(written, Mapping)) or " ".join(text(key) for key in keys) in written
