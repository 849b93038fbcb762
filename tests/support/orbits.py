"""All that a state becomes where interchangeable elements are renamed."""

from __future__ import annotations

from shootdown.checker.analysis.symmetry import Symmetry, exchanging
from shootdown.model.ir.layout import State


def orbit(symmetry: Symmetry, state: State) -> set[State]:
    """The state and its images."""
    found, pending = {state}, [state]
    while pending:
        one = pending.pop()
        for table in symmetry.tables:
            for first, *others in table.classes:
                for element in others:
                    image = table.renamed(one, exchanging(table.size, first, element))
                    pending += [] if image in found else [image]
                    found.add(image)
    return found
