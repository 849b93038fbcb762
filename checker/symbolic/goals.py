"""What decides a property or ends a search, as formulas over the state that a run has reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import z3

from shootdown.model.ir.system import Property, PropertyKind, StepClass

from .instance import Template, identities
from .relation import Move, Relation
from .terms import Truth, conjunction, disjunction, negation

MOST_COMBINATIONS = 256
"""Combinations of choices that are tried to see whether a step is enabled; beyond, `at_end` is left undecided."""


class Undecidable(Exception):
    """The engine cannot decide this property; the message says why."""


def decided(relation: Relation, prop: Property) -> list[tuple[int | None, Truth]]:
    """When a state, or a move from it, decides a property: conditions, each with the number of the move.

    Raises `Undecidable`.
    """
    match prop.kind:
        case PropertyKind.ALWAYS:
            return [(None, negation(relation.truth(prop.expr)))]
        case PropertyKind.SOMETIMES:
            return [(None, relation.truth(prop.expr))]
        case PropertyKind.AT_END:
            return [(None, conjunction([_finished(relation), negation(relation.truth(prop.expr))]))]
        case PropertyKind.ASSERTION:
            return [
                (number, conjunction([relation.starts(move), negation(move.effect.blocked), false]))
                for number, move in enumerate(relation.moves)
                if (false := move.effect.violated.get(prop.name, 0)) is not None and not _never(false)
            ]
        case PropertyKind.NO_DEADLOCK:
            raise Undecidable("whether an agent is stuck takes the explicit engine")


def problems(relation: Relation) -> list[tuple[int | None, Truth]]:
    """When a move from a state ends in a model error or in a world that is too small."""
    return [
        (number, conjunction([relation.starts(move), move.effect.failed]))
        for number, move in enumerate(relation.moves)
        if not _never(move.effect.failed)
    ]


def _finished(relation: Relation) -> Truth:
    """Every program has finished and no progress step is enabled."""
    conditions = []
    for number, agent in enumerate(relation.system.agents):
        points = relation.system.process(agent).points
        conditions.append(relation.at(number, [at for at, point in enumerate(points) if point.final]))
    for move in relation.moves:
        point = relation.system.process(relation.system.agents[move.agent]).points[move.step.source]
        if point.final and move.step.kind is StepClass.PROGRESS:
            conditions.append(negation(conjunction([relation.starts(move), _enabled(relation, move)])))
    return conjunction(conditions)


def _enabled(relation: Relation, move: Move) -> Truth:
    """Whether a move is enabled, whatever it chooses."""
    ready = negation(move.effect.blocked)
    if isinstance(ready, int):
        return ready
    template = Template(ready, identities(relation.choices))
    if not template.symbols:
        return ready
    return disjunction([template.copy(values) for values in _combinations(template.symbols)])


def _combinations(symbols: Sequence[z3.BoolRef | z3.BitVecRef]) -> Iterator[dict[int, z3.ExprRef]]:
    sizes = [1 << symbol.size() for symbol in symbols if isinstance(symbol, z3.BitVecRef)]
    total = 1
    for size in sizes:
        total *= size
    if total > MOST_COMBINATIONS:
        raise Undecidable("a step that must not be enabled at the end makes too many choices")
    for row in product(*map(range, sizes)):
        yield {symbol.get_id(): z3.BitVecVal(value, symbol.sort()) for symbol, value in zip(symbols, row, strict=True)}


def _never(truth: Truth) -> bool:
    return isinstance(truth, int) and truth == 0
