"""Evaluating something under all designs of a box at once: they part only where it reads what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from shootdown.model.ir.consult import ConsultingEvaluator

from .boxes import Box, Space, joined, values, without

T = TypeVar("T")


class Parting:
    """Runs one evaluator under the designs of a space."""

    def __init__(self, evaluator: ConsultingEvaluator, space: Space) -> None:
        self._evaluator = evaluator
        self._axes = space.axes
        self._positions = {axis.name: position for position, axis in enumerate(space.axes)}

    def parts(self, box: Box, evaluate: Callable[[], T]) -> Iterator[tuple[Box, T]]:
        """What an evaluation comes to for each design of a box: boxes that make it up, each with its outcome."""
        pending = [box]
        while pending:
            part = pending.pop()
            self._evaluator.settings.update(
                (axis.name, next(values(mask))) for axis, mask in zip(self._axes, part, strict=True)
            )
            self._evaluator.consulted.clear()
            outcome = evaluate()
            piece = self._alike(part)
            pending += without(part, piece)
            yield piece, outcome

    def _alike(self, box: Box) -> Box:
        """The designs of a box that agree with its first one on all that was read."""
        read = {self._positions[name] for name in self._evaluator.consulted if name in self._positions}
        return tuple(mask & -mask if axis in read else mask for axis, mask in enumerate(box))


def gather(boxes: dict[Box, int], new: Box, depth: int) -> None:
    """Add a box to others, made one with those with which it makes up a box; of depths the least is kept."""
    while True:
        beside = next((each for each in boxes if joined(each, new) is not None), None)
        if beside is None:
            boxes[new] = depth
            return
        depth = min(depth, boxes.pop(beside))
        new = joined(beside, new) or new
