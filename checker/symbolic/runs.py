"""What the ways to write down the runs of a bounded length have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import z3

from shootdown.model.ir.layout import State

from .instance import Template
from .relation import Relation
from .terms import Truth

Conditions = Sequence[tuple[int | None, Truth]]
"""Conditions on a state, each with the number of the move that it speaks of, if it does."""
Goal = Sequence[tuple[int | None, Template]]
"""The same, ready to be asked at any time."""


class Runs(Protocol):
    """The runs of at most `depth` steps, and perhaps others, as a formula that grows."""

    relation: Relation
    solver: z3.Solver
    depth: int
    newest: z3.BoolRef
    """Whether a run is one of those that the last `extend` added."""

    def goal(self, conditions: Conditions) -> Goal:
        """Conditions made ready."""

    def holds(self, goal: Goal) -> z3.BoolRef:
        """Whether one of the conditions holds in the last state."""

    def drop_shorter(self) -> None:
        """From now on only the newest runs."""

    def extend(self) -> bool:
        """Add the runs that are longer by one; False if no step can have come next."""

    def run(self, model: z3.ModelRef) -> tuple[list[State], list[tuple[int, int]]]:
        """The states of the run in a model, and between them the agents and steps taken."""
