"""The agents of a scenario: their lines read by the operations' forms, what is left out bound by the agent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shootdown.model.language.model import Function, Model, Parameter, Role
from shootdown.model.language.sorts import IndexSort, Sort
from shootdown.model.language.world import AgentSpec, Line, Value, World

from .document import Scenario
from .litmus import Form, LineError, Slot, fits, read_line
from .problem import did_you_mean
from .schema import AgentTable
from .spelling import Spelling, SpellingError, spelling
from .worlds import DEVICE


@dataclass(frozen=True)
class Binder:
    """Who runs lines: `elements` are the index values that the runner stands for, by sort; `named`, by parameter."""

    name: str
    elements: Mapping[str, str]
    named: Mapping[str, Value] = field(default_factory=dict)

    def value(self, parameter: Parameter, world: World) -> Value | LineError:
        """What the runner gives a parameter that the line leaves out."""
        if parameter.name in self.named:
            return _bound(parameter, self.named[parameter.name], world)
        if isinstance(parameter.sort, IndexSort) and parameter.sort.name in self.elements:
            return self.elements[parameter.sort.name]
        return LineError(_nobody(parameter, world))


def _nobody(parameter: Parameter, world: World) -> str:
    if not isinstance(parameter.sort, IndexSort):
        return f"nothing says what '{parameter.name}' is: bind = {{ {parameter.name} = ... }}"
    sort, elements = parameter.sort.name, world.elements.get(parameter.sort.name, ())
    if not elements:
        return f"this world has no {sort}"
    name, first = parameter.name, elements[0]
    return f"nothing says which {sort} '{name}' is: name the agent '{first}', or bind = {{ {name} = '{first}' }}"


def agent_specs(scenario: Scenario, model: Model, world: World) -> tuple[AgentSpec, ...]:
    """Every agent with its lines as calls of operations."""
    specs = []
    for name, table in scenario.tables.agents.items():
        key = f"agents.{name}"
        binder = binder_of(name, table, world)
        operations = [each for each in model.operations.values() if each.role is Role.OPERATION]
        wildcard = table.any_ is not None
        lines = tuple(
            line_of(scenario, f"{key}.{'any' if wildcard else 'program'}[{position}]", text, operations, binder, world)
            for position, text in enumerate((table.any_ if wildcard else table.program) or ())
        )
        _all_used(scenario, f"{key}.bind", table, lines, model)
        budget = table.budget if isinstance(table.budget, int) else None
        specs.append(AgentSpec(name, lines, wildcard, budget, table.title))
    return tuple(specs)


def binder_of(name: str, table: AgentTable | None, world: World) -> Binder:
    """What an agent binds by its name and by its `bind` table."""
    elements = {sort: name for sort, names in world.elements.items() if name in names}
    return Binder(name, elements, table.bind if table else {})


def line_of(
    scenario: Scenario, key: str, text: str, operations: Sequence[Function], binder: Binder, world: World
) -> Line:
    """A line as the call of an operation; `*` only under `any`."""
    likely = [each for each in operations if _may_read(each, text)]
    known = _forms(likely, binder, world)
    if not any(form.matches(text) for form in known):
        # Nothing reads the line: all forms there are help to say why.
        known = _forms(operations, binder, world)
    by_name = {each.name: each for each in operations}
    try:
        form, values = read_line(text, known, wildcard=key.rpartition("[")[0].endswith(".any"))
        args: dict[str, object] = {}
        for parameter in by_name[form.operation].values:
            value = values[parameter.name] if parameter.name in values else binder.value(parameter, world)
            if isinstance(value, LineError):
                raise LineError(f"'{text}' by '{binder.name}': {value}")
            args[parameter.name] = value
    except LineError as error:
        raise scenario.error(key, str(error)) from None
    return Line(form.operation, args, text)


def _may_read(operation: Function, text: str) -> bool:
    """Whether a line looks like one of an operation, whoever runs it."""
    if operation.litmus is None:
        return text.split()[:1] == [operation.name]
    return fits(operation.litmus, text)


def _forms(operations: Iterable[Function], binder: Binder, world: World) -> list[Form]:
    return [form for each in operations if (form := form_of(each, binder, world))]


def form_of(operation: Function, binder: Binder, world: World) -> Form | None:
    """How lines of an operation read for this runner; None if it cannot run it.

    Without a litmus form it is the operation's name, then the parameters that the runner does not bind.
    """
    unbound = [each for each in operation.values if isinstance(binder.value(each, world), LineError)]
    text = operation.litmus
    if text is None:
        text = " ".join([operation.name, *(f"{{{each.name}}}" for each in unbound)])
    written = set(re.findall(r"\{(\w+)\}", text))
    slots: list[Slot] = []
    for parameter in operation.values:
        texts = _texts(operation, parameter.sort, world)
        if parameter.name in written:
            if texts is None:
                return None
            slots.append(Slot(parameter.name, texts))
        elif _is_device_of_another_type(operation, parameter, binder, world):
            return None
    return Form(operation.name, text, tuple(slots))


def _texts(operation: Function, sort: Sort, world: World) -> Spelling | None:
    texts = spelling(sort, world)
    if texts is None or sort != IndexSort(DEVICE) or operation.options.device is None:
        return texts
    fitting = {
        name: value for name, value in texts.texts.items() if world.devices.get(name) == operation.options.device
    }
    return Spelling(f"{DEVICE} of type {operation.options.device}", fitting)


def _is_device_of_another_type(operation: Function, parameter: Parameter, binder: Binder, world: World) -> bool:
    wanted = operation.options.device
    if wanted is None or parameter.sort != IndexSort(DEVICE):
        return False
    device = binder.value(parameter, world)
    return not isinstance(device, LineError) and world.devices.get(str(device)) != wanted


def _bound(parameter: Parameter, value: Value, world: World) -> Value | LineError:
    texts = spelling(parameter.sort, world)
    if texts is None:
        return LineError(f"'{parameter.name}' cannot be bound to a value of its sort")
    try:
        return texts.read(str(value))
    except SpellingError as error:
        return LineError(f"bind.{parameter.name}: {error}")


def _all_used(scenario: Scenario, key: str, table: AgentTable, lines: Sequence[Line], model: Model) -> None:
    parameters = {each.name for line in lines for each in model.operations[line.operation].values}
    for name in table.bind:
        if name not in parameters:
            hint = did_you_mean(name, parameters)
            raise scenario.error(f"{key}.{name}", f"no operation of this agent has a parameter '{name}'{hint}")
