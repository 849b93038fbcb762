"""The model files of a scenario, read once a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from shootdown.model.language.errors import ModelErrors
from shootdown.model.language.model import Model
from shootdown.model.language.reader import read_model
from shootdown.model.language.source import title

from .designs import Preset, read_presets
from .document import Scenario
from .problem import did_you_mean_path

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
    kernel = _folder(scenario) if scenario.tables.kernel else None
    roots = [
        root
        for key, names in (("model", scenario.tables.model), ("properties", scenario.tables.properties))
        for position, name in enumerate(names)
        for root in _roots(scenario, f"{key}[{position}]", name, kernel)
    ]
    try:
        return _of_roots(roots, kernel)
    except ModelErrors:
        _refuse_copies(scenario)
        raise


def kernel_library() -> Library:
    """The bundled model of the kernel, with its properties and presets."""
    return _of_roots(_kernel_roots())


def own_files(scenario: Scenario, model: Model) -> frozenset[str]:
    """The files, as messages name them, that a scenario has beside the bundled ones; empty if its model is bundled."""
    if scenario.tables.model == [KERNEL] and not scenario.tables.kernel:
        return frozenset()
    bundled = {title(path) for root in _kernel_roots() for path in _python_files(root)}
    return frozenset(model.files) - bundled


def _of_roots(roots: Sequence[Path], kernel: Path | None = None) -> Library:
    sources = [path for root in roots for path in _python_files(root)]
    designs = [(root if root.is_dir() else root.parent) / "designs.toml" for root in roots]
    present = [path for path in designs if path.is_file()]
    paths = tuple(dict.fromkeys(sources)), tuple(dict.fromkeys(present))
    return _library(*paths, kernel, tuple(_stamp(path) for group in paths for path in group), Path.cwd())


@lru_cache(maxsize=32)
def _library(
    sources: tuple[Path, ...],
    designs: tuple[Path, ...],
    kernel: Path | None,
    stamps: tuple[tuple[int, int], ...],
    here: Path,
) -> Library:
    """`stamps` and `here` are part of the key only: a file that was edited is read again, and elsewhere it is called
    otherwise."""
    model = read_model(sources, kernel)
    return Library(model, read_presets(designs, model))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _roots(scenario: Scenario, key: str, name: str, kernel: Path | None) -> list[Path]:
    if name == KERNEL and key.startswith("model"):
        return _kernel_roots(kernel)
    path = (scenario.path.parent / name).resolve()
    if path.is_file() and path.suffix == ".py":
        return [path]
    if path.is_dir() and _python_files(path):
        return [path]
    known = [KERNEL] if key.startswith("model") else []
    what = "neither a .py file nor a folder with one" if path.exists() else _missing(scenario, name, known)
    raise scenario.error(key, f"'{name}': {what}")


def _folder(scenario: Scenario) -> Path:
    """The folder that stands for the bundled kernel."""
    name = scenario.tables.kernel
    path = (scenario.path.parent / name).resolve()
    if _is_copy(path):
        return path
    what = "not a copy of model/kernel: it lacks mm/state.py" if path.exists() else _missing(scenario, name)
    raise scenario.error("kernel", f"'{name}': {what}")


def _missing(scenario: Scenario, name: str, known: Sequence[str] = ()) -> str:
    """That there is no such path beside the scenario, and what is there of nearly this name."""
    folder = scenario.path.parent
    close = did_you_mean_path(folder / name, known)
    return f"no such file or folder (paths are relative to {folder}){close.replace(f'{folder}/', '')}"


def _refuse_copies(scenario: Scenario) -> None:
    """Say how to use a changed copy of the kernel: beside the bundled one its names are declared twice."""
    for position, name in enumerate(scenario.tables.model):
        if name != KERNEL and _is_copy(scenario.path.parent / name):
            text = (
                f"'{name}' is a copy of the bundled kernel: write kernel = '{name}', and properties and devices use it"
            )
            raise scenario.error(f"model[{position}]", text)


def _is_copy(folder: Path) -> bool:
    return (folder / "mm" / "state.py").is_file()


def _kernel_roots(kernel: Path | None = None) -> list[Path]:
    model, properties = Path(str(files("shootdown.model"))), Path(str(files("shootdown.properties")))
    return [kernel or (model / KERNEL).resolve(), properties.resolve()]


def _python_files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    found = [path for path in sorted(root.rglob("*.py")) if path.name != "__init__.py"]
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]
