"""Moves ready to be asked about at any time: what each demands and does, as formulas to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shootdown.model.ir.walk import gotos

from .instance import Symbol, Template
from .relation import Move, Relation
from .terms import as_formula


@dataclass(frozen=True)
class Prepared:
    """One move. `through`: it is enabled. `sets`: for each entry that it may change that its next constant has the new
    value. `leads`: for each point that it may lead to that it does."""

    move: Move
    through: Template
    sets: Mapping[int, Template]
    leads: Mapping[int, Template]


def prepared(relation: Relation, next_: tuple[Symbol, ...], known: Mapping[int, Symbol]) -> tuple[Prepared, ...]:
    """Every move of a relation; `next_` are constants for the entries of the state behind it."""
    found = []
    for move in relation.moves:
        here = relation.layout.points[move.agent]
        cells = move.effect.cells
        changed = [
            position for position in move.writes if position != here and not relation.variables[position].constant
        ]
        found.append(
            Prepared(
                move,
                Template(as_formula(move.effect.through), known),
                {
                    position: Template(relation.becomes(position, next_[position], cells[position]), known)
                    for position in changed
                },
                {
                    target: Template(as_formula(relation.terms.equal(cells[here], target)), known)
                    for target in dict.fromkeys(goto.point for goto in gotos(move.step.block))
                },
            )
        )
    return tuple(found)
