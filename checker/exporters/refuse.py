"""What a language cannot express, refused before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.model.ir.system import PropertyKind, System


class Inexpressible(ValueError):
    """Parts of a system that the other language has no words for: one line each, with its place."""

    def __init__(self, language: str, parts: Sequence[str]) -> None:
        super().__init__(f"cannot be written in {language}: " + "; ".join(parts))
        self.parts = tuple(parts)


def refuse_no_deadlock(system: System, language: str) -> None:
    """Raises Inexpressible if the system lists `no_deadlock`: none of the languages has our notion of it."""
    parts = [
        f"{prop.name} ({prop.where}): whether an agent is stuck is no property of single states"
        for prop in system.properties
        if prop.kind is PropertyKind.NO_DEADLOCK
    ]
    if parts:
        raise Inexpressible(language, parts)
