"""Readable names for the entries of a state."""

from __future__ import annotations

from itertools import product

from shootdown.model.ir.system import Array, System


def position_names(system: System) -> tuple[str, ...]:
    """A name for each position of the state vector: `pte.frame[A,buf]`, `cpu0.at`, `cpu0.mm`; all distinct."""
    keys = {leaf: variable.keys for variable in system.variables for leaf in variable.leaves}
    names = [name for array in system.arrays for name in _cells(array, keys.get(array.name, ()))]
    for agent in system.agents:
        process = system.process(agent)
        names.append(f"{agent.name}.at")
        names += [f"{agent.name}.{local.name}" for local in process.locals]
    return tuple(_distinct(names))


def _cells(array: Array, keys: tuple[tuple[str, ...], ...]) -> list[str]:
    if not array.dims:
        return [array.name]
    labels = [
        keys[place] if place < len(keys) and len(keys[place]) == size else tuple(map(str, range(size)))
        for place, size in enumerate(array.dims)
    ]
    return [f"{array.name}[{','.join(row)}]" for row in product(*labels)]


def _distinct(names: list[str]) -> list[str]:
    """The names, those that came before with their position added."""
    seen: set[str] = set()
    found = []
    for position, name in enumerate(names):
        unique = name if name not in seen else f"{name}#{position}"
        seen.add(unique)
        found.append(unique)
    return found
