"""What a way through a step touches, as bits, and what it takes for an agent to go there."""

from __future__ import annotations

from dataclasses import dataclass, field

from shootdown.model.ir.expr import Expr
from shootdown.model.ir.stmt import Block


@dataclass(frozen=True, slots=True)
class Footprint:
    """Cells and locals as bits, by their position in the state: read, written, and set to anything but zero."""

    reads: int = 0
    writes: int = 0
    stores: int = 0

    def __or__(self, other: Footprint) -> Footprint:
        """What either touches."""
        return Footprint(self.reads | other.reads, self.writes | other.writes, self.stores | other.stores)

    def disturbs(self, other: Footprint) -> int:
        """The cells in which the two depend on each other."""
        both = self.writes & other.writes & (self.stores | other.stores)
        return self.writes & other.reads | self.reads & other.writes | both


NOTHING = Footprint()


@dataclass(frozen=True, slots=True)
class Route:
    """A way through a step (by number in its process) of an agent: taken only while its literals are true.

    A literal is a condition, by number, and a value.
    """

    literals: tuple[tuple[int, bool], ...]
    footprint: Footprint
    targets: tuple[int, ...]
    step: int = 0
    block: Block = field(default=(), compare=False, repr=False)
    """The statements on the way, as long as they are of use."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression over the state as an agent sees it, and what it reads."""

    agent: int
    expr: Expr
    reads: int
