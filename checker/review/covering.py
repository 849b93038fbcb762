"""Z3 as the keeper of sets of designs: what no box covers, and the largest boxes inside what some cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import z3

from .boxes import Box, Design, Space, point, values, widened

MOST_PRIMES = 200
"""Largest boxes that are listed."""


class Bits:
    """A truth for each alternative of each mechanism, in a solver of their own."""

    def __init__(self, space: Space, name: str = "") -> None:
        self.space = space
        self.solver = z3.Solver()
        self.rows = [[z3.Bool(f"{name}{axis.name}={label}") for label in axis.labels] for axis in space.axes]

    def inside(self, box: Box) -> z3.BoolRef:
        """Whether the design is in a box."""
        return z3.And(
            [z3.Or([row[value] for value in values(mask)]) for row, mask, _ in self._restricted(box)]
            or [z3.BoolVal(True)]
        )

    def outside(self, box: Box) -> z3.BoolRef:
        """Whether the design is in none of a box's."""
        return z3.Or([row[value] for row, mask, whole in self._restricted(box) for value in values(whole & ~mask)])

    def one_each(self) -> None:
        """Let the truths stand for one design: one alternative of each mechanism."""
        for row, mask in zip(self.rows, self.space.domain, strict=True):
            self.solver.add(z3.PbEq([(bit, 1) for bit in row], 1))
            self.solver.add(*(z3.Not(bit) for value, bit in enumerate(row) if not mask >> value & 1))

    def nearest(self, preferred: Design) -> Design | None:
        """The design that the solver permits and has the preferred alternative of the first axis if possible, then of
        the next, and so on; None if there is none. So the answer does not depend on how the solver searches."""
        if self.solver.check() != z3.sat:
            return None
        chosen: list[z3.BoolRef] = []
        design: list[int] = []
        for row, wish, mask in zip(self.rows, preferred, self.space.domain, strict=True):
            for value in (wish, *(value for value in values(mask) if value != wish)):
                if self.solver.check(*chosen, row[value]) == z3.sat:
                    chosen.append(row[value])
                    design.append(value)
                    break
        return tuple(design)

    def _restricted(self, box: Box) -> list[tuple[list[z3.BoolRef], int, int]]:
        rows = zip(self.rows, box, self.space.domain, strict=True)
        return [(row, mask, whole) for row, mask, whole in rows if mask != whole]


class Covering:
    """The designs of a space that none of the boxes added so far covers."""

    def __init__(self, space: Space, boxes: Iterable[Box] = ()) -> None:
        self._bits = Bits(space)
        self._bits.one_each()
        for box in boxes:
            self.add(box)

    def add(self, box: Box) -> None:
        """Take the designs of a box out."""
        self._bits.solver.add(self._bits.outside(box))

    def nearest(self, preferred: Design) -> Design | None:
        """The design that is left and agrees with the preferred one on the first axis if possible, and so on."""
        return self._bits.nearest(preferred)

    def left_in(self, box: Box) -> Design | None:
        """Some design of a box that is left; None if there is none."""
        bits = self._bits
        if bits.solver.check(bits.inside(box)) != z3.sat:
            return None
        model = bits.solver.model()
        return tuple(next(value for value, bit in enumerate(row) if z3.is_true(model[bit])) for row in bits.rows)


def primes(space: Space, boxes: Sequence[Box], most: int = MOST_PRIMES) -> tuple[tuple[Box, ...], bool]:
    """The largest boxes inside the union of some, fewest restrictions first, and whether these are all.

    They are the prime implicants of "the design is in one of the boxes", each mechanism being a variable.
    """
    if not boxes:
        return (), True
    covering, seeds, found = Covering(space, boxes), Bits(space), list[Box]()
    for row, mask in zip(seeds.rows, space.domain, strict=True):
        seeds.solver.add(z3.Or([row[value] for value in values(mask)]))
        seeds.solver.add(*(z3.Not(bit) for value, bit in enumerate(row) if not mask >> value & 1))
    while len(found) < most and seeds.solver.check() == z3.sat:
        model = seeds.solver.model()
        box = tuple(sum(1 << value for value, bit in enumerate(row) if z3.is_true(model[bit])) for row in seeds.rows)
        design = covering.left_in(box)
        if design is not None:
            seeds.solver.add(_misses(seeds, widened(point(design), space.domain, boxes)))
            continue
        found.append(_largest(space, covering, box))
        seeds.solver.add(seeds.outside(found[-1]))
    complete = len(found) < most or seeds.solver.check() != z3.sat
    return tuple(sorted(found, key=lambda box: (len(space.named(box)), tuple(-mask for mask in box)))), complete


def _misses(seeds: Bits, box: Box) -> z3.BoolRef:
    """That the box which the truths stand for has no design in common with this one."""
    return z3.Or(
        [
            z3.And([z3.Not(row[value]) for value in values(mask)])
            for row, mask, whole in zip(seeds.rows, box, seeds.space.domain, strict=True)
            if mask != whole
        ]
    )


def _largest(space: Space, covering: Covering, box: Box) -> Box:
    """A box that is covered, made as large as it gets."""
    for axis, whole in enumerate(space.domain):
        for value in values(whole & ~box[axis]):
            wider = (*box[:axis], box[axis] | 1 << value, *box[axis + 1 :])
            if covering.left_in(wider) is None:
                box = wider
    return box
