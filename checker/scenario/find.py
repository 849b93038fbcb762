"""From what a user names (a bundled scenario, a variant, a file, a folder) to scenarios."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from .document import Scenario, read_file, shown
from .problem import Problem, ScenarioError, ScenarioErrors, did_you_mean, did_you_mean_path

NOT_SCENARIOS = ("designs.toml", "pyproject.toml")
"""Files that a search of a folder passes over."""

OTHER_FILES = {
    ".py": "a model file; a scenario is a .toml file that names it under `model`",
    ".json": "a report or a trace; see shootdown trace, and shootdown check --baseline",
}
"""Files of other kinds that are given for scenarios, by suffix, and what they are for."""


def bundled_folder() -> Path:
    """The folder of the scenarios that come with the checker."""
    return Path(str(files("shootdown.model"))) / "scenarios"


def bundled_files() -> dict[str, Path]:
    """The bundled scenario files by name."""
    folder = bundled_folder()
    return {path.stem: path for path in _files_in(folder)} if folder.is_dir() else {}


def find(names: Sequence[str]) -> tuple[Scenario, ...]:
    """Every scenario that the names stand for, each once, in order; all bundled ones for no names.

    Raises ScenarioError, with everything that is wrong: names that stand for nothing, files with mistakes.
    """
    found, errors = find_usable(names)
    if errors:
        raise errors[0] if len(errors) == 1 else ScenarioErrors(errors)
    return found


def find_usable(names: Sequence[str]) -> tuple[tuple[Scenario, ...], tuple[ScenarioError, ...]]:
    """As `find`, but with files that have mistakes beside those that have none; raises for a name that stands for
    nothing."""
    wanted = [pair for name in names for pair in _named(name)] if names else _all_bundled()
    found: dict[tuple[Path, str], Scenario] = {}
    called = _names(path for path, _ in wanted)
    errors: list[ScenarioError] = []
    for path, variant in wanted:
        try:
            for scenario in _read(path, called[path], variant):
                found.setdefault((path.resolve(), scenario.variant), scenario)
        except ScenarioError as error:
            errors.append(error)
    return tuple(found.values()), tuple(errors)


def find_one(name: str) -> Scenario:
    """The one scenario of a name; raises ScenarioError if it stands for several, listing them."""
    found = find([name])
    if len(found) == 1:
        return found[0]
    listed = ", ".join(_to_name(scenario) for scenario in found[:12])
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    raise ScenarioError(name, Problem("", f"stands for {len(found)} scenarios, say which: {listed}{more}"))


def _to_name(scenario: Scenario) -> str:
    """What a user types to mean this scenario: its name, or that of its file where it is not bundled."""
    if scenario.path.resolve().is_relative_to(bundled_folder().resolve()):
        return scenario.name
    return f"{shown(scenario.path)}/{scenario.variant}" if scenario.variant else shown(scenario.path)


def _all_bundled() -> list[tuple[Path, str]]:
    return [(path, "") for path in bundled_files().values()]


def _names(paths: Iterable[Path]) -> dict[Path, str]:
    """What each file is called: its name without the suffix, after its folder's where two files share one."""
    distinct = dict.fromkeys(paths)
    stems = [path.stem for path in distinct]
    return {
        path: path.stem if stems.count(path.stem) == 1 else f"{path.resolve().parent.name}/{path.stem}"
        for path in distinct
    }


def _read(path: Path, called: str, variant: str) -> Iterable[Scenario]:
    if path.suffix in OTHER_FILES:
        raise ScenarioError(path, Problem("", f"no scenario: {OTHER_FILES[path.suffix]}"))
    scenarios = read_file(path, called)
    if not variant:
        return scenarios
    chosen = [scenario for scenario in scenarios if scenario.variant == variant]
    if not chosen:
        hint = did_you_mean(variant, (scenario.variant for scenario in scenarios if scenario.variant))
        raise ScenarioError(path, Problem("", f"no variant '{variant}'{hint or '; it has none'}"))
    return chosen


def _named(name: str) -> list[tuple[Path, str]]:
    """Files, each with the variant wanted of it (empty: all)."""
    path = Path(name)
    if path.is_file():
        return [(path, "")]
    if path.exists() and not path.is_dir():
        raise ScenarioError(name, Problem("", "neither a regular file nor a folder"))
    if path.is_dir():
        return _of_folder(path)
    if path.parent.suffix == ".toml" and path.parent.is_file():
        return [(path.parent, path.name)]
    bundled = bundled_files()
    stem, _, variant = name.partition("/")
    if stem in bundled:
        return [(bundled[stem], variant)]
    folder = bundled_folder() / name
    if name.strip("./") and folder.is_dir():
        return _of_folder(folder)
    raise ScenarioError(name, Problem("", _unknown(name, stem, bundled)))


def _unknown(name: str, stem: str, bundled: Iterable[str]) -> str:
    if name.endswith(".toml") or (os.sep in name and not did_you_mean(stem, bundled)):
        return f"no such file or folder, and no bundled scenario of this name{did_you_mean_path(Path(name))}"
    return (
        f"no bundled scenario, file or folder of this name{did_you_mean(stem, bundled)}; see: shootdown list scenarios"
    )


def _of_folder(folder: Path) -> list[tuple[Path, str]]:
    paths = _files_in(folder)
    if not paths:
        raise ScenarioError(folder, Problem("", "no scenario file (*.toml) in this folder"))
    return [(path, "") for path in paths]


def _files_in(folder: Path) -> list[Path]:
    """The scenario files of a folder and its sub-folders, hidden ones left out, in the order of their paths."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(place, name) for name in names if name.endswith(".toml") and not name.startswith("."))
        found += [path for path in paths if path.name not in NOT_SCENARIOS and path.is_file()]
    return sorted(found)


def _unreadable(error: OSError) -> None:
    raise ScenarioError(error.filename, Problem("", f"cannot be read: {error.strerror}"))
