"""Lemmas from the reachable states: of an unreachable one, few entries that no reachable one has together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from shootdown.model.ir.layout import State

from ..result import Reached
from .lemmas import Cube, Lemma


class Teacher:
    """Knows the reachable states as sets of bits, one for each value of each entry."""

    def __init__(self, reached: Reached, bounds: Sequence[tuple[int, int]], points: Collection[int]) -> None:
        self._all = (1 << reached.count) - 1
        self._points = frozenset(points)
        self._bounds = bounds
        self._bits: dict[tuple[int, int], int] = {}
        for position, column in enumerate(reached.columns):
            lo, hi = bounds[position]
            if lo < hi <= lo + 255:
                self._bits.update(_value_sets(position, column, lo))

    def ranges(self) -> list[Lemma]:
        """For each entry the values that it never has."""
        found = []
        for position, (lo, hi) in enumerate(self._bounds):
            never = frozenset(value for value in range(lo, hi + 1) if not self._has(position, value))
            if self._known(position) and never:
                found.append(Lemma(((position, never),)))
        return found

    def at_points(self) -> list[Lemma]:
        """For each agent and each value of another entry: where the agent never stands while the entry has it."""
        found = []
        for point in sorted(self._points):
            lo, hi = self._bounds[point]
            stands = [value for value in range(lo, hi + 1) if self._has(point, value)]
            for position, value in sorted(self._bits):
                if position == point or (position in self._points and position < point):
                    continue
                having = self._bits[position, value]
                never = frozenset(at for at in stands if not having & self._has(point, at))
                if never:
                    found.append(Lemma(tuple(sorted([(point, never), (position, frozenset((value,)))]))))
        return found

    def lemmas(self, state: State, near: Collection[int]) -> list[Lemma]:
        """Lemmas that exclude an unreachable state, each of few entries, those near to the matter first; none if the
        state is reachable. Each entry's values are then as many as may be."""
        every = [position for position in range(len(state)) if self._known(position)]
        first = self._chosen(state, [position for position in every if position in near]) or self._chosen(state, every)
        if first is None:
            return []
        found = {self._widened(state, first): None}
        for banned in first:
            other = self._chosen(state, [position for position in every if position != banned])
            if other is not None:
                found[self._widened(state, other)] = None
        return [Lemma(cube) for cube in found]

    def _chosen(self, state: State, candidates: Sequence[int]) -> list[int] | None:
        """Entries whose values no reachable state has together, found greedily, none of them needless."""
        left, chosen = self._all, list[int]()
        while left:
            best = min(
                candidates,
                key=lambda position: ((left & self._has(position, state[position])).bit_count(), position),
                default=None,
            )
            if best is None or left & self._has(best, state[best]) == left:
                return None
            chosen.append(best)
            left &= self._has(best, state[best])
        for position in list(chosen):
            rest = [other for other in chosen if other != position]
            if self._meet((other, (state[other],)) for other in rest) == 0:
                chosen = rest
        return chosen

    def _widened(self, state: State, chosen: Sequence[int]) -> Cube:
        """The cube with as many values as may be, of where agents stand last, so that those are named narrowly only
        where that is what matters."""
        cube = {position: frozenset((state[position],)) for position in chosen}
        for position in sorted(chosen, key=lambda position: position in self._points):
            rest = self._meet((other, values) for other, values in cube.items() if other != position)
            lo, hi = self._bounds[position]
            cube[position] = frozenset(value for value in range(lo, hi + 1) if not rest & self._has(position, value))
        return tuple(sorted(cube.items()))

    def _meet(self, parts: Iterable[tuple[int, Iterable[int]]]) -> int:
        """The reachable states in which each entry has one of its values."""
        left = self._all
        for position, values in parts:
            having = 0
            for value in values:
                having |= self._has(position, value)
            left &= having
        return left

    def _has(self, position: int, value: int) -> int:
        return self._bits.get((position, value), 0)

    def _known(self, position: int) -> bool:
        lo, hi = self._bounds[position]
        return lo < hi <= lo + 255


def _value_sets(position: int, column: Sequence[int], lo: int) -> dict[tuple[int, int], int]:
    """For each value the states that have it: state i is bit i from the top."""
    shifted = bytes(value - lo for value in column)
    found = {}
    for value in set(shifted):
        table = bytearray(b"0" * 256)
        table[value] = ord("1")
        found[position, value + lo] = int(shifted.translate(bytes(table)), 2)
    return found
