"""Mistakes of the checker itself. Those of users have errors of their own, where they are found."""

from __future__ import annotations


class InternalError(Exception):
    """The checker contradicts itself: whatever it said about this input is not to be believed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; this is a bug in the checker, please report it")
