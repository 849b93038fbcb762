"""Saved traces: JSON as docs/trace-format.md describes it, written and read."""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from typing import cast

from .trace import Trace

FORMAT = "shootdown-trace"
VERSION = 1


class TraceFileError(Exception):
    """A file is not a saved trace that this version can read; the message says why."""


def to_json(trace: Trace) -> dict[str, object]:
    """The trace as JSON values."""
    return {"format": FORMAT, "version": VERSION, "depth": trace.depth, **_object(trace)}


def dumps(trace: Trace) -> str:
    """The text of a saved trace, with a final newline; equal traces have equal texts."""
    return json.dumps(to_json(trace), indent=1, ensure_ascii=False) + "\n"


def loads(text: str) -> Trace:
    """The trace of a saved text; raises `TraceFileError`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TraceFileError(f"not JSON: {error}") from error
    return from_json(data)


def from_json(data: object) -> Trace:
    """The trace of JSON values; keys that this version does not know are ignored. Raises `TraceFileError`."""
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise TraceFileError("not a saved trace of shootdown")
    if data.get("version") != VERSION:
        raise TraceFileError(f"a saved trace of version {data.get('version')}; this is a reader of version {VERSION}")
    try:
        trace = TypeAdapter(Trace).validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TraceFileError(f"{place}: {first['msg'].lower()}") from error
    _check(trace)
    return trace


def _check(trace: Trace) -> None:
    agents = len(trace.agents)
    if len(trace.initial.positions) != agents:
        raise TraceFileError("initial.positions: expected one for each agent")
    for number, step in enumerate(trace.steps):
        if not 0 <= step.agent < agents:
            raise TraceFileError(f"steps.{number}.agent: there are {agents} agents")


def _object(value: object) -> dict[str, object]:
    assert dataclasses.is_dataclass(value)
    return {item.name: _value(getattr(value, item.name)) for item in dataclasses.fields(value)}


def _value(value: object) -> object:
    if isinstance(value, tuple):
        return [_value(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, Enum):
        return value.value
    return _object(value) if dataclasses.is_dataclass(value) else value
