"""The world of a scenario: elements of each sort, devices, given values."""

from __future__ import annotations

from collections.abc import Mapping

from shootdown.model.language.model import Model
from shootdown.model.language.sorts import IndexSort, TableSort
from shootdown.model.language.world import Value, World

from .document import Scenario
from .problem import did_you_mean

DEVICE = "Device"

Given = dict[str, Value | Mapping[str, Value]]


def world_of(scenario: Scenario, model: Model) -> World:
    """The world, with its names checked; a sort that the scenario leaves out has no elements."""
    tables = scenario.tables.world
    sorts = [name for name, declared in model.sorts.items() if isinstance(declared.sort, IndexSort)]
    elements: dict[str, tuple[str, ...]] = dict.fromkeys(sorts, ())
    for name, listed in tables.elements.items():
        if name not in elements:
            hint = did_you_mean(name, [*sorts, DEVICE, "given"])
            raise scenario.error(f"world.{name}", f"the model has no index sort '{name}'{hint}")
        elements[name] = counted(name, listed)
    for device, table in tables.devices.items():
        if table.type not in model.device_types:
            hint = did_you_mean(table.type, model.device_types) or "; the model has none"
            raise scenario.error(f"world.{DEVICE}.{device}.type", f"unknown device type '{table.type}'{hint}")
    if tables.devices or DEVICE in elements:
        elements[DEVICE] = tuple(tables.devices)
    devices = {name: table.type for name, table in tables.devices.items()}
    return World(elements, devices, _given(scenario, model))


def counted(sort: str, listed: int | tuple[str, ...]) -> tuple[str, ...]:
    """Names of elements; a number stands for the sort's name in lower case with positions: cpu0, cpu1."""
    return listed if isinstance(listed, tuple) else tuple(f"{sort.lower()}{position}" for position in range(listed))


def _given(scenario: Scenario, model: Model) -> Given:
    places = {
        f"{state.name}.{place.name}": place.sort
        for state in model.states.values()
        for place in state.fields
        if place.given
    }
    given: Given = {}
    for name, value in scenario.tables.world.given.items():
        given[_place(scenario, f"world.given.{name}", name, list(places))] = value
    per_device = [
        name for name, sort in places.items() if isinstance(sort, TableSort) and sort.keys == (IndexSort(DEVICE),)
    ]
    for device, table in scenario.tables.world.devices.items():
        for name, value in (table.__pydantic_extra__ or {}).items():
            place = _place(scenario, f"world.{DEVICE}.{device}.{name}", name, per_device)
            column = given.setdefault(place, {})
            given[place] = {**(column if isinstance(column, Mapping) else {}), device: value}
    return given


def _place(scenario: Scenario, key: str, name: str, places: list[str]) -> str:
    """The `State.place` of a name, which may stand without its state where that is enough."""
    fits = [place for place in places if name in (place, place.partition(".")[2])]
    if not fits:
        hint = did_you_mean(name, [place.partition(".")[2] for place in places]) or "; the model has none here"
        raise scenario.error(key, f"unknown given place '{name}'{hint}")
    if len(fits) > 1:
        raise scenario.error(key, f"'{name}' may be {' or '.join(fits)}: write the whole name")
    return fits[0]
