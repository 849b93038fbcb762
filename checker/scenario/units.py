"""The hardware of a scenario: which units act, with which of their operations."""

from __future__ import annotations

from shootdown.model.language.model import Function, Model, Role
from shootdown.model.language.world import World

from .document import Scenario
from .problem import did_you_mean


def units_of(scenario: Scenario, model: Model, world: World) -> dict[str, tuple[str, ...]]:
    """The operations of each unit that acts: all of them for a unit that the scenario does not mention."""
    units = units_in(model, world)
    everywhere = {str(each.options.unit): None for each in model.operations.values() if each.role is Role.HARDWARE}
    for unit, listed in scenario.tables.hardware.items():
        if unit not in everywhere:
            hint = did_you_mean(unit, everywhere) or "; the model has none"
            raise scenario.error(f"hardware.{unit}", f"unknown unit '{unit}'{hint}")
        of_model = [each.name for each in model.operations.values() if each.options.unit == unit]
        for position, name in enumerate(listed):
            if name not in of_model:
                text = f"'{name}' is not an operation of '{unit}'{did_you_mean(name, of_model)}"
                raise scenario.error(f"hardware.{unit}[{position}]", text)
        if unit in units:
            units[unit] = tuple(name for name in units[unit] if name in listed)
    return {unit: names for unit, names in units.items() if names}


def units_in(model: Model, world: World) -> dict[str, tuple[str, ...]]:
    """The units that have an agent in this world, with all their operations."""
    units: dict[str, tuple[str, ...]] = {}
    for operation in model.operations.values():
        if operation.role is Role.HARDWARE and _stands_in(operation, world):
            unit = str(operation.options.unit)
            units[unit] = (*units.get(unit, ()), operation.name)
    return units


def owed_units(model: Model, world: World) -> dict[str, tuple[str, ...]]:
    """The units of this world that complete what is owed."""
    owed = {each.options.unit for each in model.operations.values() if each.options.owed}
    return {unit: names for unit, names in units_in(model, world).items() if unit in owed}


def _stands_in(operation: Function, world: World) -> bool:
    options = operation.options
    if options.device is not None:
        return options.device in world.devices.values()
    return options.per is None or bool(world.elements.get(options.per.name))
