"""Makes activations: which arguments are aliases of the caller's values, which variables get slots of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...ir.expr import Bound, Const, Expr, Local, Op, Operator, Param, Rigid
from ...ir.source import Span
from ...ir.system import Call
from .. import tree
from ..model import CallResult, Function
from ..sorts import IntSort, OptionSort, StateSort, ValueSort
from .emit import Emit
from .memory import Memory
from .scope import Frame, Owner, Scope, Target
from .shapes import NIL, Option, Scalar, Shape, Val, bounds, truths, union, width
from .world import Setting


@dataclass(eq=False)
class Slots:
    """The locals of a process: bounds and names of each slot."""

    bounds: list[tuple[int, int]] = field(default_factory=list)
    names: list[list[str]] = field(default_factory=list)
    truths: list[bool] = field(default_factory=list)

    def place(self, name: str, truths: Sequence[bool], first: int) -> int:
        """The first slot, from `first` on, of a variable with these leaves; truths and others share no slots."""
        while any(
            known != wanted for known, wanted in zip(self.truths[first : first + len(truths)], truths, strict=False)
        ):
            first += 1
        for leaf, wanted in enumerate(truths):
            self.use(first + leaf, name, truth=wanted)
        return first

    def use(self, slot: int, name: str, *, truth: bool = False) -> None:
        """Say that a slot serves a variable."""
        while len(self.bounds) <= slot:
            self.bounds.append((0, 0))
            self.names.append([])
            self.truths.append(truth)
        if name not in self.names[slot]:
            self.names[slot].append(name)

    def widen(self, slot: int, lo: int, hi: int) -> None:
        """Make room for a value from `lo` to `hi`."""
        low, high = self.bounds[slot]
        self.bounds[slot] = (min(low, lo), max(high, hi))


@dataclass(eq=False)
class Frames:
    """Makes the activations of one process."""

    emit: Emit
    """For working out shapes; its output is thrown away."""
    slots: Slots
    instances: dict[tuple[int, int, str], int] = field(default_factory=dict)

    @property
    def setting(self) -> Setting:
        """The world."""
        return self.emit.setting

    def scratch(self) -> Emit:
        """Output that is thrown away."""
        made = self.emit.fork()
        made.counter = type(made.counter)()
        return made

    def call(
        self,
        function: Function,
        args: Mapping[str, Val],
        parent: Frame,
        where: Span,
        target: Target | None,
        assigned: frozenset[str],
    ) -> Frame:
        """The activation of an operation that another one calls."""
        key = (where.line * 1000 + where.column, id(parent), function.name)
        instance = self.instances[key] = self.instances.get(key, -1) + 1
        calls = (*parent.calls, Call(function.name, where, instance))
        return self.make(function, args, parent, calls, target, assigned)

    def make(
        self,
        function: Function,
        args: Mapping[str, Val],
        parent: Frame | None,
        calls: tuple[Call, ...],
        target: Target | None = None,
        assigned: frozenset[str] = frozenset(),
        base: int = 0,
    ) -> Frame:
        """An activation with slots among the agent's locals."""
        aliases = {name: value for name, value in args.items() if name not in function.assigned and lasting(value)}
        top = parent.top if parent is not None else base
        slots: dict[str, int] = {}
        leaves = self._leaves(function, aliases)
        widths = {name: len(parts) for name, parts in leaves.items()}
        for name, parts in leaves.items():
            slots[name] = self.slots.place(f"{function.name}.{name}", parts, top)
            top = slots[name] + len(parts)
        frame = Frame(function, aliases, slots, self.shape, widths, False, calls, top, parent, target, None, assigned)
        for name in (item.name for item in function.values):
            if name in slots:
                for kept, (lo, hi) in zip(frame.places(name), bounds(frame.shape(name)), strict=True):
                    assert isinstance(kept, Local)
                    self.slots.widen(kept.slot, lo, hi)
        return frame

    def keep(self, slot: Function, args: Mapping[str, Val], parent: Frame, assigned: frozenset[str]) -> Frame:
        """Keeps the arguments of `each_device` while the devices run in turn; no call frame of its own."""
        aliases = {name: value for name, value in args.items() if lasting(value)}
        slots: dict[str, int] = {}
        widths: dict[str, int] = {}
        top = parent.top
        for name, value in args.items():
            if name not in aliases:
                widths[name] = width(value.shape)
                slots[name] = self.slots.place(f"{slot.name}.{name}", truths(value.shape), top)
                top = slots[name] + widths[name]
        return Frame(slot, aliases, slots, self.shape, widths, False, parent.calls, top, parent, None, None, assigned)

    def region(
        self, function: Function, args: Mapping[str, Val], emit: Emit, target: Target | None, owner: Owner | None
    ) -> Frame:
        """The activation of a helper that runs inside a step."""
        aliases = {name: value for name, value in args.items() if name not in function.assigned}
        widths = {name: len(parts) for name, parts in self._leaves(function, aliases).items()}
        slots: dict[str, int] = {}
        for name, count in widths.items():
            slots[name] = emit.counter.temps
            emit.counter.temps += count
        return Frame(function, aliases, slots, self.shape, widths, True, (), 0, None, target, owner)

    def _leaves(self, function: Function, aliases: Mapping[str, Val]) -> dict[str, tuple[bool, ...]]:
        """Of each variable that needs slots, whether its leaves are truths."""
        found: dict[str, tuple[bool, ...]] = {}
        for item in function.values:
            assert not isinstance(item.sort, StateSort)
            if item.name not in aliases:
                found[item.name] = truths(self.setting.shape(item.sort))
        for name, sort in function.locals.items():
            found[name] = (False,) if _is_integer(sort) else truths(self.setting.shape(sort))
        return found

    def shape(self, frame: Frame, name: str) -> Shape:
        """The shape of a variable that has slots: as declared, or that of its one value."""
        function = frame.function
        for item in function.values:
            if item.name == name:
                assert not isinstance(item.sort, StateSort)
                return self.setting.shape(item.sort)
        definition = function.definitions.get(name)
        sort = function.locals[name]
        if definition is None:
            return self.setting.shape(sort)
        if isinstance(definition, CallResult):
            return self.setting.shape(definition.sort)
        known = self.setting.shapes_of_locals
        key = _what_decides(frame, name)
        if key not in known:
            known[key] = self._defined(frame, sort, definition)
        return known[key]

    def _defined(self, frame: Frame, sort: ValueSort, definition: tree.Expr) -> Shape:
        """The shape of a variable that has this one value."""
        from .expressions import evaluate

        names = {loop: self._anything(frame.function, loop) for loop in frame.function.loops}
        # Places that only this asks for are not used: whether it is asked at all depends on what was asked before.
        unused = self.scratch()
        unused.memory, unused.views = Memory(self.setting), {}
        found = evaluate(unused, Scope(names, frame, frame.owner), definition).shape
        if isinstance(sort, OptionSort) and not isinstance(found, Option):
            return union(found, NIL)
        return found

    def _anything(self, function: Function, loop: str) -> Val:
        """A loop variable, whatever its round."""
        ranges = [self.setting.domain(domain) for domain in function.loops[loop]]
        shape = ranges[0][0]
        lo, hi = min(item[1] for item in ranges), max(item[2] for item in ranges)
        return Val(Scalar(shape.sort, lo, max(lo, hi), shape.labels), (Bound(loop),))


def _what_decides(frame: Frame, name: str) -> tuple[object, ...]:
    """All that the shape of a variable with one value depends on: constant arguments may decide a branch of it."""
    aliases = tuple(
        (label, value.shape, value.types, value.leaves if all(isinstance(leaf, Const) for leaf in value.leaves) else ())
        for label, value in frame.aliases.items()
    )
    owner = frame.owner and (frame.owner.path, tuple(leaf for leaf in frame.owner.indices if isinstance(leaf, Const)))
    return frame.function, name, aliases, owner


def _is_integer(sort: ValueSort) -> bool:
    return isinstance(sort, IntSort) or (isinstance(sort, OptionSort) and isinstance(sort.inner, IntSort))


def lasting(value: Val) -> bool:
    """Whether a value stays the same while the caller waits: made of its constants, parameters and locals."""
    return all(_lasting(leaf) for leaf in value.leaves)


def _lasting(leaf: Expr) -> bool:
    match leaf:
        case Const() | Param() | Local() | Rigid():
            return True
        case Op(Operator.ADD | Operator.SUB | Operator.EQ, (first, Const())):
            return isinstance(first, Param | Local)
        case _:
            return False
