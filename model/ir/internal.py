"""The error that means a defect of the checker itself, not of a model."""

from __future__ import annotations


class InternalError(Exception):
    """Two parts of the checker disagree, or one broke its contract; the message names what to report."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}\nthis is a defect of shootdown: please report it with the scenario")
