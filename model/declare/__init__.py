"""What a model file imports: the names of docs/language.md with their meaning as ordinary Python."""

from __future__ import annotations

from .bounds import Between
from .choices import atomic, check, choose, note, nothing, pick, wait
from .design import Mechanism, has, way
from .devices import DeviceType, each_device, slot
from .places import Queue, Struct, Table, given, place, queue, table
from .properties import always, at_end, sometimes, step_assertion
from .sizes import nth, ordinal, size
from .sorts import (
    Annotated,
    Device,
    Enum,
    Index,
    Range,
    Record,
    auto,
    exclusive,
    inclusive,
    replace,
    some,
)
from .state import State
from .steps import Result, Steps, hardware, operation

__all__ = [
    "Annotated",
    "Between",
    "Device",
    "DeviceType",
    "Enum",
    "Index",
    "Mechanism",
    "Queue",
    "Range",
    "Record",
    "Result",
    "State",
    "Steps",
    "Struct",
    "Table",
    "always",
    "at_end",
    "atomic",
    "auto",
    "check",
    "choose",
    "each_device",
    "exclusive",
    "given",
    "hardware",
    "has",
    "inclusive",
    "note",
    "nothing",
    "nth",
    "operation",
    "ordinal",
    "pick",
    "place",
    "queue",
    "replace",
    "size",
    "slot",
    "some",
    "sometimes",
    "step_assertion",
    "table",
    "wait",
    "way",
]
