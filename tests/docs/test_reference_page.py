"""docs/reference.md is what the command line and the kernel model declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass

import click
import pytest
from commands import ROOT
from generated import Row, shown, table

from shootdown.checker.cli.commands import cli
from shootdown.checker.cli.list import first_sentence
from shootdown.checker.scenario.models import kernel_library
from shootdown.model.language.model import Function, Parameter, Role
from shootdown.model.language.sorts import IndexSort, NoneSort, Sort, title
from shootdown.model.language.tree import Nth, Pick, SetDomain

PAGE = ROOT / "docs" / "reference.md"


def commands() -> str:
    """A section for each command."""
    text = ""
    for name in cli.list_commands(_context(cli)):
        command = cli.get_command(_context(cli), name)
        assert command is not None
        arguments = [
            item.make_metavar(_context(command)) for item in command.params if isinstance(item, click.Argument)
        ]
        text += f"\n### shootdown {' '.join([name, *arguments])}\n\n{_paragraphs(command.help or '')}\n\n"
        options = [item for item in command.params if isinstance(item, click.Option) and not item.hidden]
        text += table(("option", ""), (_option(command, option) for option in options)) if options else ""
    return text + "\n"


def _context(command: click.Command) -> click.Context:
    return click.Context(command)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.replace("\b", "").strip().split("\n\n"))


def _option(command: click.Command, option: click.Option) -> Row:
    record = option.get_help_record(_context(command))
    assert record is not None
    names, help = record
    return f"`{names}`", help


def lines() -> Iterator[Row]:
    """Litmus form, sorts, further parameters, meaning."""
    for operation in sorted(kernel_library().model.operations.values(), key=lambda item: item.litmus or ""):
        if operation.litmus is None or operation.role is Role.HARDWARE:
            continue
        inside = [item for item in operation.values if f"{{{item.name}}}" in operation.litmus]
        outside = [item for item in operation.values if item not in inside]
        yield (
            f"`{operation.litmus}`",
            _parameters(inside),
            _parameters(outside),
            first_sentence(operation.docstring),
        )


def _parameters(parameters: list[Parameter]) -> str:
    return ", ".join(f"{item.name}: {title(item.sort)}" for item in parameters)


def units() -> Iterator[Row]:
    """Unit, whose, its operations, meaning."""
    for operation in kernel_library().model.operations.values():
        options = operation.options
        if options.unit is not None:
            whose = options.per.name if options.per else f"device `{options.device}`" if options.device else "the world"
            owed = "owed" if options.owed else ""
            name = f"`{operation.litmus or operation.name}`"
            yield options.unit, whose, name, owed, first_sentence(operation.docstring)


MANY_LINES = 8
"""Lines of which there are more are not listed: the sort is needed everywhere."""


def sorts() -> Iterator[Row]:
    """Index sort, what one is, the device types and the lines that cannot do without it."""
    model = kernel_library().model
    for name, declared in model.sorts.items():
        if isinstance(declared.sort, IndexSort):
            types = [f"`{device}`" for device in model.device_types if name in _picked(_code_of(device))]
            lines = [
                f"`{each.litmus}`"
                for each in sorted(model.operations.values(), key=lambda item: item.litmus or "")
                if each.litmus is not None
                and each.role is not Role.HARDWARE
                and (name in _picked([each]) or any(item.sort == declared.sort for item in each.values))
            ]
            needs = lines if len(lines) <= MANY_LINES else [f"{len(lines)} lines"]
            yield f"`{name}`", first_sentence(declared.docstring), ", ".join(types), ", ".join(needs)


def _code_of(device: str) -> list[Function]:
    """What fills the slots of a device type, and the hardware operations that are for it."""
    model = kernel_library().model
    mine = [each for each in model.operations.values() if each.role is Role.HARDWARE and each.options.device == device]
    return [*model.device_types[device].fills.values(), *mine]


def _picked(functions: Iterable[Function]) -> set[str]:
    """The index sorts of which these functions, or those that they call, take an element that nobody gave them."""
    picked: set[str] = set()
    seen: set[str] = set()
    pending: list[object] = [item for function in functions for item in (function, function.body)]
    while pending:
        item = pending.pop()
        if isinstance(item, tuple):
            pending += item
        elif isinstance(item, Function):
            if item.name not in seen and item.role is not Role.SLOT:
                seen.add(item.name)
                pending.append(item.body)
        elif is_dataclass(item) and not isinstance(item, Sort):
            if isinstance(item, Nth) and isinstance(item.of, IndexSort):
                picked.add(item.of.name)
            if isinstance(item, Pick):
                sort = item.domain.sort.element if isinstance(item.domain, SetDomain) else item.sort
                picked |= {sort.name} if isinstance(sort, IndexSort) else set()
            pending += [getattr(item, each.name) for each in fields(item)]
    return picked


def devices() -> Iterator[Row]:
    """Device type, the slots that it fills, what it needs."""
    for device in kernel_library().model.device_types.values():
        yield f"`{device.name}`", ", ".join(sorted(device.fills)), ", ".join(device.needs)


def slots() -> Iterator[Row]:
    """Slot, parameters, meaning."""
    for slot in kernel_library().model.slots.values():
        yield f"`{slot.name}`", _parameters(list(slot.values)), _result(slot), first_sentence(slot.docstring)


def _result(slot: Function) -> str:
    return "" if isinstance(slot.result, NoneSort) else title(slot.result)


def properties() -> Iterator[Row]:
    """Property, kind, meaning."""
    for item in sorted(kernel_library().model.properties.values(), key=lambda item: item.name):
        yield f"`{item.name}`", item.kind.value if item.kind else "", first_sentence(item.docstring)


def presets() -> tuple[Row, Iterator[Row]]:
    """A row for each mechanism, a column for each preset."""
    library = kernel_library()
    names = sorted(library.presets, key=lambda name: [int(part) for part in name.partition("-")[2].split(".")])
    rows = (
        (f"`{mechanism}`", *(_setting(library.presets[name].values[mechanism]) for name in names), item.evidence)
        for mechanism, item in library.model.mechanisms.items()
    )
    return ("mechanism", *names, "evidence"), rows


def _setting(value: str) -> str:
    return {"True": "yes", "False": "no"}.get(value, value.lower())


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "lines": lambda: table(("line", "sorts", "also", "meaning"), lines()),
    "units": lambda: table(("unit", "of each", "line", "", "meaning"), units()),
    "sorts": lambda: table(("sort", "one is", "device types that take one", "lines that take one"), sorts()),
    "devices": lambda: table(("type", "fills", "needs"), devices()),
    "slots": lambda: table(("slot", "parameters", "result", "meaning"), slots()),
    "properties": lambda: table(("property", "kind", "meaning"), properties()),
    "presets": lambda: table(*presets()),
}


@pytest.mark.parametrize("name", PARTS)
def test_the_page_is_what_the_code_says(name: str, request: pytest.FixtureRequest) -> None:
    made = PARTS[name]()

    assert shown(PAGE, name, made, request) == made
