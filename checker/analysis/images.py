"""Ways through steps that become others where elements are renamed.

Where one state stands for those that differ in what elements are called, a way that none of the looked-at states takes
may be the image of one that they do.
"""

from __future__ import annotations

from shootdown.model.ir.expr import Load, Local
from shootdown.model.ir.walk import subexpressions

from .independence import Independence
from .symmetry import Symmetry

RouteKey = tuple[int, int, int]
"""Agent, point, and position among the routes there."""


def with_images(tables: Independence, symmetry: Symmetry | None) -> frozenset[RouteKey]:
    """The routes of which some literal may have another value once interchangeable elements are renamed."""
    if symmetry is None or not symmetry.symmetric:
        return frozenset()
    sorts, symmetric = symmetry.sorts, set(symmetry.symmetric)
    renamed = {name for number in symmetric for name, _ in sorts.sorts[number].arrays}
    renamed |= {name for name, elements in sorts.arrays.items() if elements.sort in symmetric}
    found = set()
    for agent, points in enumerate(tables.routes):
        held = sorts.locals[tables.system.agents[agent].process]
        for point, routes in points.items():
            slots = {slot for slot, elements in held[point].items() if elements.sort in symmetric}
            for position, route in enumerate(routes):
                parts = subexpressions(*(tables.conditions[number].expr for number, _ in route.literals))
                if any(
                    part.array in renamed if isinstance(part, Load) else isinstance(part, Local) and part.slot in slots
                    for part in parts
                ):
                    found.add((agent, point, position))
    return frozenset(found)
