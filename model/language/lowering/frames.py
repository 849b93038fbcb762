"""Makes activations: which arguments are aliases of the caller's values, which variables get slots of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...ir.expr import Bound, Const, Expr, Local, Op, Operator, Param, Rigid
from ...ir.source import Span
from ...ir.system import Call
from .. import tree
from ..model import CallResult, Function
from ..sorts import OptionSort, StateSort, ValueSort
from .emit import Emit
from .scope import BOTTOM, Frame, Owner, Scope, Target
from .shapes import NIL, Option, Scalar, Shape, Val, union
from .slots import Slots, leaves
from .world import Setting


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
    ) -> Frame:
        """An activation with slots among the agent's locals."""
        aliases = {name: value for name, value in args.items() if name not in function.assigned and lasting(value)}
        top = parent.top if parent is not None else BOTTOM
        slots: dict[str, tuple[int, ...]] = {}
        for name, parts in leaves(self.setting, function, aliases).items():
            slots[name], top = self.slots.place(parts, top)
        return Frame(function, aliases, slots, self.shape, False, calls, top, parent, target, None, assigned)

    def keep(self, slot: Function, args: Mapping[str, Val], parent: Frame, assigned: frozenset[str]) -> Frame:
        """Keeps the arguments of `each_device` while the devices run in turn; no call frame of its own."""
        aliases = {name: value for name, value in args.items() if lasting(value)}
        slots: dict[str, tuple[int, ...]] = {}
        top = parent.top
        for name, kinds in leaves(self.setting, slot, aliases).items():
            if name in args:
                slots[name], top = self.slots.place(kinds, top)
        return Frame(slot, aliases, slots, self.shape, False, parent.calls, top, parent, None, None, assigned)

    def region(
        self, function: Function, args: Mapping[str, Val], emit: Emit, target: Target | None, owner: Owner | None
    ) -> Frame:
        """The activation of a helper that runs inside a step."""
        aliases = {name: value for name, value in args.items() if name not in function.assigned}
        slots: dict[str, tuple[int, ...]] = {}
        for name, parts in leaves(self.setting, function, aliases).items():
            first = emit.counter.temps
            emit.counter.temps += len(parts)
            slots[name] = tuple(range(first, emit.counter.temps))
        return Frame(function, aliases, slots, self.shape, True, target=target, owner=owner)

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
        unused.memory, unused.views = unused.memory.fresh(), {}
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
