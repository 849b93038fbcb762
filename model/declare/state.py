"""What the agents of a world share."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from .cells import Cells
from .places import Struct, fill, struct_at

P = TypeVar("P", bound="State")


class State(Struct):
    """A part of what agents share. `ghost=True`: it records what was promised or seen, and influences nothing else."""

    ghost: ClassVar[bool] = False

    def __init_subclass__(cls, *, ghost: bool = False) -> None:
        super().__init_subclass__()
        cls.ghost = ghost

    def __getitem__(self, part: type[P]) -> P:
        return struct_at(self.cells, (part.__name__,), part)


def start(parts: tuple[type[State], ...]) -> Cells:
    """The cells of all parts of a world, with their initial values; there must be a current run."""
    cells = Cells()
    for part in parts:
        fill(cells, (part.__name__,), part, None)
    return cells
