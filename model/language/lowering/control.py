"""Follows control flow from boundary to boundary, and emits what happens in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...ir.expr import Const, Expr
from ...ir.immutable import immutable
from ...ir.source import Span
from ...ir.stmt import Goto, If
from .. import tree, walk
from ..model import Function, Role
from ..purity import Purity
from ..sorts import NONE, StateSort, ValueSort
from . import calls, cuts, expressions, simple
from .continuation import (
    Continuation,
    Each,
    Fall,
    Finish,
    Interned,
    Leave,
    Round,
    Seq,
    Turn,
    after_loop,
    frame_of,
    leave,
    next_round,
)
from .emit import Emit
from .frames import Frames
from .scope import Frame, Owner, Scope, Target
from .shapes import NIL, Val, width


@immutable
class Boundary:
    """A place where a step may start: what is left to run, and the step's label."""

    cont: Continuation
    label: str
    where: Span
    assigned: frozenset[str] = frozenset()
    cut: bool = False
    """The rest of an atomic step that was cut here."""


@dataclass(frozen=True)
class Entry:
    """One way that a call may go: taken if the device is one of `devices` (None: always)."""

    frame: Frame
    boundary: Boundary
    devices: tuple[int, ...] | None = None


@dataclass(eq=False)
class Control:
    """Runs code of one process. `point` gives the control point of a boundary that starts a step."""

    frames: Frames
    purity: Purity
    is_step: Callable[[Continuation], bool]
    point: Callable[[Boundary], int]
    interned: Interned = field(default_factory=Interned)
    entered: dict[tuple[int, int, int], tuple[tuple[object, ...], list[Entry]]] = field(default_factory=dict)
    contents: dict[int, tuple[tree.Stmt, bool, bool]] = field(default_factory=dict)
    split: bool = False
    """Cut atomic steps before every statement that makes a further access."""

    def run(self, cont: Continuation, emit: Emit, stop: Continuation | None = None) -> None:
        """Emit everything up to the end of the step, of the region, or up to `stop`, on every path."""
        here: Continuation | None = cont
        while here is not None:
            if here is stop:
                emit.fell.add(emit.pending)
                return
            match here:
                case Fall():
                    return
                case Finish(point=point):
                    emit.out.append(Goto(point))
                    return
                case Leave(frame=frame, next=after):
                    simple.reset(emit, frame, self.frames.slots)
                    bounded = not frame.scratch and frame.parent is not None and frame.function.steps
                    here = self.cross(emit, self.after(here)) if bounded else after
                case Round():
                    here = self._while(here, emit)
                case Turn():
                    here = self.turn(here)
                case Each():
                    here = self._device(here, emit)
                case Seq():
                    here = self._statement(here, emit)

    def after(self, here: Leave) -> Boundary:
        """The boundary at the return of a function."""
        frame = here.frame
        return Boundary(here.next, f"after {frame.function.name}", frame.calls[-1].where, frame.assigned)

    def cross(self, emit: Emit, boundary: Boundary) -> Continuation | None:
        """Meet a boundary: end the step, or go on if it starts none."""
        if not self.is_step(boundary.cont):
            return boundary.cont
        if emit.pending:
            emit.pending = False
            emit.merged.append(boundary)
            emit.coarse = self.is_coarse(boundary.cont)
            return boundary.cont
        emit.out.append(Goto(self.point(boundary)))
        return None

    def seq(self, body: tree.Body, index: int, scope: Scope, after: Continuation) -> Continuation:
        """What is left of a block."""
        return self.interned.get(Seq, body, index, scope, after) if index < len(body) else after

    def is_coarse(self, cont: Continuation) -> bool:
        """Whether the steps of the code that comes next are declared atomic, and are to be cut."""
        frame = frame_of(cont)
        return self.split and frame is not None and frame.function.options.atomic is not None

    def _statement(self, here: Seq, emit: Emit) -> Continuation | None:
        """Run one statement; in a step that is to be cut, on trial first."""
        frame = here.scope.frame
        assert frame is not None
        if not emit.coarse or frame.scratch:
            return self._one(here, emit)
        node = here.body[here.index]
        entered = cuts.entered(self, here, emit)
        if entered is not None:
            return entered
        trial = emit.trial()
        after = self._one(here, trial) if cuts.is_simple(node) else None
        if not cuts.is_simple(node):
            cuts.probe(trial, here)
        if cuts.belongs_to_next(emit.access, trial, node):
            label = f"{frame.function.name} line {node.where.line}"
            emit.out.append(Goto(self.point(Boundary(here, label, node.where, cut=True))))
            return None
        cuts.note(emit, trial)
        if cuts.is_simple(node):
            emit.out += trial.out
            return after
        return self._one(here, emit)

    def _one(self, here: Seq, emit: Emit) -> Continuation | None:
        node, scope = here.body[here.index], here.scope
        rest = self.seq(here.body, here.index + 1, scope, here.next)
        match node:
            case tree.Label(text=text, where=where, assigned=assigned):
                return self.cross(emit, Boundary(rest, text, where, assigned))
            case tree.CallSteps():
                return self._call(here, node, rest, emit)
            case tree.EachDevice():
                return self._each(node, scope, rest, emit)
            case tree.If():
                return self._if(node, scope, rest, emit)
            case tree.While():
                return self.interned.get(Round, node, scope, rest)
            case tree.For():
                return self._for(node, scope, rest, emit)
            case tree.Break():
                return after_loop(here)
            case tree.Continue():
                return next_round(here)
            case tree.Return(value=value):
                if value is not None:
                    assert scope.frame is not None
                    found = expressions.evaluate(emit, scope, value)
                    simple.give(emit, scope.frame, found, node.where, self.frames.slots)
                return leave(here)
            case _:
                simple.statement(emit, scope, node, self.frames.slots)
                return rest

    def _if(self, node: tree.If, scope: Scope, rest: Continuation, emit: Emit) -> Continuation | None:
        test = expressions.evaluate(emit, scope, node.test).leaf
        if isinstance(test, Const):
            return self.seq(node.then if test.value else node.other, 0, scope, rest)
        splits = any(self.content(node)) or emit.coarse
        if splits and not emit.region and not emit.coarse:
            then, other = self.seq(node.then, 0, scope, rest), self.seq(node.other, 0, scope, rest)
            return self._join(emit, test, then, other, rest, node.where)
        after: Continuation = rest if splits else Fall()
        self._branch(
            emit, test, self.seq(node.then, 0, scope, after), self.seq(node.other, 0, scope, after), node.where
        )
        return None if splits else rest

    def _join(
        self, emit: Emit, test: Expr, then: Continuation, other: Continuation, rest: Continuation, where: Span
    ) -> Continuation | None:
        """Branch up to the end of the step or to `rest`, which comes once behind the branch."""
        first, second = emit.fork(), emit.fork()
        self.run(then, first, rest)
        self.run(other, second, rest)
        fell = first.fell | second.fell
        if len(fell) > 1:
            self._branch(emit, test, then, other, where)
            return None
        if first.out:
            emit.out.append(If(test, tuple(first.out), tuple(second.out), where))
        elif second.out:
            emit.out.append(If(test, (), tuple(second.out), where))
        if not fell:
            return None
        emit.pending = fell.pop()
        return rest

    def _branch(self, emit: Emit, test: Expr, then: Continuation, other: Continuation, where: Span) -> None:
        first, second = emit.fork(), emit.fork()
        self.run(then, first)
        self.run(other, second)
        if first.out:
            emit.out.append(If(test, tuple(first.out), tuple(second.out), where))
        elif second.out:
            emit.out.append(If(test, (), tuple(second.out), where))

    def _while(self, here: Round, emit: Emit) -> Continuation | None:
        test = expressions.evaluate(emit, here.scope, here.node.test).leaf
        body = self.seq(here.node.body, 0, here.scope, here)
        if isinstance(test, Const):
            return body if test.value else here.next
        if not emit.region and not emit.coarse:
            return self._join(emit, test, body, here.next, here.next, here.node.where)
        self._branch(emit, test, body, here.next, here.node.where)
        return None

    def _for(self, node: tree.For, scope: Scope, rest: Continuation, emit: Emit) -> Continuation:
        if any(self.content(node)) or emit.coarse:
            return self.interned.get(Turn, node, 0, scope, rest)
        shape, lo, hi = emit.setting.domain(node.domain)
        for value in range(lo, hi + 1):
            inner = scope.bind(**{node.name: Val(shape, (Const(value),))})
            emit.region += 1
            self.run(self.seq(node.body, 0, inner, Fall(node)), emit)
            emit.region -= 1
        return rest

    def turn(self, here: Turn) -> Continuation:
        """The next round of an unrolled loop, or what comes after it."""
        _, lo, hi = self.frames.setting.domain(here.node.domain)
        if lo + here.position > hi:
            return here.next
        after = self.interned.get(Turn, here.node, here.position + 1, here.scope, here.next)
        inner = self.interned.get(self._round, here.scope, here.node, lo + here.position)
        return self.seq(here.node.body, 0, inner, after)

    def _round(self, scope: Scope, node: tree.For, value: int) -> Scope:
        shape, _, _ = self.frames.setting.domain(node.domain)
        return scope.bind(**{node.name: Val(shape, (Const(value),))})

    def content(self, node: tree.Stmt) -> tuple[bool, bool]:
        """Whether a statement contains a boundary, and whether it contains a jump out of it."""
        known = self.contents.get(id(node))
        if known is None:
            inner = walk.statements((node,))
            boundary = any(isinstance(item, tree.Label | tree.CallSteps | tree.EachDevice) for item in inner)
            known = self.contents[id(node)] = (node, boundary, _jumps(node))
        return known[1], known[2]

    def _call(self, here: Seq, node: tree.CallSteps, rest: Continuation, emit: Emit) -> Continuation | None:
        args = _arguments(emit, here.scope, node.args, node.function, node.where)
        entries = self.entries(node, here.scope, rest, here)
        for entry in entries[:-1]:
            assert entry.devices is not None
            test = calls.is_one_of(args[node.function.parameters[1].name], entry.devices)
            first, second = emit.fork(), emit.fork()
            after = self._enter(first, node.function, entry, args, node.where)
            if after is not None:
                self.run(after, first)
            self._otherwise(second, node, entries[entries.index(entry) + 1 :], args)
            emit.out.append(If(test, tuple(first.out), tuple(second.out), node.where))
            return None
        return self._enter(emit, node.function, entries[-1], args, node.where)

    def _otherwise(self, emit: Emit, node: tree.CallSteps, entries: list[Entry], args: dict[str, Val]) -> None:
        first, *others = entries
        if not others:
            after = self._enter(emit, node.function, first, args, node.where)
            if after is not None:
                self.run(after, emit)
            return
        assert first.devices is not None
        test = calls.is_one_of(args[node.function.parameters[1].name], first.devices)
        then, other = emit.fork(), emit.fork()
        self._otherwise(then, node, [first], args)
        self._otherwise(other, node, others, args)
        emit.out.append(If(test, tuple(then.out), tuple(other.out), node.where))

    def _enter(
        self, emit: Emit, called: Function, entry: Entry, args: dict[str, Val], where: Span
    ) -> Continuation | None:
        own = calls.renamed(called, entry.frame.function, args)
        simple.pass_arguments(emit, entry.frame, own, where, self.frames.slots)
        return self.cross(emit, entry.boundary)

    def entries(self, node: tree.CallSteps, scope: Scope, rest: Continuation, here: Continuation) -> list[Entry]:
        """The ways that a call may go."""
        key = (id(node), id(scope), id(rest))
        if key not in self.entered:
            args = _arguments(self.frames.scratch(), scope, node.args, node.function, node.where)
            ways: list[tuple[Function, tuple[int, ...] | None]] = [(node.function, None)]
            if node.function.role is Role.SLOT:
                device = args[node.function.parameters[1].name]
                ways = list(calls.groups(self.frames.emit, node.function, device)) or ways
            made = [self._entry(node, scope, rest, here, function, devices, args) for function, devices in ways]
            self.entered[key] = ((node, scope, rest), made)
        return self.entered[key][1]

    def _entry(
        self,
        node: tree.CallSteps,
        scope: Scope,
        rest: Continuation,
        here: Continuation,
        function: Function,
        devices: tuple[int, ...] | None,
        args: dict[str, Val],
    ) -> Entry:
        parent = scope.frame
        assert parent is not None
        target = parent.target if node.returns else None
        if node.target is not None:
            target = Target(parent, node.target)
        own = calls.renamed(node.function, function, args)
        frame = self.frames.call(function, own, parent, node.where, target, node.assigned)
        after = leave(here) if node.returns else rest
        return Entry(frame, self._start(frame, after), devices)

    def _start(self, frame: Frame, after: Continuation) -> Boundary:
        back = self.interned.get(Leave, frame, after)
        cont = self.seq(frame.function.body, 0, Scope({}, frame), back)
        return Boundary(
            cont, frame.function.name, frame.function.where, frozenset(p.name for p in frame.function.values)
        )

    def _each(self, node: tree.EachDevice, scope: Scope, rest: Continuation, emit: Emit) -> Continuation:
        """Keep the arguments of `each_device`, which are evaluated once."""
        first = self.each(node, scope, rest)
        if isinstance(first, Each):
            frame = first.scope.frame
            assert frame is not None
            args = _arguments(emit, scope, node.args, node.slot, node.where, node.position)
            for name in frame.slots:
                simple.give_local(emit, frame, name, args[name], node.where, self.frames.slots)
        return first

    def each(self, node: tree.EachDevice, scope: Scope, rest: Continuation) -> Continuation:
        """The calls of `each_device`."""
        if not self.frames.setting.elements("Device"):
            return rest
        key = (id(node), id(scope), id(rest))
        if key not in self.entered:
            args = _arguments(self.frames.scratch(), scope, node.args, node.slot, node.where, node.position)
            assert scope.frame is not None
            frame = self.frames.keep(node.slot, args, scope.frame, node.assigned)
            self.entered[key] = ((node, scope, rest, Scope({}, frame, None)), [])
        inner = self.entered[key][0][3]
        return self.interned.get(Each, node, 0, inner, rest)

    def _device(self, here: Each, emit: Emit) -> Continuation | None:
        if here.position == len(self.frames.setting.elements("Device")):
            assert here.scope.frame is not None
            simple.reset(emit, here.scope.frame, self.frames.slots)
            return here.next
        entry, args = self.device(here)
        simple.pass_arguments(emit, entry.frame, args, here.node.where, self.frames.slots)
        return self.cross(emit, entry.boundary)

    def device(self, here: Each) -> tuple[Entry, dict[str, Val]]:
        """The call for one device, and its arguments."""
        keeper = here.scope.frame
        assert keeper is not None
        slot, setting = here.node.slot, self.frames.setting
        name = setting.elements("Device")[here.position]
        kind = setting.device_type(name)
        function = kind.fills.get(slot.name, slot)
        args = {item.name: keeper.value(item.name) for i, item in enumerate(slot.values) if i + 1 != here.node.position}
        device = slot.parameters[here.node.position].name
        args[device] = Val(setting.scalar(_device_sort(slot)), (Const(here.position),), frozenset({kind.name}))
        own = calls.renamed(slot, function, args)
        key = (id(here), 0, 0)
        if key not in self.entered:
            after = self.interned.get(Each, here.node, here.position + 1, here.scope, here.next)
            frame = self.frames.call(function, own, keeper, here.node.where, None, here.node.assigned)
            self.entered[key] = ((here,), [Entry(frame, self._start(frame, after))])
        return self.entered[key][1][0], own

    def inline(self, emit: Emit, node: tree.Call, function: Function, args: dict[str, Val], owner: Owner | None) -> Val:
        """The result of a helper that acts, run inside the step."""
        target = None
        shape = NIL if function.result == NONE else emit.setting.shape(function.result)
        if function.result != NONE:
            target = Target(None, "", tuple(emit.temp() for _ in range(width(shape))))
        frame = self.frames.region(function, args, emit, target, owner)
        for item in function.values:
            if item.name in frame.slots:
                simple.give_local(emit, frame, item.name, args[item.name], node.where, self.frames.slots)
        scope = Scope({}, frame, owner)
        coarse, emit.coarse = emit.coarse, False
        emit.region += 1
        self.run(self.seq(function.body, 0, scope, Leave(frame, Fall())), emit)
        emit.coarse = coarse
        emit.region -= 1
        return Val(shape, target.temps if target is not None else ())


def _arguments(
    emit: Emit, scope: Scope, args: tuple[tree.Argument, ...], function: Function, where: Span, skip: int | None = None
) -> dict[str, Val]:
    parameters = [item for position, item in enumerate(function.parameters) if position != skip]
    return calls.arguments(emit, scope, args, parameters, function.name, where)


def _device_sort(slot: Function) -> ValueSort:
    sort = slot.parameters[1].sort
    assert not isinstance(sort, StateSort)
    return sort


def _jumps(node: tree.Stmt, loop: bool = False) -> bool:
    """Whether a statement may be left by `return`, or by `break` or `continue` of a loop around it."""
    match node:
        case tree.Return():
            return True
        case tree.Break() | tree.Continue():
            return not loop
        case tree.For(body=body) | tree.While(body=body):
            return any(_jumps(item, True) or _breaks(item) for item in body)
        case tree.If(then=then, other=other):
            return any(_jumps(item, loop) for item in (*then, *other))
        case _:
            return False


def _breaks(node: tree.Stmt) -> bool:
    match node:
        case tree.Break():
            return True
        case tree.If(then=then, other=other):
            return any(_breaks(item) for item in (*then, *other))
        case _:
            return False
