"""Builds the control-flow graph of a process step by step, as far as somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...ir.source import Span
from ...ir.stmt import Note
from ...ir.system import Call, LocalVariable, Point, Process, Step, StepClass
from ...ir.views import View
from ...ir.walk import gotos, renumbered
from ..model import Function
from ..purity import Purity
from .continuation import Continuation, Finish, Leave, frame_of
from .control import Boundary, Control
from .emit import Access, Emit
from .frames import Frames
from .memory import Cells, Path
from .scope import Frame, Scope
from .shapes import Val, key, view
from .slots import Claim, Claims, Slots, claim, slots_needed
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


@dataclass(frozen=True)
class Drafted:
    """What was lowered of a control point: its steps, whose gotos have the builder's numbers, and what they need."""

    steps: tuple[Step, ...]
    temps: int
    claims: Claims
    used: Mapping[Path, Cells]
    views: Mapping[str, View]


@dataclass(frozen=True)
class Part:
    """A process made of some control points of a builder; `order` has their numbers there."""

    process: Process
    order: tuple[int, ...]
    used: Mapping[Path, Cells]
    views: Mapping[str, View]


@dataclass(eq=False)
class Builder:
    """A process under construction. Control points are numbered as they are met; the first are its idle points.

    What is built of a point is the same whenever it is built, but for the numbers of the points that it leads to.
    """

    emit: Emit
    """For working out shapes and arguments; what it notes counts for nothing."""
    purity: Purity
    params: int
    budget: int | None = None
    """How many operations the agent may start, kept in its first local; None: no such local."""
    points: list[Point] = field(default_factory=list)
    starts: dict[int, list[Start]] = field(default_factory=dict)
    boundaries: list[Boundary | None] = field(default_factory=list)
    by_boundary: dict[tuple[Continuation, str], int] = field(default_factory=dict)
    drafted: dict[int, Drafted] = field(default_factory=dict)
    parts: dict[tuple[str, frozenset[int]], Part] = field(default_factory=dict)
    _control: Control | None = None

    @property
    def slots(self) -> Slots:
        """The locals of the process."""
        return self.control.frames.slots

    @property
    def control(self) -> Control:
        """What follows the code, once all operations that the process starts are known."""
        if self._control is None:
            functions = [start.function for starts in self.starts.values() for start in starts]
            reserved = 0 if self.budget is None else 1
            needed = slots_needed(self.emit.setting, functions, helpers=self.emit.split)
            frames = Frames(self.emit, Slots(reserved, needed))
            stretches = Stretches(self.purity)
            self._control = Control(frames, self.purity, stretches.is_step, self.point, split=self.emit.split)
            stretches.control = self.emit.runner = self._control
        return self._control

    def idle(self, name: str, *, final: bool) -> int:
        """A control point outside operations."""
        self.points.append(Point(name, False, final))
        self.boundaries.append(None)
        return len(self.points) - 1

    def start(self, start: Start) -> None:
        """Add a step that starts an operation."""
        self.starts.setdefault(start.source, []).append(start)

    def point(self, boundary: Boundary) -> int:
        """The control point of a boundary that starts a step."""
        known = self.by_boundary.get((boundary.cont, boundary.label))
        if known is None:
            known = self.by_boundary[boundary.cont, boundary.label] = len(self.points)
            self.points.append(Point(boundary.label, True, False, tuple(self._live(boundary))))
            self.boundaries.append(boundary)
        return known

    def _live(self, boundary: Boundary) -> Iterable[tuple[tuple[int, ...], str, str]]:
        frame, assigned = frame_of(boundary.cont), boundary.assigned
        while frame is not None:
            for name in frame.slots:
                if name in assigned or any(item.name == name for item in frame.function.values):
                    shape = frame.shape(name)
                    label = key(shape)
                    if label not in self.emit.views:
                        self.emit.views[label] = view(shape)
                    yield frame.slots[name], name, label
            assigned, frame = frame.assigned, frame.parent

    def at(self, point: int) -> Drafted:
        """The steps at a control point, lowered when they are first asked for."""
        found = self.drafted.get(point)
        if found is None:
            emit = self.emit.fork()
            # What is noted there counts for the steps at this point only.
            emit.memory, emit.views, emit.runner = emit.memory.fresh(), {}, self.control
            self.slots.claims = {}
            boundary = self.boundaries[point]
            if boundary is not None:
                made = [self._step(_empty(emit), point, boundary)]
            else:
                made = [self._start(_empty(emit), start) for start in self.starts.get(point, ())]
            steps, temps = tuple([step for step, _ in made]), max((temps for _, temps in made), default=0)
            found = self.drafted[point] = Drafted(steps, temps, self.slots.claims, emit.memory.used, emit.views)
        return found

    def _start(self, emit: Emit, start: Start) -> tuple[Step, int]:
        """The step that starts an operation, and how many scratch values it has."""
        function = start.function
        frame = self.control.frames.make(function, start.args, None, (Call(function.name, function.where),))
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
        step = Step(start.source, label, tuple(emit.out), start.kind, calls, function.name, reason, where)
        return step, emit.counter.temps

    def _first(self, emit: Emit, function: Function, calls: tuple[Call, ...]) -> tuple[str, tuple[Call, ...], Span]:
        """Label, calls and place of a start: those of the first step behind a silent stretch, if there is one."""
        merged = [item for item in emit.merged if isinstance(item, Boundary)]
        if not merged or len({(item.label, item.where) for item in merged}) > 1:
            return function.name, calls, function.where
        frame = frame_of(merged[0].cont)
        return merged[0].label, frame.calls if frame is not None and frame.calls else calls, merged[0].where

    def _step(self, emit: Emit, point: int, boundary: Boundary) -> tuple[Step, int]:
        """The step behind a boundary, and how many scratch values it has."""
        emit.coarse = boundary.cut or self.control.is_coarse(boundary.cont)
        self.control.run(boundary.cont, emit)
        frame = frame_of(boundary.cont)
        assert frame is not None
        while not frame.function.steps and frame.parent is not None:
            frame = frame.parent
        options = frame.function.options
        kind = StepClass.SPONTANEOUS if options.spontaneous else StepClass.PROGRESS
        reason = options.atomic or next(iter(emit.reasons), None)
        step = Step(point, boundary.label, tuple(emit.out), kind, frame.calls, None, reason, boundary.where)
        return step, emit.counter.temps

    def frame(self, name: str) -> Process:
        """The process without points and steps, with all the locals that it may need."""
        locals = [LocalVariable("", 0, 0, 0)] * self.slots.count
        if self.budget is not None:
            locals[0] = LocalVariable("budget", 0, self.budget, self.budget)
        return Process(name, self.params, tuple(locals), 0, (), (), 0)

    def whole(self, name: str) -> Part:
        """The process with all its steps."""
        point = 0
        while point < len(self.points):
            self.at(point)
            point += 1
        return self.part(name, range(len(self.points)))

    def part(self, name: str, reached: Collection[int]) -> Part:
        """The process with the steps of these control points, and all points that they lead to."""
        key = name, frozenset(reached)
        if key not in self.parts:
            self.parts[key] = self._part(*key)
        return self.parts[key]

    def _part(self, name: str, reached: frozenset[int]) -> Part:
        order = self._order({point: self.at(point) for point in sorted(reached)})
        new = {old: position for position, old in enumerate(order)}
        drafted = [self.at(point) for point in order if point in reached]
        steps = [
            replace(step, source=new[step.source], block=renumbered(step.block, new))
            for draft in drafted
            for step in draft.steps
        ]
        used: dict[Path, Cells] = {}
        views: dict[str, View] = {}
        for draft in drafted:
            used |= draft.used
            views |= draft.views
        for point in order:
            views |= {label: self.emit.views[label] for _, _, label in self.points[point].live}
        temps = max((draft.temps for draft in drafted), default=0)
        points = tuple([self.points[old] for old in order])
        process = Process(name, self.params, self._locals(drafted), temps, points, tuple(steps), 0)
        return Part(process, order, used, views)

    def _locals(self, drafted: Sequence[Drafted]) -> tuple[LocalVariable, ...]:
        claims: Claims = {} if self.budget is None else {0: Claim(0, self.budget, ("budget",))}
        for draft in drafted:
            for slot, more in draft.claims.items():
                claim(claims, slot, more)
        found = [LocalVariable("unused", 0, 0, 0)] * (max(claims, default=-1) + 1)
        for slot, (lo, hi, names) in claims.items():
            found[slot] = LocalVariable("|".join(names), lo, hi, 0)
        if self.budget is not None:
            found[0] = replace(found[0], init=self.budget)
        return tuple(found)

    def _order(self, drafted: Mapping[int, Drafted]) -> tuple[int, ...]:
        """The control points that are reached, or that steps lead to, in the order in which the program first comes to
        them."""
        following = {
            point: [goto.point for step in draft.steps for goto in gotos(step.block)]
            for point, draft in drafted.items()
        }
        seen: dict[int, None] = {0: None}
        stack = [iter(following.get(0, []))]
        while stack:
            target = next((item for item in stack[-1] if item not in seen), None)
            if target is None:
                stack.pop()
            else:
                seen[target] = None
                stack.append(iter(following.get(target, [])))
        return (*seen, *(point for point in drafted if point not in seen))


def _empty(emit: Emit) -> Emit:
    """Output of one step, that notes what it needs where `emit` does."""
    made = emit.fork()
    made.counter = type(made.counter)()
    made.merged, made.reasons, made.access = [], [], Access()
    made.reads, made.writes = set(), set()
    return made
