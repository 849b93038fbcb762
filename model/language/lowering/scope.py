"""What names mean while code is lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ...ir.expr import Expr, Local, Temp
from ...ir.system import Call
from ..model import Function
from .memory import Path
from .shapes import Shape, Val


@dataclass(frozen=True, eq=False)
class Owner:
    """The struct that a method works on: where it is, and the keys into it."""

    path: Path
    indices: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Target:
    """Where the result of a function goes: a local of another activation, or scratch values."""

    frame: Frame | None
    name: str
    temps: tuple[Temp, ...] = ()


class Kind(NamedTuple):
    """What a leaf of a variable may hold; only leaves of one kind share slots."""

    truth: bool
    lo: int
    hi: int


Top = Mapping[Kind, int]
"""How many slots of each kind a chain of activations uses."""

BOTTOM: Top = {}


@dataclass(eq=False)
class Frame:
    """One activation of a function. `slots` are those of locals (or scratch values) that hold its variables."""

    function: Function
    aliases: Mapping[str, Val]
    slots: dict[str, tuple[int, ...]]
    shapes: Callable[[Frame, str], Shape]
    scratch: bool = False
    calls: tuple[Call, ...] = ()
    top: Top = field(default_factory=dict)
    """How many slots of locals are taken from what it calls."""
    parent: Frame | None = None
    target: Target | None = None
    owner: Owner | None = None
    assigned: frozenset[str] = frozenset()
    """Locals of the caller that have a value during the call."""
    known: dict[str, Shape] = field(default_factory=dict)
    kept: dict[str, Val] = field(default_factory=dict)

    def shape(self, name: str) -> Shape:
        """The shape of a variable that has slots."""
        if name not in self.known:
            self.known[name] = self.shapes(self, name)
        return self.known[name]

    def title(self, name: str) -> str:
        """What a reader knows a variable by."""
        return f"{self.function.name}.{name}"

    def value(self, name: str) -> Val:
        """The current value of a variable."""
        if name not in self.slots:
            return self.aliases[name]
        if name not in self.kept:
            self.kept[name] = Val(self.shape(name), self.places(name))
        return self.kept[name]

    def places(self, name: str) -> tuple[Local | Temp, ...]:
        """Where the leaves of a variable are kept."""
        kind = Temp if self.scratch else Local
        return tuple([kind(slot) for slot in self.slots[name]])


@dataclass(frozen=True, eq=False)
class Scope:
    """Names that are bound to values (loop and bound variables, what helpers were passed), then those of the frame."""

    names: Mapping[str, Val] = field(default_factory=dict)
    frame: Frame | None = None
    owner: Owner | None = None

    def value(self, name: str) -> Val:
        """The value of a name."""
        if name in self.names:
            return self.names[name]
        assert self.frame is not None, name
        return self.frame.value(name)

    def bind(self, **names: Val) -> Scope:
        """The scope with more names."""
        return Scope({**self.names, **names}, self.frame, self.owner)


EMPTY = Scope()
