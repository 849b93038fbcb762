"""States with elements of an index sort renamed, as terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shootdown.model.ir.expr import Operator

from ..analysis.element_types import Kind
from ..analysis.sorts import Elements
from ..analysis.symmetry import SortTable
from .terms import Term, Terms, Truth, as_truth

Renaming = tuple[int, ...]
"""The new position of each element."""


@dataclass(frozen=True)
class RenamedStates:
    """What a renaming does to states, and the agent whose place each takes; `sort` is that of the elements."""

    terms: Terms
    sort: int
    renaming: Renaming
    table: SortTable
    agents: tuple[int, ...]
    _known: dict[tuple[int, int, Kind], tuple[Term, Term | None, Term]] = field(default_factory=dict)
    """Values with their guards, and what they are renamed to: most steps leave most of them alone."""

    def arrays(self, cells: Sequence[Term]) -> list[Term]:
        """A state with the elements in shared variables renamed, and what belongs to them moved."""
        done = [*cells]
        for entry in self.table.entries:
            guard = None if entry.guard is None else cells[entry.guard]
            done[entry.at] = self._guarded(cells[entry.at], guard, entry.kind)
        return self.table.moved(done, self.renaming)

    def locals(
        self,
        into: list[Term],
        cells: Sequence[Term],
        held: Mapping[int, Elements],
        offsets: tuple[int, int],
        here: Truth,
    ) -> None:
        """Let an agent have the locals of another one (where each has its control point), with elements renamed."""
        source, target = offsets
        for slot, elements in held.items():
            if elements.sort == self.sort:
                at = source + 1 + slot
                guard = None if elements.guard is None else cells[source + 1 + int(elements.guard)]
                renamed = self._guarded(cells[at], guard, elements.kind)
                into[target + 1 + slot] = self.terms.choice(here, renamed, into[target + 1 + slot])

    def _guarded(self, value: Term, guard: Term | None, kind: Kind) -> Term:
        key = id(value), id(guard), kind
        if key not in self._known:
            renamed = self.value(value, kind)
            if guard is not None:
                renamed = self.terms.choice(self.terms.equal(guard, 0), value, renamed)
            # The terms stand beside the answer: an id is only unique while its object lives.
            self._known[key] = value, guard, renamed
        return self._known[key][2]

    def value(self, value: Term, kind: Kind) -> Term:
        """A value with the elements in it renamed."""
        terms = self.terms
        if kind is Kind.MASK:
            bits: Term = 0
            for element, to in enumerate(self.renaming):
                there = terms.operation(Operator.BIT, [value, element])
                bits = terms.operation(Operator.BITS_OR, [bits, terms.choice(as_truth(there), 1 << to, 0)])
            return bits
        shift = int(kind is Kind.OPTION)
        found = value
        for element, to in enumerate(self.renaming):
            if element != to:
                found = terms.choice(terms.equal(value, element + shift), to + shift, found)
        return found
