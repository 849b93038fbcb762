"""What a scenario is made of: world, design, agents, and the steps that the lowering made of their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shootdown.model.ir.source import NOWHERE
from shootdown.model.ir.system import Process, Step, StepClass
from shootdown.model.language.world import Value

from ..scenario.models import library
from ..scenario.remedies import design_text, meaning
from ..scenario.request import Built
from ..scenario.schema import ExpectTable
from ..scenario.symmetry import asymmetry
from .columns import Line, Piece, Style, fold
from .evidence import weak_facts
from .table import table


def scenario_report(built: Built, *, width: int, mechanisms: bool = False) -> list[Line]:
    """The scenario as lines, what matters first; `mechanisms`: with all of them, not only those that it names."""
    scenario, tables = built.scenario, built.scenario.tables
    lines = fold((Piece(scenario.name, Style.HEAD), Piece(f": {tables.title}" if tables.title else "")), 0, width)
    lines += [(Piece(scenario.shown_path, Style.QUIET),)]
    lines += _section("world", _world(built), width)
    lines += _section("design", _design(built, mechanisms=mechanisms), width)
    lines += _section("facts", weak_facts(built), width)
    lines += _section("setup", tables.setup, width)
    lines += _section("agents", _agents(built), width)
    lines += _section("expected", [_expected(name, wish) for name, wish in tables.expect.items()], width)
    why = [" ".join(paragraph.split()) for paragraph in tables.argument.split("\n\n") if paragraph.strip()]
    why += [f"source: {', '.join(tables.source)}"] if tables.source else []
    lines += _section("why", why, width)
    lines += _section("symmetry", _symmetry(built), width)
    for process in built.system.processes:
        lines += _process(built, process)
    return lines


def _expected(name: str, wish: ExpectTable) -> str:
    pinned = {"by": wish.agent, "at step": wish.step, "at depth": wish.depth}
    return " ".join([f"{name}: {wish.verdict}", *(f"{word} {at}" for word, at in pinned.items() if at is not None)])


def _section(head: str, texts: list[str], width: int) -> list[Line]:
    lines: list[Line] = [(), (Piece(head, Style.HEAD),)] if texts else []
    for text in texts:
        lines += fold((Piece(text),), 2, width)
    return lines


def _world(built: Built) -> list[str]:
    world = built.request.world
    texts = []
    for sort, elements in world.elements.items():
        if elements:
            listed = [f"{each} ({world.devices[each]})" if each in world.devices else each for each in elements]
            texts.append(f"{sort}: {', '.join(listed)}")
    return texts + [f"{place}: {_given(value)}" for place, value in world.given.items()]


def _given(value: Value | Mapping[str, Value]) -> str:
    return ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, Mapping) else str(value)


def _symmetry(built: Built) -> list[str]:
    texts = [f"{sort}: {f'no: {broken}' if broken else 'yes'}" for sort, broken in asymmetry(built).items()]
    if not texts:
        return []
    texts.append("This is the language's rule, for all that is written. What a search uses is proved, and may be more.")
    for process in built.system.processes:
        alike = [agent.name for agent in built.system.agents if agent.process == process.name and not agent.hardware]
        if len(alike) > 1:
            texts.append(f"{', '.join(alike)} run one program: in a search they change places where that is proved.")
    return texts


def _design(built: Built, *, mechanisms: bool) -> list[str]:
    table = built.scenario.tables.design
    named = {*table.with_, *table.without, *table.set_}
    texts = [design_text(built.scenario) or "no preset: what is not named is off"]
    if table.preset is not None:
        texts.append(f"{table.preset}: {library(built.scenario).presets[table.preset].meaning}")
    for name, value in built.request.design.items():
        if mechanisms or name in named:
            texts.append(f"{name}{_setting(value)}: {meaning(built.model.mechanisms[name], value)}")
    return texts


def _setting(value: str) -> str:
    return {"True": "", "False": " off"}.get(value, f" = {value.lower()}")


def _agents(built: Built) -> list[str]:
    specs = {spec.name: spec for spec in built.request.agents}
    texts = []
    for agent in built.system.agents:
        spec = specs.get(agent.name)
        title = f" ({agent.title})" if agent.title else ""
        if spec is None:
            operations = built.request.hardware.get(agent.name.partition(".")[0], ())
            texts.append(f"{agent.name}{title}: hardware: {', '.join(operations)}")
        elif spec.any:
            budget = "for ever" if spec.budget is None else f"{spec.budget} times"
            texts.append(f"{agent.name}{title}: any of {', '.join(line.text for line in spec.lines)}; {budget}")
        else:
            texts.append(f"{agent.name}{title}: {'; '.join(line.text for line in spec.lines) or 'nothing'}")
    return texts


def _process(built: Built, process: Process) -> list[Line]:
    agents = [agent.name for agent in built.system.agents if agent.process == process.name]
    head = f"steps of {', '.join(agents)} ({len(process.steps)} steps, {len(process.points)} control points)"
    rows = list(_steps(process))
    return [(), (Piece(head, Style.HEAD),), *(table(("", "", "", ""), rows)[1:] if rows else [])]


def _steps(process: Process) -> Iterator[tuple[Piece, ...]]:
    """Steps in program order, each below the calls it belongs to; a call is headed where it differs from the last."""
    before: tuple[object, ...] = ()
    for step in process.steps:
        calls = tuple((call.operation, call.where, call.instance) for call in step.calls)
        same = next((at for at, pair in enumerate(zip(calls, before, strict=False)) if pair[0] != pair[1]), None)
        shared = min(len(calls), len(before)) if same is None else same
        if step.starts is not None:
            shared = 0
        for depth in range(shared, len(calls)):
            named_like = depth == len(calls) - 1 and step.label == step.calls[depth].operation
            if not named_like:
                yield _cells("  " * (depth + 1) + step.calls[depth].operation, Style.FRAME)
        first = bool(calls) and shared < len(calls) and step.label == step.calls[-1].operation
        yield _step(step, "  " * (len(calls) + (0 if first else 1)))
        before = calls


def _step(step: Step, indent: str) -> tuple[Piece, ...]:
    kind = "spontaneous" if step.kind is StepClass.SPONTANEOUS else ""
    place = "" if step.where == NOWHERE else f"{step.where.path}:{step.where.line}"
    reason = f"atomic: {step.atomic}" if step.atomic else ""
    return _cells(indent + step.label, Style.PLAIN, kind, place, reason)


def _cells(label: str, style: Style, kind: str = "", place: str = "", reason: str = "") -> tuple[Piece, ...]:
    return (Piece(label, style), Piece(kind, Style.CHOICE), Piece(place, Style.QUIET), Piece(reason, Style.NOTE))
