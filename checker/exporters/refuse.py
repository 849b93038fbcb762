"""What a language cannot express, refused before anything is written."""

from __future__ import annotations

from collections.abc import Sequence


class Inexpressible(ValueError):
    """Parts of a system that the other language has no words for: one line each, with its place."""

    def __init__(self, language: str, parts: Sequence[str]) -> None:
        super().__init__(f"cannot be written in {language}: " + "; ".join(parts))
        self.parts = tuple(parts)
