"""Code lowered before: the variants of a scenario, and its setup, have most processes and properties in common."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...ir.system import Property
from ...ir.views import View
from ..model import Model
from .emit import Emit
from .memory import Cells, Path
from .process import Builder

MOST_KEPT = 128
"""Processes and properties that are kept, those asked for last."""


@dataclass(frozen=True)
class Judgement:
    """A property with mechanisms as variables, the places that it uses, and the views of the values that it shows."""

    prop: Property
    used: Mapping[Path, Cells]
    views: Mapping[str, View]


# The model stands beside the answer: an id is only unique while its object lives.
_recent: OrderedDict[tuple[int, str, bool, object], tuple[Model, object]] = OrderedDict()


def process(emit: Emit, alike: object, make: Callable[[Emit], Builder]) -> Builder:
    """The process that `make` begins in the world of `emit`, with the steps lowered so far if it was begun lately.

    `alike` identifies it among all that is lowered of one model in one world.
    """
    found = _lowered(emit, alike, make)
    assert isinstance(found, Builder)
    return found


def judgement(emit: Emit, name: str, make: Callable[[Emit], Property]) -> Judgement:
    """The property that `make` lowers in the world of `emit`, made only if it was not lowered lately."""

    def made(own: Emit) -> Judgement:
        return Judgement(make(own), own.memory.used, own.views)

    found = _lowered(emit, ("property", name), made)
    assert isinstance(found, Judgement)
    return found


def _lowered(emit: Emit, what: object, make: Callable[[Emit], object]) -> object:
    setting = emit.setting
    # The world as a text, because 1 == True and only one of the two may fit a place.
    key = id(setting.model), setting.text, emit.split, what
    if key in _recent:
        _recent.move_to_end(key)
    else:
        _recent[key] = setting.model, make(replace(emit.fork(), memory=emit.memory.fresh(), views={}))
        if len(_recent) > MOST_KEPT:
            _recent.popitem(last=False)
    return _recent[key][1]
