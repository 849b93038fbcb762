"""Where a scenario file says what it expects: lines, which the TOML reader does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_HEADER = re.compile(r"\s*\[(\[?)([^\[\]]+)\]")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")

Place = tuple[int | None, tuple[str, ...]]
"""The position of a variant (None: outside variants) and the path of a key in it."""


def expectation_lines(text: str, variant: int | None, properties: Iterable[str]) -> Mapping[str, int]:
    """The line, from 1, that says what is expected of each property.

    `variant` is the position of the variant, None for a file without variants. Where a variant expects nothing of its
    own, the file's lines count; in need the line where the variant begins, or the first.
    """
    places: dict[Place, int] = {}
    for place, number in _places(text):
        places.setdefault(place, number)
    scopes = [variant] if variant is not None and (variant, ("expect",)) in places else [variant, None]
    return {name: _line(places, scopes, name) for name in properties}


def _line(places: Mapping[Place, int], scopes: Iterable[int | None], name: str) -> int:
    for path in (("expect", name), ("expect",), ()):
        for scope in scopes:
            if (scope, path) in places:
                return places[scope, path]
    return 1


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Every key and header with every table above it, in the order of the file."""
    table: tuple[str, ...] = ()
    variant: int | None = None
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if found := _HEADER.match(line):
            table = tuple(_parts(found[2]))
            if found[1] and table == ("variant",):
                variant = 0 if variant is None else variant + 1
            yield from _above(table, variant, number)
        elif found := _KEY.match(line):
            yield from _above((*table, *_parts(found[1])), variant, number)
            quote = next((each for each in ('"""', "'''") if found[2].count(each) == 1), "")


def _above(path: tuple[str, ...], variant: int | None, number: int) -> Iterator[tuple[Place, int]]:
    inside = path[:1] == ("variant",)
    inner = path[1:] if inside else path
    for length in range(len(inner) + 1):
        if length or inside:
            yield (variant if inside else None, inner[:length]), number


def _parts(path: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(path)]
