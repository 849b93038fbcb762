"""The text of values as reports print them, and their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from enum import Enum
from typing import Any


def text(value: object) -> str:
    """The text of a value: the name of an element or enumeration member, `none`, or what a record's `show` says."""
    match value:
        case None:
            return "none"
        case Enum():
            return value.name
        case frozenset():
            return "{" + ", ".join(text(element) for element in ascending(value)) + "}"
        case tuple():
            return "[" + ", ".join(text(element) for element in value) + "]"
        case _:
            return str(value)


def record_text(record: Any, show: str | None) -> str:
    """The text of a record; runs of spaces fold."""
    values = {item.name: getattr(record, item.name) for item in fields(record)}
    if show is None:
        return f"{type(record).__name__}({', '.join(f'{name}={text(value)}' for name, value in values.items())})"
    pieces: list[str] = []
    rest = show
    while "{" in rest:
        literal, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        name, colon, flag = name.partition(":")
        pieces += [literal, (flag if values[name] is True else "") if colon else text(values[name])]
    return " ".join("".join([*pieces, rest]).split())


def ascending(values: Iterable[Any]) -> list[Any]:
    """Values of one sort in the order of that sort."""
    return sorted(values, key=_place)


def _place(value: Any) -> int:
    if isinstance(value, Enum):
        return list(type(value)).index(value)
    return int(getattr(value, "position", value))
