"""Sets of designs: for each mechanism the alternatives that it may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shootdown.model.ir.system import Mechanism

Design = tuple[int, ...]
"""The position of the alternative of each axis."""

Box = tuple[int, ...]
"""For each axis the mask of the alternatives that it may have: every combination of them is a design of the box."""


@dataclass(frozen=True, slots=True)
class Space:
    """The designs that are looked at: free mechanisms, and the alternatives that each may have at all (`domain`)."""

    axes: tuple[Mechanism, ...]
    domain: Box

    def index(self, name: str) -> int:
        """The position of the axis of that name; raises KeyError."""
        for position, axis in enumerate(self.axes):
            if axis.name == name:
                return position
        raise KeyError(name)

    @property
    def size(self) -> int:
        """Number of designs."""
        return count(self.domain)

    def settings(self, design: Design) -> dict[str, int]:
        """The alternatives of a design by the name of the mechanism."""
        return {axis.name: value for axis, value in zip(self.axes, design, strict=True)}

    def design(self, settings: Mapping[str, int]) -> Design:
        """The design with these alternatives, those of other mechanisms ignored."""
        return tuple(settings[axis.name] for axis in self.axes)

    def pinned(self, design: Design, names: Iterable[str]) -> Box:
        """The designs that agree with this one on the named axes."""
        fixed = set(names)
        return tuple(
            1 << value if axis.name in fixed else whole
            for axis, value, whole in zip(self.axes, design, self.domain, strict=True)
        )

    def named(self, box: Box) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The axes that a box restricts, with the alternatives that it leaves."""
        return tuple(
            (axis.name, tuple(values(mask)))
            for axis, mask, whole in zip(self.axes, box, self.domain, strict=True)
            if mask != whole
        )


def values(mask: int) -> Iterator[int]:
    """The alternatives of a mask."""
    return (value for value in range(mask.bit_length()) if mask >> value & 1)


def point(design: Design) -> Box:
    """The box of one design."""
    return tuple(1 << value for value in design)


def count(box: Box) -> int:
    """Number of designs in a box."""
    total = 1
    for mask in box:
        total *= mask.bit_count()
    return total


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes have a design in common."""
    return all(a & b for a, b in zip(one, other, strict=True))


def within(one: Box, other: Box) -> bool:
    """Whether every design of one box is in the other."""
    return not any(a & ~b for a, b in zip(one, other, strict=True))


def contains(box: Box, design: Design) -> bool:
    """Whether a design is in a box."""
    return all(mask >> value & 1 for mask, value in zip(box, design, strict=True))


def widened(box: Box, domain: Box, avoided: Iterable[Box], order: Iterable[int] | None = None) -> Box:
    """The box made as large as it gets within `domain` without meeting any of the avoided ones.

    Axes are freed in the given order; the whole axis if possible, else one alternative after the other.
    """
    others = [other for other in avoided if meet(other, domain)]
    for axis in range(len(box)) if order is None else order:
        for mask in (domain[axis], *(1 << value for value in values(domain[axis]))):
            wider = (*box[:axis], box[axis] | mask, *box[axis + 1 :])
            if wider != box and not any(meet(wider, other) for other in others):
                box = wider
    return box


def without(box: Box, cube: Box) -> Iterator[Box]:
    """Boxes that make up the designs of a box outside another."""
    if not meet(box, cube):
        yield box
        return
    for axis, mask in enumerate(cube):
        rest = box[axis] & ~mask
        if rest:
            yield (*box[:axis], rest, *box[axis + 1 :])
            box = (*box[:axis], box[axis] & mask, *box[axis + 1 :])


def joined(one: Box, other: Box) -> Box | None:
    """The box of exactly the designs of both; None if that is no box."""
    apart = sum(a != b for a, b in zip(one, other, strict=True))
    if apart <= 1:
        return tuple(a | b for a, b in zip(one, other, strict=True))
    if within(one, other):
        return other
    return one if within(other, one) else None
