"""Names of another language for the names of a system: readable, unique, none of its words."""

from __future__ import annotations

import re
from collections.abc import Collection


class Names:
    """Gives each thing its identifier, once."""

    def __init__(self, reserved: Collection[str]) -> None:
        self._taken = {word.casefold() for word in reserved}
        self._given: dict[tuple[str, ...], str] = {}

    def __call__(self, *parts: str) -> str:
        """The identifier of the thing that these parts name."""
        if parts not in self._given:
            plain = re.sub(r"\W+", "_", "_".join(parts)).strip("_")
            plain = plain if plain[:1].isalpha() else f"x{plain}"
            name, number = plain, 2
            while name.casefold() in self._taken:
                name, number = f"{plain}_{number}", number + 1
            self._taken.add(name.casefold())
            self._given[parts] = name
        return self._given[parts]


def comment(text: str) -> str:
    """Text on one line, in a comment or string of any of the languages."""
    return re.sub(r"[^\w .,:;()\[\]<>=!+*|&'-]+", " ", " ".join(text.split())).replace("*/", "* /").replace("--", "- -")


def words(text: str) -> frozenset[str]:
    """The words of a text: those that a language keeps for itself, and those of the helpers that are written."""
    return frozenset(text.split())
