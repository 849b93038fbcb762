"""A scenario with its model as a request to the language, and as a system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shootdown.model.ir.system import System
from shootdown.model.language import lower, unfold
from shootdown.model.language.errors import RequestError
from shootdown.model.language.model import Model
from shootdown.model.language.world import Request

from ..analysis.following import Facts
from ..analysis.reached import reached_part
from ..result import NO_DEADLOCK
from .agents import agent_specs
from .designs import resolve_design
from .document import Scenario
from .models import library
from .problem import ScenarioError, did_you_mean
from .setup import run_setup
from .units import units_of
from .worlds import world_of


@dataclass(frozen=True)
class Built:
    """A scenario ready to be searched: its model, what was asked of the language, and the system."""

    scenario: Scenario
    model: Model
    request: Request
    system: System
    facts: Facts | None = None
    """What is known of the system wherever a run may come; None: all steps are there, reached or not."""


def build(
    scenario: Scenario, *, properties: Sequence[str] | None = None, split: bool = False, reached: bool = False
) -> Built:
    """The system of a scenario, for the properties that it expects something of, or for those given.

    `reached`: steps that no run comes to, as far as constants tell, are left out; that saves most of the lowering.
    Raises ScenarioError, ModelErrors.
    """
    known = library(scenario)
    model = known.model
    wanted = _properties(scenario, model, properties)
    world = world_of(scenario, model)
    request = Request(
        name=scenario.name,
        world=world,
        design=resolve_design(scenario, model, known.presets),
        agents=agent_specs(scenario, model, world),
        hardware=units_of(scenario, model, world),
        properties=wanted,
        split=split,
    )
    if not request.agents and not request.hardware:
        raise scenario.error("agents", "nobody acts: the scenario has neither agents nor hardware")
    try:
        request = replace(request, initial=run_setup(scenario, model, request))
    except RequestError as error:
        raise _mistake(scenario, error) from None
    if not reached:
        return Built(scenario, model, request, lowered(scenario, model, request))
    try:
        return Built(scenario, model, request, *reached_part(unfold(model, request)))
    except RequestError as error:
        raise _mistake(scenario, error) from None


def lowered(scenario: Scenario, model: Model, request: Request) -> System:
    """The system of a scenario's request; raises ScenarioError where it does not fit the model."""
    try:
        return lower(model, request)
    except RequestError as error:
        raise _mistake(scenario, error) from None


def _mistake(scenario: Scenario, error: RequestError) -> ScenarioError:
    help = f"; {error.help}" if error.help else ""
    return scenario.error(_as_written(scenario, error.path), f"{error.message}{help}")


def _as_written(scenario: Scenario, path: str) -> str:
    """The key that the scenario wrote: values of places indexed by Device stand with their devices."""
    found = re.fullmatch(r"world\.given\.(?:\w+\.)?(\w+)\.(\S+)", path)
    table = scenario.tables.world.devices.get(found[2]) if found else None
    if found and table and found[1] in (table.__pydantic_extra__ or {}):
        return f"world.Device.{found[2]}.{found[1]}"
    return path


def _properties(scenario: Scenario, model: Model, given: Sequence[str] | None) -> tuple[str, ...]:
    names: Iterable[str] = scenario.tables.expect if given is None else given
    known = [*model.properties, NO_DEADLOCK]
    for name in names:
        if name not in known:
            key = f"expect.{name}" if given is None else ""
            raise scenario.error(key, f"unknown property '{name}'{did_you_mean(name, known)}")
    return tuple(dict.fromkeys(names))
