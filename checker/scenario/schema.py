"""The tables of a scenario file and the sorts of their values. Names are checked later, against the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from shootdown.model.language.world import Value

MOST_OPERATIONS = 10_000
"""The largest budget: it is part of the state, and every value of it is searched."""


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("scenario", "{text}", {"text": text})


def _scalar(value: object) -> Value:
    if isinstance(value, bool | int | str):
        return value
    raise _wrong("expected a name, a number or a truth")


def _given(value: object) -> Value | dict[str, Value]:
    return {key: _scalar(item) for key, item in value.items()} if isinstance(value, dict) else _scalar(value)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _units(value: object) -> object:
    return [] if value == "off" else value


def _elements(value: object) -> int | tuple[str, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= 64:
            raise _wrong(f"{value} elements: from 0 to 64")
        return value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong("expected a number of elements or a list of names")
    return tuple(_unique(value))


def _unique(names: list[str]) -> list[str]:
    for position, name in enumerate(names):
        if not name or any(letter.isspace() or letter in ":*{}" for letter in name):
            raise _wrong(f"'{name}' is not a name: no spaces, none of : * {{ }}")
        if name in names[:position]:
            raise _wrong(f"'{name}' is listed twice")
    return names


def _devices(value: object) -> object:
    return dict(zip(_unique(list(value)), value.values(), strict=True)) if isinstance(value, dict) else value


def _budget(value: object) -> int | Literal["forever"]:
    if value == "forever":
        return "forever"
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_OPERATIONS:
        return value
    raise _wrong(f"expected a number of operations, up to {MOST_OPERATIONS}, or 'forever'")


class Table(BaseModel):
    """A TOML table: exact types, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class DeviceTable(BaseModel):
    """`[world.Device.NAME]`: the type, and values of `given` tables indexed by Device."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[Value, PlainValidator(_scalar)]] = Field(init=False)
    type: str


class WorldTable(Table):
    """`[world]`: elements of each index sort (a number counts them), devices, given values."""

    elements: dict[str, Annotated[int | tuple[str, ...], PlainValidator(_elements)]] = {}
    devices: Annotated[dict[str, DeviceTable], BeforeValidator(_devices)] = {}
    given: dict[str, Annotated[Value | dict[str, Value], PlainValidator(_given)]] = {}

    @model_validator(mode="before")
    @classmethod
    def _sorted_out(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        rest = {key: value for key, value in data.items() if key not in ("Device", "given")}
        return {"elements": rest, "devices": data.get("Device", {}), "given": data.get("given", {})}


class DesignTable(Table):
    """`[design]`: a preset, then `with`, `without` and `set`, in this order."""

    preset: str | None = None
    with_: list[str] = Field([], alias="with")
    without: list[str] = []
    set_: dict[str, Annotated[Value, PlainValidator(_scalar)]] = Field({}, alias="set")


class AgentTable(Table):
    """`[agents]` entry: a program, or `any` of some lines with a budget."""

    program: list[str] | None = None
    any_: list[str] | None = Field(None, alias="any")
    budget: Annotated[int | Literal["forever"] | None, PlainValidator(_budget)] = None
    title: str = ""
    bind: dict[str, Annotated[Value, PlainValidator(_scalar)]] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: object) -> object:
        return {"program": data} if isinstance(data, list) else data

    @model_validator(mode="after")
    def _one_kind(self) -> AgentTable:
        if (self.program is None) == (self.any_ is None):
            raise _wrong("expected either 'program' or 'any'")
        if self.program is not None and self.budget is not None:
            raise _wrong("'budget' goes with 'any', not with 'program'")
        if self.any_ is not None and self.budget is None:
            raise _wrong("'any' needs a 'budget': a number of operations, or 'forever'")
        return self


class ExpectTable(Table):
    """What is expected of one property; `agent`, `step` and `depth` pin where a violation shows."""

    verdict: Literal["violated", "holds", "vacuous"]
    agent: str | None = None
    step: str | None = None
    depth: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_verdict(cls, data: object) -> object:
        return {"verdict": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _pinned(self) -> ExpectTable:
        if self.verdict != "violated" and (self.agent, self.step, self.depth) != (None, None, None):
            raise _wrong("'agent', 'step' and 'depth' go with the verdict 'violated'")
        return self


class Tables(Table):
    """Everything a scenario says, variants merged in."""

    title: str = ""
    model: Annotated[list[str], BeforeValidator(_listed)] = ["kernel"]
    kernel: str = ""
    properties: Annotated[list[str], BeforeValidator(_listed)] = []
    source: Annotated[list[str], BeforeValidator(_listed)] = []
    argument: str = ""
    world: WorldTable = WorldTable()
    design: DesignTable = Field(default_factory=lambda: DesignTable.model_validate({}))
    setup: list[str] = []
    hardware: dict[str, Annotated[list[str], BeforeValidator(_units)]] = {}
    agents: dict[str, AgentTable] = {}
    expect: dict[str, ExpectTable] = {}
