"""What a scenario says to the language:

the world, the design, who runs what. Names are checked by `lower`, which reports paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = int | str | bool | None
"""A value as a scenario writes it: an element's or enumeration member's name, a number, a truth, or None."""


@dataclass(frozen=True, slots=True)
class World:
    """Elements of each index sort by sort name (`Device` included, in registration order), the type of each device,
    and `given` values.

    `given` maps "State.place" to a value, or to a mapping from key to value (keys of a tuple of sorts are written "a
    b").
    """

    elements: Mapping[str, tuple[str, ...]]
    devices: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Value | Mapping[str, Value]] = field(default_factory=dict)


ANY = object()
"""The argument `*`: any value of the parameter's sort."""


@dataclass(frozen=True, slots=True)
class Line:
    """A call of an operation:

    a value for each parameter that is not a State; `ANY` only under `any`. `text` is what the scenario wrote.
    """

    operation: str
    args: Mapping[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent of the scenario: a program, or `any` of its lines with a budget (None: for ever)."""

    name: str
    lines: tuple[Line, ...]
    any: bool = False
    budget: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that makes a system out of a model.

    `design` names a value for each mechanism of the model. `hardware` lists, per unit that acts, its operations;
    units not listed are quiet. `properties` are those to
    compile, by name. `initial` replaces the initial values of shared variables (the result of setup). `split`: cut
    atomic steps.
    """

    name: str
    world: World
    design: Mapping[str, str]
    agents: tuple[AgentSpec, ...]
    hardware: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    properties: tuple[str, ...] = ()
    initial: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    split: bool = False
