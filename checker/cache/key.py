"""What a verdict depends on, as a key: the content of scenario, model, properties and checker, and what was asked."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

import shootdown
from shootdown.model.language.source import title

from ..options import Limits, Options
from ..scenario.document import Scenario
from .files import Hashed, hash_files

FORMAT = 1
"""Counts up when what is kept under a key changes its form."""

KERNEL = "kernel"
"""Among a scenario's models, the bundled one: a part of the checker."""

LAYERS = ("model", "properties", "checker")
_SUFFIXES = (".py", ".toml", ".c", ".h")
_UNKEYED = ("progress", "max_seconds", "max_memory", "native")
"""Limits that say when to give a search up, and how the native engine goes about it. What was given up is not kept,
and what was finished does not depend on them."""

_IMPORT = re.compile(r"\bfrom[\s\\]+((?:\.[\s\\]*)+)([\w.]+)")


@dataclass(frozen=True)
class Key:
    """The key of a check, with what tells whether it still is."""

    text: str
    scenario: Scenario
    sources: tuple[Hashed, ...]

    @property
    def current(self) -> bool:
        """Whether scenario and model are still what the key was made of."""
        try:
            return _scenario_digest(self.scenario) == self.scenario.digest and all(
                source.unchanged for source in self.sources
            )
        except OSError:
            return False


class Keys:
    """Makes keys; files are read once by each object, as they are then.

    A process that lives on, while people edit, asks a new one.
    """

    def __init__(self) -> None:
        self._checker: Hashed | None = None
        self._models: dict[tuple[Path, ...], Hashed] = {}

    def key_of(self, scenario: Scenario, options: Options) -> Key | None:
        """The key of a check; None if a file that it depends on cannot be read, which the check itself will tell."""
        try:
            self._checker = self._checker or _checker()
            roots = _roots(scenario)
            self._models[roots] = self._models.get(roots) or _model(roots)
        except (OSError, ValueError):
            return None
        sources = self._checker, self._models[roots]
        parts = (
            *(FORMAT, shootdown.__version__, sys.implementation.cache_tag, *_libraries()),
            *(source.digest for source in sources),
            *(scenario.digest, scenario.name, scenario.shown_path, scenario.position, title(_folder("model"))),
            *_asked(options),
        )
        return Key(hashlib.sha256(repr(parts).encode(errors="surrogateescape")).hexdigest(), scenario, sources)


def _asked(options: Options) -> Iterator[tuple[str, object]]:
    """Every option by name, those that others may add included."""
    for item in fields(options):
        value = getattr(options, item.name)
        if isinstance(value, Limits):
            yield "fingerprint", value.native.fingerprint
            yield from ((each.name, getattr(value, each.name)) for each in fields(value) if each.name not in _UNKEYED)
        else:
            yield item.name, value


@lru_cache(maxsize=1)
def _libraries() -> tuple[str, ...]:
    """Versions of the libraries that have a say in verdicts and traces."""
    return tuple(_version(name) for name in ("z3-solver", "networkx"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _checker() -> Hashed:
    """The checker itself with the bundled model; scenarios are hashed one by one."""
    roots = [_folder(layer) for layer in LAYERS]
    found = [
        path
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.suffix in _SUFFIXES and path.relative_to(root).parts[0] != "scenarios" and path.is_file()
    ]
    return hash_files([(path.as_posix().removeprefix(roots[0].parent.as_posix()), path) for path in found])


def _folder(layer: str) -> Path:
    return Path(str(files(f"shootdown.{layer}"))).resolve()


def _roots(scenario: Scenario) -> tuple[Path, ...]:
    """The files and folders that the scenario names as models and properties of its own."""
    folder, tables = scenario.path.parent, scenario.tables
    named = [*(name for name in tables.model if name != KERNEL), *tables.properties, *filter(None, [tables.kernel])]
    return tuple(sorted({(folder / name).resolve() for name in named if (folder / name).exists()}))


def _model(roots: tuple[Path, ...]) -> Hashed:
    """The files of the roots, what they import, and presets beside them."""
    found = {path for root in roots for path in _files(root)}
    todo = sorted(found)
    while todo:
        new = {path for path in _imports(todo.pop()) if path not in found}
        found |= new
        todo += sorted(new)
    return hash_files([(title(path), path) for path in sorted(found)])


def _files(root: Path) -> Iterable[Path]:
    if root.is_dir():
        return [path for path in root.rglob("*") if path.suffix in (".py", ".toml") and path.is_file()]
    designs = root.parent / "designs.toml"
    return [root, designs] if designs.is_file() else [root]


def _imports(path: Path) -> Iterator[Path]:
    """The files that relative imports of a file may mean; what only looks like an import does no harm."""
    if path.suffix != ".py":
        return
    for found in _IMPORT.finditer(path.read_text(encoding="utf-8", errors="replace")):
        level = found[1].count(".")
        if level <= len(path.parents):
            file = path.parents[level - 1].joinpath(*found[2].split(".")).with_suffix(".py").resolve()
            if file.is_file():
                yield file


def _scenario_digest(scenario: Scenario) -> str:
    from ..scenario.document import digest_of

    return digest_of(scenario.path.read_text(encoding="utf-8-sig"))
