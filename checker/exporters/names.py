"""Names of another language for the names of a system: readable, unique, none of its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection


class Names:
    """Gives each thing its identifier, once. None begins with `never`, or is a reserved word in any case of letters."""

    def __init__(self, reserved: Collection[str], never: tuple[str, ...] = ()) -> None:
        self._taken = {word.casefold() for word in reserved}
        self._never = never
        self._given: dict[tuple[str, ...], str] = {}

    def __call__(self, *parts: str) -> str:
        """The identifier of the thing that these parts name."""
        if parts not in self._given:
            plain = self.plain("_".join(parts))
            plain = plain if plain[:1].isalpha() and not plain.startswith(self._never) else f"x{plain}"
            name, number = plain, 2
            while name.casefold() in self._taken:
                name, number = f"{plain}_{number}", number + 1
            self._taken.add(name.casefold())
            self._given[parts] = name
        return self._given[parts]

    def reserve(self, word: str) -> None:
        """Never give this name."""
        self._taken.add(word.casefold())

    def plain(self, text: str) -> str:
        """The text as an identifier, as far as that goes: letters of ASCII, the nearest where there is one."""
        letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        return re.sub(r"\W+", "_", letters).strip("_")


def comment(text: str) -> str:
    """Text on one line, in a comment or string of any of the languages."""
    return re.sub(r"[^\w .,:;()\[\]<>=!+*|&'-]+", " ", " ".join(text.split())).replace("*/", "* /").replace("--", "- -")


def words(text: str) -> frozenset[str]:
    """The words of a text: those that a language keeps for itself, and those of the helpers that are written."""
    return frozenset(re.findall(r"\w+", text))
