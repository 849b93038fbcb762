"""Reads model files into a `Model`, or refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import rules, statements
from .declarations import Reader
from .errors import Code, Diagnostic, ModelErrors, nearest
from .model import DeviceTypeDecl, Function, MechanismDecl, Model, Role, SortDecl, StateDecl
from .scope import Definition, Modules
from .source import Refusal


def read_model(files: Sequence[Path], kernel: Path | None = None) -> Model:
    """Parse, resolve and check model files and what they import; raises `ModelErrors` with everything refused.

    `kernel` is the folder of a changed copy of the bundled kernel, in which imports from `shootdown.model.kernel` find
    their files.
    """
    modules = Modules(kernel)
    reader = Reader()
    for file in files:
        try:
            modules.load(file)
        except Refusal as refusal:
            reader.refuse(refusal)
    reader.problems += modules.problems
    found = _resolve(reader, modules)
    _bodies(reader)
    model = _model(reader, modules, found)
    if not reader.problems:
        rules.check(reader, model)
    if reader.problems:
        raise ModelErrors(_ordered(reader.problems))
    return model


def _ordered(problems: list[Diagnostic]) -> list[Diagnostic]:
    seen: dict[tuple[object, str], Diagnostic] = {}
    for problem in problems:
        seen.setdefault((problem.where, problem.message), problem)
    return sorted(seen.values(), key=lambda item: (item.where.path, item.where.line, item.where.column))


def _resolve(reader: Reader, modules: Modules) -> list[tuple[Definition, object]]:
    found: list[tuple[Definition, object]] = []
    for module in list(modules.read.values()):
        for definition in module.definitions:
            try:
                found.append((definition, reader.entity(definition, module, definition.node)))
            except Refusal as refusal:
                reader.refuse(refusal)
    return found


def _bodies(reader: Reader) -> None:
    for entity in list(reader.entities.values()):
        functions = [entity] if isinstance(entity, Function) else list(getattr(entity, "methods", {}).values())
        for function in functions:
            module, node = reader.sources[id(function)]
            statements.check(reader, module, node, function)


def _model(reader: Reader, modules: Modules, found: list[tuple[Definition, object]]) -> Model:
    groups: dict[str, dict[str, object]] = {
        name: {} for name in ("sorts", "states", "operations", "mechanisms", "device_types", "slots", "properties")
    }
    for definition, entity in found:
        group = _group(entity)
        name = getattr(entity, "name", definition.name)
        if group in groups:
            if name in groups[group]:
                source = definition.module.source
                message = f'"{name}" is declared in two files of the model'
                reader.refuse(source.refusal(Code.DUPLICATE, definition.node, message, "rename one"))
            groups[group][name] = entity
    _assertions(reader, groups["properties"])
    for name, reasons in reader.asymmetries.items():
        decl = groups["sorts"].get(name)
        if isinstance(decl, SortDecl):
            object.__setattr__(decl, "asymmetry", tuple(reasons))
    files = {module.source.title: module.source.lines for module in modules.read.values()}
    return Model(**groups, files=files)  # type: ignore[arg-type]


def _group(entity: object) -> str:
    match entity:
        case SortDecl():
            return "sorts"
        case StateDecl():
            return "states"
        case MechanismDecl():
            return "mechanisms"
        case DeviceTypeDecl():
            return "device_types"
        case Function(role=Role.OPERATION | Role.HARDWARE):
            return "operations"
        case Function(role=Role.SLOT):
            return "slots"
        case Function(role=Role.PROPERTY):
            return "properties"
        case _:
            return ""


def _assertions(reader: Reader, properties: dict[str, object]) -> None:
    from ..ir.system import PropertyKind

    known = {
        name for name, item in properties.items() if isinstance(item, Function) and item.kind is PropertyKind.ASSERTION
    }
    for module, node, name in reader.assertions:
        if name not in known:
            help = nearest(name, known) or f"declare it: @step_assertion def {name}() -> None"
            message = f'"{name}" is no step assertion'
            reader.refuse(module.source.refusal(Code.UNKNOWN_ASSERTION, node, message, help))
