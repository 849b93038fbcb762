"""Mechanisms: what a design has, or which of several ways it goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, Literal, TypeVar, cast

from .run import current
from .state import State

M = TypeVar("M", bound="bool | Enum")
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, eq=False)
class Mechanism(Generic[M]):
    """A dimension of the design, over `bool` or an enumeration; constant in a run.

    `since` and `commit` say when the kernel got it, `prevents` what goes wrong without it, `evidence` how it is known.
    """

    alternatives: type[M]
    meaning: str
    since: str = ""
    commit: str = ""
    prevents: str = ""
    evidence: Literal["read", "recalled", "inferred"] = "inferred"


def has(k: State, mechanism: Mechanism[bool]) -> bool:
    """Whether the design has the mechanism."""
    return bool(current().design[mechanism])


def way(k: State, mechanism: Mechanism[E]) -> E:
    """The alternative that the design takes."""
    return cast(E, current().design[mechanism])
