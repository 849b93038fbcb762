"""Builds the control-flow graph of a process: control points, steps, locals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ...ir.source import Span
from ...ir.stmt import Block, Goto, If, Note, Stmt
from ...ir.system import Call, LocalVariable, Point, Process, Step, StepClass
from ..model import Function
from ..purity import Purity
from .continuation import Continuation, Finish, Leave, frame_of
from .control import Boundary, Control
from .emit import Access, Emit
from .frames import Frames, Slots
from .scope import Frame, Scope
from .shapes import Val, key, view
from .stretches import Stretches


@dataclass(frozen=True)
class Start:
    """A step that starts an operation: from a control point, with a prelude that chooses arguments."""

    source: int
    function: Function
    args: dict[str, Val]
    target: int
    kind: StepClass
    prelude: Callable[[Emit, Frame], None]
    title: tuple[object, ...]
    """Litmus line: text, and names of parameters in brackets."""


@dataclass(eq=False)
class Builder:
    """A process under construction. Control points are numbered as they are met; the first are its idle points."""

    name: str
    emit: Emit
    purity: Purity
    points: list[Point] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    slots: Slots = field(default_factory=Slots)
    reserved: int = 0
    """Locals that are no variables of operations, such as the budget."""
    temps: int = 0
    by_boundary: dict[tuple[Continuation, str], int] = field(default_factory=dict)
    todo: list[tuple[int, Boundary]] = field(default_factory=list)
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        frames = Frames(self.emit, self.slots)
        stretches = Stretches(self.purity)
        self.control = Control(frames, self.purity, stretches.is_step, self.point, split=self.emit.split)
        stretches.control = self.control
        self.emit.runner = self.control

    def idle(self, name: str, *, final: bool) -> int:
        """A control point outside operations."""
        self.points.append(Point(name, False, final))
        return len(self.points) - 1

    def point(self, boundary: Boundary) -> int:
        """The control point of a boundary that starts a step."""
        known = self.by_boundary.get((boundary.cont, boundary.label))
        if known is None:
            known = self.by_boundary[boundary.cont, boundary.label] = len(self.points)
            self.points.append(Point(boundary.label, True, False, self._live(boundary)))
            self.todo.append((known, boundary))
        return known

    def _live(self, boundary: Boundary) -> tuple[tuple[tuple[int, ...], str, str], ...]:
        found: list[tuple[tuple[int, ...], str, str]] = []
        frame, assigned = frame_of(boundary.cont), boundary.assigned
        while frame is not None:
            for name in frame.slots:
                if name in assigned or any(item.name == name for item in frame.function.values):
                    shape = frame.shape(name)
                    label = key(shape)
                    if label not in self.emit.views:
                        self.emit.views[label] = view(shape)
                    first = frame.slots[name]
                    found.append((tuple(range(first, first + frame.widths[name])), name, label))
            assigned, frame = frame.assigned, frame.parent
        return tuple(found)

    def _fresh(self) -> Emit:
        made = self.emit.fork()
        made.counter = type(made.counter)()
        made.merged, made.reasons, made.access = [], [], Access()
        made.reads, made.writes = set(), set()
        return made

    def start(self, start: Start) -> None:
        """The step that starts an operation."""
        function = start.function
        frame = self.control.frames.make(
            function, start.args, None, (Call(function.name, function.where),), base=self.reserved
        )
        emit = self._fresh()
        start.prelude(emit, frame)
        cont = self.control.seq(
            function.body,
            0,
            Scope({}, frame),
            self.control.interned.get(Leave, frame, self.control.interned.get(Finish, start.target)),
        )
        parts = [
            emit.shown(frame.value(str(part[0]))) if isinstance(part, tuple) else str(part) for part in start.title
        ]
        emit.out.append(Note(tuple(parts), True, function.where))
        emit.pending = not self.control.is_step(cont)
        emit.coarse = not emit.pending and self.control.is_coarse(cont)
        self.control.run(cont, emit)
        label, calls, where = self._first(emit, function, frame.calls)
        reason = function.options.atomic or next(iter(emit.reasons), None)
        self._step(Step(start.source, label, (), start.kind, calls, function.name, reason, where), emit)

    def _first(self, emit: Emit, function: Function, calls: tuple[Call, ...]) -> tuple[str, tuple[Call, ...], Span]:
        """Label, calls and place of a start: those of the first step behind a silent stretch, if there is one."""
        merged = [item for item in emit.merged if isinstance(item, Boundary)]
        if not merged or len({(item.label, item.where) for item in merged}) > 1:
            return function.name, calls, function.where
        frame = frame_of(merged[0].cont)
        return merged[0].label, frame.calls if frame is not None and frame.calls else calls, merged[0].where

    def _step(self, step: Step, emit: Emit) -> None:
        self.temps = max(self.temps, emit.counter.temps)
        self.steps.append(replace(step, block=tuple(emit.out)))

    def finish(self) -> None:
        """Build all steps that are reachable."""
        while self.todo:
            source, boundary = self.todo.pop()
            emit = self._fresh()
            emit.coarse = boundary.cut or self.control.is_coarse(boundary.cont)
            self.control.run(boundary.cont, emit)
            frame = frame_of(boundary.cont)
            assert frame is not None
            while not frame.function.steps and frame.parent is not None:
                frame = frame.parent
            options = frame.function.options
            kind = StepClass.SPONTANEOUS if options.spontaneous else StepClass.PROGRESS
            reason = options.atomic or next(iter(emit.reasons), None)
            step = Step(source, boundary.label, (), kind, frame.calls, None, reason, boundary.where)
            self._step(step, emit)

    def process(self, params: int) -> Process:
        """The finished process, with control points and steps in program order."""
        order = self._order()
        new = {old: position for position, old in enumerate(order)}
        points = tuple(self.points[old] for old in order)
        renumbered = [replace(s, source=new[s.source], block=_renumber(s.block, new)) for s in self.steps]
        steps = tuple(sorted(renumbered, key=lambda step: step.source))
        names = ["|".join(names) or "budget" for names in self.slots.names]
        slots = zip(names, self.slots.bounds, strict=True)
        locals_ = tuple(LocalVariable(name, lo, hi, 0) for name, (lo, hi) in slots)
        return Process(self.name, params, locals_, self.temps, points, steps, 0)

    def _order(self) -> list[int]:
        """Control points in the order in which the program first comes to them."""
        following: dict[int, list[int]] = {}
        for step in self.steps:
            following.setdefault(step.source, []).extend(_targets(step.block))
        seen: dict[int, None] = {0: None}
        stack = [iter(following.get(0, []))]
        while stack:
            target = next((item for item in stack[-1] if item not in seen), None)
            if target is None:
                stack.pop()
            else:
                seen[target] = None
                stack.append(iter(following.get(target, [])))
        return [*seen, *(point for point in range(len(self.points)) if point not in seen)]


def _targets(block: Sequence[Stmt]) -> list[int]:
    found: list[int] = []
    for statement in block:
        if isinstance(statement, Goto):
            found.append(statement.point)
        elif isinstance(statement, If):
            found += [*_targets(statement.then), *_targets(statement.orelse)]
    return found


def _renumber(block: Block, new: dict[int, int]) -> Block:
    made: list[Stmt] = []
    for statement in block:
        if isinstance(statement, Goto):
            made.append(Goto(new[statement.point]))
        elif isinstance(statement, If):
            then, orelse = _renumber(statement.then, new), _renumber(statement.orelse, new)
            made.append(replace(statement, then=then, orelse=orelse))
        else:
            made.append(statement)
    return tuple(made)
