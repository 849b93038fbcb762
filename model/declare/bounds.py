"""The sorts that declarations name, the bounds of integers, and whether a value fits.

Plain Python looks at bounds where a value enters a state or a record; the interpreter also where it enters a local,
a parameter or the result of a helper.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from .outcomes import ModelErrorRaised
from .run import current


@dataclass(frozen=True)
class Between:
    """The bounds of an integer, both inclusive."""

    lo: int
    hi: int


def sorts_of(owner: type[object]) -> Mapping[str, Any]:
    """The sorts of the members that a record, struct or state declares, in order."""
    known = current().sorts
    if owner not in known:
        hints = get_type_hints(owner, include_extras=True)
        known[owner] = {
            name: hints[name] for name in inspect.get_annotations(owner) if get_origin(hints[name]) is not ClassVar
        }
    return known[owner]


def conform(value: object, sort: Any, where: str) -> None:
    """ModelErrorRaised if an integer in `value` is out of bounds; TypeError if `value` is not of the sort at all."""
    origin = get_origin(sort)
    if origin is Annotated:
        _bounded(value, get_args(sort)[1], where)
    elif origin is Union or origin is types.UnionType:
        if value is not None:
            conform(value, next(arg for arg in get_args(sort) if arg is not types.NoneType), where)
    elif not isinstance(value, origin or sort):
        raise TypeError(f"{where}: expected {sort} but got {value!r}")
    elif isinstance(value, frozenset):
        for element in value:
            conform(element, get_args(sort)[0], where)


def _bounded(value: object, bounds: Between, where: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{where}: expected an integer but got {value!r}")
    if not int(bounds.lo) <= value <= int(bounds.hi):
        raise ModelErrorRaised(f"{where}: {value} is not between {int(bounds.lo)} and {int(bounds.hi)}")
