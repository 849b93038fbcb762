"""Model files imported as the ordinary Python that they also are."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import compress, product
from pathlib import Path
from types import ModuleType
from typing import Any, Union, get_args, get_origin, get_type_hints

from shootdown.model import Device, DeviceType, Enum, Mechanism, State
from shootdown.model.declare.cells import Cells
from shootdown.model.declare.given import value_of
from shootdown.model.declare.places import struct_at, values_of
from shootdown.model.declare.run import Run, current
from shootdown.model.declare.shown import text
from shootdown.model.declare.steps import Meaning, meaning
from shootdown.model.language.world import ANY, Request

PROPERTIES = ("always", "at_end", "sometimes")


@dataclass(eq=False)
class Operation:
    """A function that agents run; `said` is what its decorator said."""

    function: Any
    said: Meaning
    latest: tuple[Run, dict[str, Any]] | None = field(default=None, repr=False)
    """The sorts of its parameters in the run that last asked for them: bounds may depend on the world."""

    @property
    def name(self) -> str:
        """The name of the function."""
        return str(self.function.__name__)

    def parameters(self) -> dict[str, Any]:
        """The sorts of the parameters that are values; there must be a current run."""
        return {name: sort for name, sort in self._sorts().items() if not _is_state(sort)}

    def _sorts(self) -> dict[str, Any]:
        run = current()
        if self.latest is None or self.latest[0] is not run:
            plain = inspect.unwrap(self.function)
            hints = get_type_hints(plain, include_extras=True)
            self.latest = run, {name: hints[name] for name in inspect.signature(plain).parameters}
        return self.latest[1]

    def call(self, cells: Cells, arguments: Mapping[str, object]) -> Any:
        """Call the function on the state in `cells`."""
        states = {
            name: struct_at(cells, (sort.__name__,), sort) for name, sort in self._sorts().items() if _is_state(sort)
        }
        return self.function(**states, **arguments)

    def arguments(self, written: Mapping[str, object]) -> Iterator[tuple[dict[str, object], tuple[str, ...]]]:
        """Every choice of arguments: those written, and any value for the others; and the texts of the others."""
        sorts = self.parameters()
        columns = [self._values(sort, written.get(name, ANY)) for name, sort in sorts.items()]
        open_ends = [written.get(name, ANY) is ANY for name in sorts]
        for row in product(*columns):
            yield dict(zip(sorts, row, strict=True)), tuple(text(value) for value in compress(row, open_ends))

    def any_arguments(
        self, rows: Sequence[Mapping[str, object]]
    ) -> Iterator[tuple[dict[str, object], tuple[str, ...]]]:
        """Every choice of arguments that some row allows, each once; among several rows every argument is a choice."""
        if len(rows) == 1:
            yield from self.arguments(rows[0])
            return
        known: set[tuple[object, ...]] = set()
        for row in rows:
            for arguments, _ in self.arguments(row):
                key = tuple(arguments.values())
                if key not in known:
                    known.add(key)
                    yield arguments, tuple(text(value) for value in key)

    def _values(self, sort: Any, written: object) -> tuple[object, ...]:
        if written is not ANY:
            return (value_of(sort, written),)
        if sort is Device and self.said.device is not None:
            return tuple(each for each in Device if current().devices[each.name] == self.said.device.name)
        if get_origin(sort) in (Union, types.UnionType):
            return (None, *values_of(next(arg for arg in get_args(sort) if arg is not types.NoneType)))
        return values_of(sort)


def _is_state(sort: object) -> bool:
    return isinstance(sort, type) and issubclass(sort, State)


@dataclass(frozen=True)
class PlainModel:
    """What the files of a model declare, by name."""

    operations: Mapping[str, Operation]
    states: Mapping[str, type[State]]
    mechanisms: Mapping[str, Mechanism[Any]]
    device_types: Mapping[str, DeviceType]
    properties: Mapping[str, Operation]

    def run(self, request: Request) -> Run:
        """A run in the world and under the design of a request."""
        design = {each: _setting(each, request.design[name]) for name, each in self.mechanisms.items()}
        world = request.world
        return Run(world.elements, world.devices, world.given, design, self.device_types)


def _setting(mechanism: Mechanism[Any], label: str) -> object:
    if issubclass(mechanism.alternatives, Enum):
        return mechanism.alternatives[label]
    return label == "True"


def load(paths: Iterable[Path]) -> PlainModel:
    """Import model files as Python."""
    return _load(tuple(sorted(path.resolve() for path in paths)))


@lru_cache
def _load(paths: tuple[Path, ...]) -> PlainModel:
    names: dict[str, Any] = {}
    for path in paths:
        module = _module(path)
        names |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    marked = {name: Operation(value, said) for name, value in names.items() if (said := meaning(value)) is not None}
    return PlainModel(
        operations={name: each for name, each in marked.items() if each.said.role in ("operation", "hardware")},
        states={name: value for name, value in names.items() if _is_state(value) and value is not State},
        mechanisms={name: value for name, value in names.items() if isinstance(value, Mechanism)},
        device_types={value.name: value for value in names.values() if isinstance(value, DeviceType)},
        properties={name: each for name, each in marked.items() if each.said.role in PROPERTIES},
    )


def _module(path: Path) -> ModuleType:
    root = Path(str(files("shootdown.model"))).resolve().parent
    if path.is_relative_to(root / "model") or path.is_relative_to(root / "properties"):
        return importlib.import_module(".".join(("shootdown", *path.relative_to(root).with_suffix("").parts)))
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    package = f"plain_{abs(hash(folder))}"
    if package not in sys.modules:
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(folder)]
    return importlib.import_module(".".join((package, *path.relative_to(folder).with_suffix("").parts)))
