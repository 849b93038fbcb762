"""Which places of the model were exercised, as data for reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .analysis.marks import Kind, Mark


@dataclass(frozen=True, slots=True)
class Exercise:
    """The places that one scenario might exercise, and those that it does. `cut`: the limit that ended its search."""

    marks: frozenset[Mark]
    met: frozenset[Mark]
    cut: str | None = None


@dataclass(frozen=True)
class Coverage:
    """What a run exercises. `cut` names the scenarios whose search a limit has ended."""

    marks: frozenset[Mark]
    met: frozenset[Mark]
    cut: tuple[str, ...] = ()

    @property
    def missed(self) -> Sequence[Mark]:
        """The places that no scenario of the run exercises, in the order of files and lines."""
        return sorted(self.marks - self.met, key=_place)

    def counts(self, kind: Kind | None = None) -> tuple[int, int]:
        """How many places of a kind (None: of any) are exercised, and how many there are."""
        every = [mark for mark in self.marks if kind is None or mark.kind is kind]
        return sum(mark in self.met for mark in every), len(every)

    @property
    def percent(self) -> float:
        """The part of all places that is exercised, in percent."""
        met, every = self.counts()
        return 100.0 * met / every if every else 100.0


def together(exercises: Iterable[tuple[str, Exercise | None]]) -> Coverage:
    """What scenarios exercise together, each given by name; None for one of which it is not known."""
    marks: set[Mark] = set()
    met: set[Mark] = set()
    cut: list[str] = []
    for name, exercise in exercises:
        if exercise is not None:
            marks |= exercise.marks
            met |= exercise.met
            cut += [name] if exercise.cut else []
    return Coverage(frozenset(marks), frozenset(met), tuple(cut))


def _place(mark: Mark) -> tuple[str, int, int, int, str]:
    return mark.where.path, mark.where.line, list(Kind).index(mark.kind), mark.where.column, mark.what
