"""What names mean while code is lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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


@dataclass(eq=False)
class Frame:
    """One activation of a function. `slots` are the first slots of locals (or scratch values) of its variables."""

    function: Function
    aliases: Mapping[str, Val]
    slots: dict[str, int]
    shapes: Callable[[Frame, str], Shape]
    widths: Mapping[str, int] = field(default_factory=dict)
    scratch: bool = False
    calls: tuple[Call, ...] = ()
    top: int = 0
    """First slot of locals that is free for what it calls."""
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
        first = self.slots[name]
        return tuple([kind(first + leaf) for leaf in range(self.widths[name])])


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
