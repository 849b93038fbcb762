"""Designs: presets from the `designs.toml` beside the model files, and what a scenario changes of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shootdown.model.language.model import MechanismDecl, Model
from shootdown.model.language.sorts import EnumSort
from shootdown.model.language.source import title

from .document import Scenario
from .problem import Problem, ScenarioError, did_you_mean
from .schema import DesignTable


@dataclass(frozen=True, slots=True)
class Preset:
    """A complete assignment of the mechanisms that the model files beside the `designs.toml`, or below, declare."""

    name: str
    meaning: str
    values: Mapping[str, str]


def read_presets(paths: Sequence[Path], model: Model) -> dict[str, Preset]:
    """The presets of these files by name.

    Raises ScenarioError: an unknown mechanism or base, a bad value, a mechanism left out, a base that rests on itself.
    """
    tables: dict[str, tuple[Path, object]] = {}
    for path in paths:
        for name, table in _parse(path).items():
            if name in tables:
                raise ScenarioError(path, Problem(name, "a second preset of this name"))
            tables[name] = (path, table)
    presets: dict[str, Preset] = {}
    for name in tables:
        _add_preset(name, (), tables, model, presets)
    return {name: presets[name] for name in tables}


def resolve_design(scenario: Scenario, model: Model, presets: Mapping[str, Preset]) -> dict[str, str]:
    """The alternative of every mechanism under the scenario's design."""
    table: DesignTable = scenario.tables.design
    if table.preset is not None and table.preset not in presets:
        hint = f"; known: {', '.join(presets)}" if presets else "; the model has none"
        raise scenario.error("design.preset", f"unknown preset '{table.preset}'{hint}")
    design = {name: mechanism.labels[0] for name, mechanism in model.mechanisms.items()}
    design |= presets[table.preset].values if table.preset is not None else {}
    for key, names, label in (("with", table.with_, "True"), ("without", table.without, "False")):
        for position, name in enumerate(names):
            path = f"design.{key}[{position}]"
            mechanism = _mechanism(scenario, path, name, model)
            if isinstance(mechanism.sort, EnumSort):
                hint = f"write design.set.{name} = one of {', '.join(mechanism.labels)}"
                raise scenario.error(path, f"'{name}' is one of several alternatives, not a switch; {hint}")
            design[name] = label
    for name, value in table.set_.items():
        path = f"design.set.{name}"
        label_or_none = alternative(_mechanism(scenario, path, name, model), value)
        if label_or_none is None:
            raise scenario.error(path, _no_alternative(model.mechanisms[name], value))
        design[name] = label_or_none
    return design


def alternative(mechanism: MechanismDecl, value: object) -> str | None:
    """The label that a value of a design file stands for: a truth, or an alternative in any case."""
    folded = {label.casefold(): label for label in mechanism.labels}
    if isinstance(value, bool) and isinstance(mechanism.sort, EnumSort):
        return None
    return folded.get(str(value).casefold())


def _mechanism(scenario: Scenario, path: str, name: str, model: Model) -> MechanismDecl:
    if name not in model.mechanisms:
        raise scenario.error(path, f"unknown mechanism '{name}'{did_you_mean(name, model.mechanisms)}")
    return model.mechanisms[name]


def _no_alternative(mechanism: MechanismDecl, value: object) -> str:
    return f"'{value}' is no alternative of '{mechanism.name}'{did_you_mean(str(value), mechanism.labels)}"


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(path, Problem("", f"not TOML: {error}")) from None


def _add_preset(
    name: str,
    below: tuple[str, ...],
    tables: Mapping[str, tuple[Path, object]],
    model: Model,
    presets: dict[str, Preset],
) -> None:
    """Put the preset and those it is based on into `presets`; `below` are those that are based on it."""
    if name in presets:
        return
    path, table = tables[name]
    if not isinstance(table, dict):
        raise ScenarioError(path, Problem(name, "expected a table: write [name]"))
    base = table.get("base")
    inherited: Mapping[str, str] = {}
    if base is not None:
        if base not in tables:
            raise ScenarioError(
                path, Problem(f"{name}.base", f"unknown preset '{base}'{did_you_mean(str(base), tables)}")
            )
        if base in (*below, name):
            raise ScenarioError(path, Problem(f"{name}.base", f"'{base}' is based on '{name}' already"))
        _add_preset(base, (*below, name), tables, model, presets)
        inherited = presets[base].values
    values = {**inherited, **_values(path, name, table, model)}
    missing = sorted(_declared_below(path.parent, model) - set(values))
    if missing:
        raise ScenarioError(path, Problem(name, f"a preset is complete; it leaves out {', '.join(missing)}"))
    presets[name] = Preset(name, str(table.get("meaning", "")), values)


def _declared_below(folder: Path, model: Model) -> set[str]:
    """Names of the mechanisms that model files in the folder declare; a preset says nothing of other files."""
    titles = {title(path) for path in folder.rglob("*.py")}
    return {name for name, mechanism in model.mechanisms.items() if mechanism.where.path in titles}


def _values(path: Path, name: str, table: Mapping[str, object], model: Model) -> dict[str, str]:
    """What the table itself says of mechanisms."""
    values: dict[str, str] = {}
    for key, value in table.items():
        if key in ("meaning", "base"):
            continue
        if key not in model.mechanisms:
            text = f"unknown mechanism{did_you_mean(key, model.mechanisms)}"
            raise ScenarioError(path, Problem(f"{name}.{key}", text))
        label = alternative(model.mechanisms[key], value)
        if label is None:
            raise ScenarioError(path, Problem(f"{name}.{key}", _no_alternative(model.mechanisms[key], value)))
        values[key] = label
    return values
