"""What a scenario may write for a parameter: the names of its values in a world."""

from __future__ import annotations

from . import sorts
from .errors import RequestError, nearest
from .lowering import world as setting
from .model import Model
from .world import Value, World


def labels(model: Model, sort: sorts.ValueSort | sorts.StateSort, world: World) -> tuple[str, ...]:
    """The texts of the values of a parameter's sort, in order; empty for states, records, sets and ranges.

    Raises `RequestError` if the world lacks the sort.
    """
    if isinstance(sort, sorts.StateSort):
        return ()
    return setting.labels(sort, setting.Setting(model, world))


def parse_value(model: Model, sort: sorts.ValueSort, world: World, text: str, path: str = "") -> Value:
    """The value that a text means for a parameter; raises `RequestError` with the nearest known one."""
    known = labels(model, sort, world)
    if text.lower() == "none" and isinstance(sort, sorts.OptionSort):
        return None
    inner = sort.inner if isinstance(sort, sorts.OptionSort) else sort
    if isinstance(inner, sorts.BoolSort) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text not in known:
        message = f'"{text}" is no {sorts.title(inner)}'
        raise RequestError(path, message, nearest(text, known) or f"one of {', '.join(known)}")
    return int(text) if isinstance(inner, sorts.IntSort) else text
