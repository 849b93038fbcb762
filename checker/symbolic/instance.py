"""Formulas over the state at a time: copies of those over the relation's own constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import z3

Symbol: TypeAlias = "z3.BoolRef | z3.BitVecRef"


class Template:
    """A formula and the constants in it, found once, so that each copy replaces those only."""

    def __init__(self, formula: z3.BoolRef, known: Mapping[int, Symbol]) -> None:
        """`known` are the constants that a copy may replace, by their Z3 identity."""
        self.formula = formula
        self.symbols = _constants(formula, known)
        self.names = tuple(symbol.get_id() for symbol in self.symbols)
        """Their identities."""

    def copy(self, values: Mapping[int, z3.ExprRef]) -> z3.BoolRef:
        """The formula with its constants replaced, each by what stands under its identity."""
        if not self.symbols:
            return self.formula
        made = z3.substitute(self.formula, *zip(self.symbols, map(values.__getitem__, self.names), strict=True))
        assert isinstance(made, z3.BoolRef)
        return made


def identities(*groups: Sequence[Symbol]) -> dict[int, Symbol]:
    """The constants by their Z3 identity."""
    return {symbol.get_id(): symbol for group in groups for symbol in group}


def _constants(formula: z3.ExprRef, known: Mapping[int, Symbol]) -> tuple[Symbol, ...]:
    found: dict[int, Symbol] = {}
    seen: set[int] = set()
    pending = [formula]
    while pending:
        part = pending.pop()
        name = part.get_id()
        if name in seen:
            continue
        seen.add(name)
        if name in known:
            found[name] = known[name]
        else:
            pending.extend(part.children())
    return tuple(found.values())
