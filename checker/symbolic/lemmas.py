"""Lemmas: that entries of the state do not have certain values at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shootdown.model.ir.system import System

from .labels import Labels
from .relation import Relation
from .terms import Term, Truth, as_formula, conjunction, disjunction, negation

Cube = tuple[tuple[int, frozenset[int]], ...]
"""Positions of the state, each with values: the states in which every one of them has one of its values."""


@dataclass(frozen=True)
class Lemma:
    """No reachable state lies in the cube."""

    cube: Cube

    @property
    def positions(self) -> frozenset[int]:
        """The entries that it speaks of."""
        return frozenset(position for position, _ in self.cube)


class Membership:
    """Formulas that say that a state lies in a lemma's cube, made once for each entry and set of values."""

    def __init__(self, relation: Relation) -> None:
        self._relation = relation
        self._now: dict[tuple[int, frozenset[int]], Truth] = {}
        self._after: dict[tuple[int, int, frozenset[int]], Truth] = {}
        self._writes = [frozenset(move.writes) for move in relation.moves]

    def now(self, lemma: Lemma) -> Truth:
        """Of the state."""
        return conjunction([self._here(position, values) for position, values in lemma.cube])

    def after(self, number: int, lemma: Lemma) -> Truth:
        """Of the state that a move leads to, given by its number."""
        return conjunction([self._there(number, position, values) for position, values in lemma.cube])

    def _here(self, position: int, values: frozenset[int]) -> Truth:
        key = position, values
        if key not in self._now:
            self._now[key] = _among(self._relation, position, values, self._relation.cells[position])
        return self._now[key]

    def _there(self, number: int, position: int, values: frozenset[int]) -> Truth:
        move = self._relation.moves[number]
        point = self._relation.layout.points[move.agent]
        if position not in self._writes[number]:
            return int(move.step.source in values) if position == point else self._here(position, values)
        key = number, position, values
        if key not in self._after:
            self._after[key] = _among(self._relation, position, values, move.effect.cells[position])
        return self._after[key]


def _among(relation: Relation, position: int, values: frozenset[int], term: Term) -> Truth:
    """Whether a term has one of the values, as few comparisons as may be."""
    if isinstance(term, int):
        return int(term in values)
    variable = relation.variables[position]
    others = frozenset(range(variable.lo, variable.hi + 1)) - values
    runs, gaps = _runs(values), _runs(others)
    if len(gaps) < len(runs):
        return negation(disjunction([_between(relation, term, *run) for run in gaps]))
    return disjunction([_between(relation, term, *run) for run in runs])


def _between(relation: Relation, term: Term, lo: int, hi: int) -> Truth:
    if lo == hi:
        return relation.terms.equal(term, lo)
    wide = relation.terms.bits(term)
    return as_formula(conjunction([wide >= lo, wide <= hi]))


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    """The values as intervals, both ends inclusive."""
    runs: list[tuple[int, int]] = []
    for value in sorted(values):
        if runs and runs[-1][1] == value - 1:
            runs[-1] = runs[-1][0], value
        else:
            runs.append((value, value))
    return runs


class Wording:
    """Tells lemmas of a system in the names of its model."""

    def __init__(self, system: System, relation: Relation) -> None:
        self._labels = Labels(system)
        self._relation = relation
        self._points = frozenset(relation.layout.points)

    def text(self, lemma: Lemma) -> str:
        """The lemma as an implication: where agents stand and what cells hold, then what the last entry must be."""
        parts = sorted(lemma.cube, key=lambda part: (part[0] not in self._points, part[0]))
        *premises, (position, values) = parts
        variable = self._relation.variables[position]
        allowed = [value for value in range(variable.lo, variable.hi + 1) if value not in values]
        if position in self._points:
            variable = self._relation.variables[position]
            conclusion = self._standing(position, frozenset(range(variable.hi + 1)) - values)
        else:
            conclusion = self._among(position, allowed) if allowed else "never"
        if not premises:
            return conclusion
        return " and ".join(self._among(*premise) for premise in premises) + f" => {conclusion}"

    def _standing(self, position: int, values: frozenset[int]) -> str:
        """Where an agent stands: at some points, or not at the others, whichever is shorter."""
        variable = self._relation.variables[position]
        agent = variable.name.removesuffix(".at")
        others = frozenset(range(variable.hi + 1)) - values

        def label(value: int) -> str:
            return self._labels.text(position, value)

        at, off = _stretches(label, values), _stretches(label, others)
        where, names = ("at", at) if len(at) <= len(off) or not off else ("not at", off)
        if not names:
            return f"{agent} nowhere"
        return f"{agent} {where} {names[0] if len(names) == 1 else '{' + ', '.join(names) + '}'}"

    def _among(self, position: int, values: Iterable[int]) -> str:
        name = self._relation.variables[position].name
        if position in self._points:
            return self._standing(position, frozenset(values))
        labels = [self._labels.text(position, value) for value in sorted(values)]
        if labels == ["True"]:
            return name
        if labels == ["False"]:
            return f"not {name}"
        return f"{name} = {labels[0]}" if len(labels) == 1 else f"{name} in {{{', '.join(labels)}}}"


def _stretches(labels: Callable[[int], str], values: frozenset[int]) -> list[str]:
    """The points in program order, a stretch of several by its first and last."""
    return [labels(lo) if lo == hi else f"{labels(lo)} .. {labels(hi)}" for lo, hi in _runs(values)]
