"""The model files of a scenario, read once a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from shootdown.model.language.model import Model
from shootdown.model.language.reader import read_model

from .designs import Preset, read_presets
from .document import Scenario

KERNEL = "kernel"


@dataclass(frozen=True)
class Library:
    """A model with its presets."""

    model: Model
    presets: dict[str, Preset]


def library(scenario: Scenario) -> Library:
    """The model that a scenario names, and its presets.

    Raises ScenarioError for a path that is none, ModelErrors for files that break rules of the language.
    """
    roots = [
        root
        for key, names in (("model", scenario.tables.model), ("properties", scenario.tables.properties))
        for position, name in enumerate(names)
        for root in _roots(scenario, f"{key}[{position}]", name)
    ]
    return _of_roots(roots)


def kernel_library() -> Library:
    """The bundled model of the kernel, with its properties and presets."""
    return _of_roots(_kernel_roots())


def _of_roots(roots: Sequence[Path]) -> Library:
    sources = [path for root in roots for path in _python_files(root)]
    designs = [(root if root.is_dir() else root.parent) / "designs.toml" for root in roots]
    present = [path for path in designs if path.is_file()]
    return _library(tuple(dict.fromkeys(sources)), tuple(dict.fromkeys(present)))


@lru_cache(maxsize=32)
def _library(sources: tuple[Path, ...], designs: tuple[Path, ...]) -> Library:
    model = read_model(sources)
    return Library(model, read_presets(designs, model))


def _roots(scenario: Scenario, key: str, name: str) -> list[Path]:
    if name == KERNEL and key.startswith("model"):
        return _kernel_roots()
    path = (scenario.path.parent / name).resolve()
    if path.is_dir() or (path.is_file() and path.suffix == ".py"):
        return [path]
    what = "no such file or folder" if not path.exists() else "neither a folder nor a .py file"
    raise scenario.error(key, f"'{name}': {what} (paths are relative to {scenario.path.parent})")


def _kernel_roots() -> list[Path]:
    model, properties = Path(str(files("shootdown.model"))), Path(str(files("shootdown.properties")))
    return [(model / KERNEL).resolve(), properties.resolve()]


def _python_files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    found = [path for path in sorted(root.rglob("*.py")) if path.name != "__init__.py"]
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]
