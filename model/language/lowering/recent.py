"""Code lowered before: the variants of a scenario, and its setup, have most processes and properties in common."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...ir.system import Process, Property
from ...ir.views import View
from ..model import Model
from .emit import Emit
from .memory import Cells, Memory, Path

MOST_KEPT = 128
"""Processes and properties that are kept, those asked for last."""


@dataclass(frozen=True)
class Lowered:
    """Code with mechanisms as variables, the places that it uses, and the views of the values that it shows."""

    code: Process | Property
    used: Mapping[Path, Cells]
    views: Mapping[str, View]


# The model stands beside the answer: an id is only unique while its object lives.
_recent: OrderedDict[tuple[int, str, bool, object], tuple[Model, Lowered]] = OrderedDict()


def lowered(emit: Emit, what: object, make: Callable[[Emit], Process | Property]) -> Process | Property:
    """What `make` lowers in the world of `emit`, made only if it was not lowered lately.

    `what` identifies it among all that is lowered of one model in one world. Its places and views count as used by
    `emit`.
    """
    setting = emit.setting
    # The world as a text, because 1 == True and only one of the two may fit a place.
    key = id(setting.model), setting.text, emit.split, what
    if key in _recent:
        _recent.move_to_end(key)
    else:
        _recent[key] = setting.model, _made(emit, make)
        if len(_recent) > MOST_KEPT:
            _recent.popitem(last=False)
    found = _recent[key][1]
    for path, cells in found.used.items():
        emit.memory.used.setdefault(path, cells)
    for name, view in found.views.items():
        emit.views.setdefault(name, view)
    return found.code


def _made(emit: Emit, make: Callable[[Emit], Process | Property]) -> Lowered:
    own = replace(emit.fork(), memory=Memory(emit.setting), views={})
    code = make(own)
    return Lowered(code, own.memory.used, own.views)
