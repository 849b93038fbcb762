"""Ways through steps that become others where elements are renamed, and agents change places.

Where one state stands for those that differ in what elements are called, a way that none of the looked-at states takes
may be the image of one that they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shootdown.model.ir.expr import Expr, Load, Local
from shootdown.model.ir.walk import subexpressions

from .footprint import Route
from .independence import Independence
from .symmetry import Symmetry

RouteKey = tuple[int, int, int]
"""Agent, point, and position among the routes there."""

_Step = tuple[int, int, int]
"""The first of the agents that change places, point, and step."""
_Literals = frozenset[tuple[Expr, bool]]


def find_images(tables: Independence, symmetry: Symmetry | None) -> Mapping[RouteKey, tuple[RouteKey, ...]]:
    """For each route those that are met with it.

    These are the routes of the step, of all agents that may be in this one's place, but for those that ask for nothing
    that is renamed: where all these agents have one that asks the same, they are met together and with no other.
    """
    if symmetry is None or not symmetry.symmetric:
        return {}
    reading = _Reading(tables, symmetry)
    reading.read()
    return reading.images()


@dataclass
class _Reading:
    tables: Independence
    symmetry: Symmetry
    steps: dict[_Step, list[RouteKey]] = field(default_factory=dict)
    alike: dict[tuple[_Step, _Literals], list[RouteKey]] = field(default_factory=dict)
    """Routes of a step that ask the same, of nothing that is renamed."""

    def read(self) -> None:
        """Sort the routes."""
        for agent, points in enumerate(self.tables.routes):
            for point, routes in points.items():
                for position, route in enumerate(routes):
                    step = self.symmetry.orbits[agent], point, route.step
                    key = agent, point, position
                    self.steps.setdefault(step, []).append(key)
                    literals = frozenset((self.tables.conditions[number].expr, to) for number, to in route.literals)
                    if not self._renamed(agent, point, route):
                        self.alike.setdefault((step, literals), []).append(key)

    def images(self) -> Mapping[RouteKey, tuple[RouteKey, ...]]:
        """What is met with each route."""
        orbits = self.symmetry.orbits
        apart: dict[RouteKey, list[RouteKey]] = {}
        for ((orbit, _, _), _), keys in self.alike.items():
            if len({agent for agent, _, _ in keys}) == orbits.count(orbit):
                apart.update((key, keys) for key in keys)
        found = {}
        for keys in self.steps.values():
            renamed = [key for key in keys if key not in apart]
            for key in keys:
                met = dict.fromkeys((*renamed, *apart.get(key, ())))
                met.pop(key, None)
                if met:
                    found[key] = tuple(met)
        return found

    def _renamed(self, agent: int, point: int, route: Route) -> bool:
        """Whether some literal of a route reads what is renamed."""
        sorts, symmetric = self.symmetry.sorts, self.symmetry.symmetric
        held = sorts.locals[self.tables.system.agents[agent].process][point]
        for part in subexpressions(*(self.tables.conditions[number].expr for number, _ in route.literals)):
            if isinstance(part, Load):
                elements = sorts.arrays.get(part.array)
                indexed = any(name == part.array for sort in symmetric for name, _ in sorts.sorts[sort].arrays)
                if indexed or (elements is not None and elements.sort in symmetric):
                    return True
            elif isinstance(part, Local) and part.slot in held and held[part.slot].sort in symmetric:
                return True
        return False
