"""The output of lowering one stretch of code: statements, checks of partial operations, scratch values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Protocol

from ...ir.expr import TRUE, Const, Expr, FoldKind, Local, Operator, Temp
from ...ir.immutable import immutable
from ...ir.source import Span
from ...ir.stmt import Assign, Cell, Check, Failure, Place, Shown, Stmt
from ...ir.views import View
from .. import tree
from ..model import Function
from .memory import Memory
from .scope import Owner
from .shapes import Val, key, view
from .terms import fold, is_atom, mentions, op
from .world import Setting


@immutable
class Demand:
    """What must hold, or the transition fails."""

    cond: Expr
    failure: Failure
    message: str
    where: Span


@immutable
class Given:
    """Inside an expression that is evaluated only if `cond` holds."""

    cond: Expr


@immutable
class Ranging:
    """Inside a fold."""

    name: str
    lo: int
    hi: int
    labels: tuple[str, ...]


@dataclass
class Counter:
    """Numbers scratch values and bound variables of a step."""

    temps: int = 0
    names: dict[str, int] = field(default_factory=dict)


@dataclass
class Access:
    """What a step has accessed so far: places, and whether it wrote (only when steps are cut)."""

    places: frozenset[tuple[str, tuple[Expr, ...]]] = frozenset()
    wrote: bool = False


class Runner(Protocol):
    """Runs helpers that act in the place where they are called."""

    def inline(self, emit: Emit, node: tree.Call, function: Function, args: dict[str, Val], owner: Owner | None) -> Val:
        """The result of the helper."""


@dataclass
class Emit:
    """Where lowering puts statements.

    `pending`: still in the stretch before an operation's first step; `merged` are the boundaries that the first step
    took in.
    """

    setting: Setting
    memory: Memory
    out: list[Stmt] = field(default_factory=list)
    surroundings: list[Given | Ranging] = field(default_factory=list)
    demands: list[Demand] | None = None
    counter: Counter = field(default_factory=Counter)
    views: dict[str, View] = field(default_factory=dict)
    runner: Runner | None = None
    merged: list[object] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    pending: bool = False
    reads: set[tuple[str, tuple[Expr, ...]]] = field(default_factory=set)
    writes: set[tuple[str, tuple[Expr, ...]]] = field(default_factory=set)
    access: Access = field(default_factory=Access)
    fell: set[bool] = field(default_factory=set)
    """What `pending` was on the ways that went on behind a branch."""
    region: int = 0
    """How many regions inside a step enclose the code."""
    split: bool = False
    """Steps that are declared atomic are to be cut."""
    coarse: bool = False
    """The step is declared atomic, and steps are to be cut."""

    @classmethod
    def scratch(cls, setting: Setting, memory: Memory | None = None) -> Emit:
        """Output that is thrown away."""
        return cls(setting, memory or Memory(setting))

    def fork(self) -> Emit:
        """Output of a branch."""
        made = copy(self)
        made.out, made.surroundings, made.fell = [], list(self.surroundings), set()
        made.access = Access(self.access.places, self.access.wrote)
        return made

    def trial(self) -> Emit:
        """Output of a statement that may turn out to belong to the next step."""
        made = copy(self)
        made.out, made.surroundings, made.reads, made.writes = [], list(self.surroundings), set(), set()
        return made

    @property
    def plain(self) -> bool:
        """Whether statements may be put in front of the expression that is being lowered."""
        return not self.surroundings and self.demands is None

    @contextmanager
    def given(self, cond: Expr) -> Iterator[None]:
        """Lower what is evaluated only if `cond` holds."""
        if cond == TRUE:
            yield
            return
        self.surroundings.append(Given(cond))
        yield
        self.surroundings.pop()

    @contextmanager
    def ranging(self, name: str, lo: int, hi: int, labels: tuple[str, ...]) -> Iterator[None]:
        """Lower the body of a fold."""
        self.surroundings.append(Ranging(name, lo, hi, labels))
        yield
        self.surroundings.pop()

    @contextmanager
    def collecting(self) -> Iterator[list[Demand]]:
        """Collect demands instead of checking them."""
        before, self.demands = self.demands, []
        found = self.demands
        yield found
        self.demands = before

    def demand(self, cond: Expr, message: str, where: Span, failure: Failure = Failure.MODEL_ERROR) -> None:
        """Check that `cond` holds where the expression being lowered is evaluated."""
        for item in reversed(self.surroundings):
            if isinstance(item, Given):
                cond = op(Operator.IMPLIES, item.cond, cond)
            else:
                cond = fold(FoldKind.ALL, item.name, item.lo, item.hi, cond, item.labels)
        if cond == TRUE:
            return
        if self.demands is not None:
            self.demands.append(Demand(cond, failure, message, where))
        else:
            self.out.append(Check(cond, failure, message, where))

    def check(self, demand: Demand) -> None:
        """Check a collected demand."""
        self.out.append(Check(demand.cond, demand.failure, demand.message, demand.where))

    def temp(self) -> Temp:
        """A scratch value of its own."""
        self.counter.temps += 1
        return Temp(self.counter.temps - 1)

    def bound(self, name: str) -> str:
        """A name for a bound variable that is unique in the step."""
        count = self.counter.names[name] = self.counter.names.get(name, 0) + 1
        return name if count == 1 else f"{name}.{count}"

    def assign(self, target: Place, value: Expr, where: Span) -> None:
        """Store a value."""
        if target != value:
            self.out.append(Assign(target, value, where))

    def inline(self, node: tree.Call, function: Function, args: dict[str, Val], owner: Owner | None) -> Val:
        """The result of a helper that acts."""
        assert self.runner is not None
        assert self.plain
        return self.runner.inline(self, node, function, args, owner)

    def shown(self, value: Val) -> Shown:
        """A value in a note."""
        name = key(value.shape)
        self.views.setdefault(name, view(value.shape))
        return Shown(value.leaves or (Const(0),), name)

    def save(self, value: Val, where: Span) -> Val:
        """The value in scratch places, so that later stores do not change it."""
        if not self.plain or all(is_atom(leaf) for leaf in value.leaves):
            return value
        return Val(value.shape, tuple(self.saved(leaf, where) for leaf in value.leaves), value.types)

    def saved(self, leaf: Expr, where: Span) -> Expr:
        """One leaf in a scratch place."""
        if is_atom(leaf):
            return leaf
        temp = self.temp()
        self.assign(temp, leaf, where)
        return temp

    def store(self, targets: list[Place], leaves: tuple[Expr, ...], where: Span) -> None:
        """Store the leaves of one value at once: none of them sees a store to another."""
        for position, target in enumerate(targets):
            name: Expr | str = target.array if isinstance(target, Cell) else target
            if any(mentions(leaf, [name]) for leaf in leaves[position + 1 :]):
                leaves = tuple(self.saved(leaf, where) for leaf in leaves)
                break
        if any(isinstance(leaf, Local | Temp) and leaf in targets for leaf in leaves):
            leaves = tuple(self._copied(leaf, targets, where) for leaf in leaves)
        for target, leaf in zip(targets, leaves, strict=True):
            self.assign(target, leaf, where)

    def _copied(self, leaf: Expr, targets: list[Place], where: Span) -> Expr:
        if not isinstance(leaf, Local | Temp) or leaf not in targets or len(targets) == 1:
            return leaf
        temp = self.temp()
        self.assign(temp, leaf, where)
        return temp
