"""Mechanisms that do harm: a design is safe, and with one more mechanism it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import z3

from shootdown.model.ir.system import Mechanism

from .boxes import Box, Design, Space, values
from .covering import Bits


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of a mechanism, both by position."""

    axis: int
    value: int


@dataclass(frozen=True, slots=True)
class Break:
    """`design` is safe; with `added` instead of `before` it is not.

    `broken` are choices that safe designs with `before` need, and that are not enough with `added`.
    """

    before: Choice
    added: Choice
    broken: tuple[Choice, ...]
    design: Design


def breaks(
    space: Space, safe: Sequence[Box], unsafe: Sequence[Box], preferred: Design, *, pairs: bool = True
) -> tuple[Break, ...]:
    """What is added in vain, and worse, each with the design nearest to the preferred one.

    `safe` and `unsafe` are the largest boxes of either kind. Of a mechanism that is on or off having it is the
    addition. Of several alternatives two are told if each of them is safe somewhere where the other is not. `pairs`:
    look for what an addition breaks, too.
    """
    logic = _Logic(space, safe, unsafe, preferred)
    single = {change: design for change in logic.changes() if (design := logic.broken(change)) is not None}
    found: list[Break] = []
    for (before, added), design in single.items():
        item = space.axes[added.axis]
        if not (added.value > before.value if _is_switch(item) else (added, before) in single):
            continue
        needed = [
            loss[0]
            for loss in (logic.changes() if pairs else ())
            if loss[0].axis != added.axis and _is_loss(space.axes[loss[0].axis], loss)
            if logic.broken((before, added), loss) is not None
        ]
        found.append(Break(before, added, tuple(dict.fromkeys(needed)), design))
    return tuple(found)


Change = tuple[Choice, Choice]
"""From one alternative of a mechanism to another one."""


def _is_switch(item: Mechanism) -> bool:
    return item.labels == ("False", "True")


def _is_loss(item: Mechanism, change: Change) -> bool:
    return not _is_switch(item) or change[0].value > change[1].value


@dataclass(frozen=True)
class _Logic:
    """Asks for designs whose neighbours are decided differently."""

    space: Space
    safe: Sequence[Box]
    unsafe: Sequence[Box]
    preferred: Design

    def changes(self) -> Iterator[Change]:
        """Changes that lead from outside into some unsafe box."""
        for axis, whole in enumerate(self.space.domain):
            for old in values(whole):
                for new in values(whole):
                    if any(box[axis] >> new & 1 and not box[axis] >> old & 1 for box in self.unsafe):
                        yield Choice(axis, old), Choice(axis, new)

    def broken(self, change: Change, loss: Change | None = None) -> Design | None:
        """The nearest safe design that is unsafe after the change, and, by itself, after the loss; None if none is.

        The two must have to do with each other: some third mechanism, or the one that is lost, has a part in both.
        """
        here = [change[0], *([loss[0]] if loss else [])]
        bits = Bits(self.space)
        bits.one_each()
        bits.solver.add(*(bits.rows[each.axis][each.value] for each in here))
        bits.solver.add(z3.Or([bits.inside(box) for box in self.safe]))
        harmed = self._led_into(change)
        if loss is None:
            bits.solver.add(z3.Or([self._reached(bits, box, change) for box in harmed]))
        else:
            cases = [
                z3.And(self._reached(bits, box, change), self._reached(bits, other, loss))
                for box in harmed
                for other in self._led_into(loss)
                if (self._restricted(box) - {change[0].axis}) & self._restricted(other)
            ]
            bits.solver.add(z3.Or([z3.BoolVal(False), *cases]))
        wish = list(self.preferred)
        for each in here:
            wish[each.axis] = each.value
        return bits.nearest(tuple(wish))

    def _led_into(self, change: Change) -> list[Box]:
        """The unsafe boxes that a change leads into."""
        old, new = change
        return [box for box in self.unsafe if box[new.axis] >> new.value & 1 and not box[old.axis] >> old.value & 1]

    def _restricted(self, box: Box) -> set[int]:
        return {axis for axis, (mask, whole) in enumerate(zip(box, self.space.domain, strict=True)) if mask != whole}

    def _reached(self, bits: Bits, box: Box, change: Change) -> z3.BoolRef:
        """Whether the design is in a box after the change."""
        axis = change[1].axis
        return bits.inside((*box[:axis], self.space.domain[axis], *box[axis + 1 :]))
