"""The meaning of the IR: what an expression is worth and which transitions a state has.

Short and slow; every engine is judged by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import assert_never

from .expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator, Param, Rigid, Temp
from .immutable import immutable
from .layout import Layout, State
from .source import Span
from .stmt import Assert, Assign, Block, Cell, Check, Choose, Failure, Goto, If, Note, Place, Shown, Wait
from .system import Agent, Point, Process, Property, Step, StepClass, System
from .views import View, text


@immutable
class Choice:
    """One choice that a transition made: the variable, the value chosen and its label."""

    name: str
    value: int
    label: str


@immutable
class Problem:
    """Why a transition has no successor."""

    failure: Failure
    message: str
    where: Span


@immutable
class Transition:
    """An enabled transition.

    `agent` and `step` are positions in the system and its process; exactly one of `target` and `problem` is set.
    """

    agent: int
    step: int
    choices: tuple[Choice, ...]
    target: State | None
    problem: Problem | None = None
    violated: tuple[str, ...] = ()
    """Names of the step assertions that failed."""
    notes: tuple[str, ...] = ()
    line: str = ""
    """The litmus line of the operation that the step starts."""


@dataclass
class Frame:
    """What an expression may read: the state under construction, the agent, scratch values, bound variables."""

    values: list[int]
    locals: int = 0
    params: tuple[int, ...] = ()
    temps: dict[int, int] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)


class _Blocked(Exception):
    """The step is not enabled."""


class _Exhausted(Exception):
    """The choice at this position has no further value."""


class _Failed(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(frozen=True)
class Evaluator:
    """Evaluates one system. States are vectors as `Layout` describes."""

    system: System

    @cached_property
    def layout(self) -> Layout:
        """Offsets of the system's state."""
        return Layout(self.system)

    @cached_property
    def _processes(self) -> tuple[Process, ...]:
        return tuple(self.system.process(agent) for agent in self.system.agents)

    @cached_property
    def _arrays(self) -> dict[str, tuple[int, tuple[int, ...]]]:
        return {array.name: (self.layout.arrays[array.name], array.dims) for array in self.system.arrays}

    @cached_property
    def _rigid(self) -> Mapping[str, int]:
        return {mechanism.name: mechanism.value for mechanism in self.system.mechanisms}

    @cached_property
    def _views(self) -> Mapping[str, View]:
        return dict(self.system.views)

    @cached_property
    def _steps_at(self) -> dict[tuple[str, int], list[int]]:
        table: dict[tuple[str, int], list[int]] = {}
        for process in self.system.processes:
            for index, step in enumerate(process.steps):
                table.setdefault((process.name, step.source), []).append(index)
        return table

    def holds(self, prop: Property, state: State) -> bool:
        """The truth of a state property's expression in a state."""
        return self.value(prop.expr, Frame(list(state))) == 1

    def transitions(self, state: State, agents: Collection[int] | None = None) -> Iterator[Transition]:
        """Every transition of a state, by agent (None: of all), then step, then choices."""
        for agent in range(len(self.system.agents)) if agents is None else sorted(agents):
            for step in self.steps_at(state, agent):
                yield from self.outcomes(state, agent, step)

    def steps_at(self, state: State, agent: int) -> Sequence[int]:
        """Positions of the steps that start where an agent stands, enabled or not."""
        return self._steps_at.get((self._processes[agent].name, state[self.layout.points[agent]]), ())

    def progress_enabled(self, state: State) -> bool:
        """Whether some progress step is enabled."""
        return any(self.step(transition).kind is StepClass.PROGRESS for transition in self.transitions(state))

    def finished(self, state: State) -> bool:
        """Whether every program has finished and every other agent idles."""
        return all(self.point(state, agent).final for agent in range(len(self.system.agents)))

    def inside(self, state: State) -> bool:
        """Whether some agent is inside an operation."""
        return any(self.point(state, agent).inside for agent in range(len(self.system.agents)))

    def shared(self, state: State) -> Mapping[str, tuple[int, ...]]:
        """The values of the shared variables, by the names of their arrays."""
        offsets = self.layout.arrays
        return {array.name: state[offsets[array.name] :][: array.size] for array in self.system.arrays}

    def point(self, state: State, agent: int) -> Point:
        """The control point where an agent stands."""
        return self._processes[agent].points[state[self.layout.points[agent]]]

    def step(self, transition: Transition) -> Step:
        """The step that a transition takes."""
        return self.step_of(transition.agent, transition.step)

    def step_of(self, agent: int, step: int) -> Step:
        """A step of an agent, by its position."""
        return self._processes[agent].steps[step]

    def outcomes(self, state: State, agent: int, step: int) -> Iterator[Transition]:
        """The transitions that one of `steps_at` has, by choices; none if it blocks."""
        # Rerun with the next choice until the choices are used up.
        start: list[int] = []
        while True:
            run = _Run(self, state, agent, self.system.agents[agent], start)
            try:
                yield run.transition(self.step_of(agent, step), step)
            except _Blocked:
                pass
            except _Exhausted:
                del run.choices[-1:]
            if not run.choices:
                return
            start = [value for _, value in run.choices[:-1]] + [run.choices[-1][1] + 1]

    def taking(self, state: State, agent: int, step: int, chosen: Sequence[int]) -> list[Transition]:
        """The transitions of a state that this agent has by this step with these choices: at most one."""
        found = self.outcome(state, agent, step, chosen)
        return [] if found is None else [found]

    def outcome(self, state: State, agent: int, step: int, chosen: Sequence[int]) -> Transition | None:
        """The transition of a state by this agent and step that makes these choices; None if there is none."""
        if not 0 <= agent < len(self.system.agents) or step not in self.steps_at(state, agent):
            return None
        run = _Run(self, state, agent, self.system.agents[agent], [*chosen])
        try:
            transition = run.transition(self.step_of(agent, step), step)
        except (_Blocked, _Exhausted):
            return None
        return transition if [value for _, value in run.choices] == [*chosen] else None

    def value(self, expr: Expr, frame: Frame) -> int:
        """The value of an expression; bound variables, temporaries and the agent come from `frame`."""
        match expr:
            case Const(value):
                return value
            case Load(array, indices):
                return frame.values[self.cell(array, indices, frame)]
            case Local(slot):
                return frame.values[frame.locals + slot]
            case Temp(slot):
                return frame.temps[slot]
            case Param(slot):
                return frame.params[slot]
            case Rigid(mechanism):
                return self._rigid[mechanism]
            case Bound(name):
                return frame.bound[name]
            case Op(operator, args):
                return self._operation(operator, args, frame)
            case Fold():
                return self._fold(expr, frame)
            case _:
                assert_never(expr)

    def cell(self, array: str, indices: Sequence[Expr], frame: Frame) -> int:
        """Position of a cell in the state."""
        offset, dims = self._arrays[array]
        position = 0
        for size, index in zip(dims, indices, strict=True):
            at = self.value(index, frame)
            assert 0 <= at < size, f"unchecked index {at} into {array}"
            position = position * size + at
        return offset + position

    def _operation(self, operator: Operator, args: tuple[Expr, ...], frame: Frame) -> int:
        match operator:
            case Operator.AND:
                return int(all(self.value(arg, frame) for arg in args))
            case Operator.OR:
                return int(any(self.value(arg, frame) for arg in args))
            case Operator.IMPLIES:
                return int(not self.value(args[0], frame) or self.value(args[1], frame) == 1)
            case Operator.ITE:
                return self.value(args[1] if self.value(args[0], frame) else args[2], frame)
            case _:
                return apply(operator, [self.value(arg, frame) for arg in args])

    def _fold(self, fold: Fold, frame: Frame) -> int:
        total = 0
        for value in range(fold.lo, fold.hi + 1):
            inner = Frame(frame.values, frame.locals, frame.params, frame.temps, {**frame.bound, fold.name: value})
            result = self.value(fold.body, inner)
            if fold.kind is FoldKind.SUM:
                total += result
            elif result == (fold.kind is FoldKind.ANY):
                return result
        return total if fold.kind is FoldKind.SUM else int(fold.kind is FoldKind.ALL)

    def shown(self, shown: Shown, frame: Frame) -> str:
        """The text of a value in a note."""
        view = self._views[shown.view]
        return text(view, [self.value(leaf, frame) for leaf in shown.leaves])


def apply(operator: Operator, values: Sequence[int]) -> int:
    """The meaning of the strict operators, as the operator table states it."""
    match operator, values:
        case Operator.NOT, [a]:
            return 1 - a
        case Operator.AND, _:
            return int(all(values))
        case Operator.OR, _:
            return int(any(values))
        case Operator.IMPLIES, [a, b]:
            return int(not a or b == 1)
        case Operator.EQ, [a, b]:
            return int(a == b)
        case Operator.NE, [a, b]:
            return int(a != b)
        case Operator.LT, [a, b]:
            return int(a < b)
        case Operator.LE, [a, b]:
            return int(a <= b)
        case Operator.ADD, [a, b]:
            return a + b
        case Operator.SUB, [a, b]:
            return a - b
        case Operator.MUL, [a, b]:
            return a * b
        case Operator.DIV, [a, b]:
            return a // b if b else 0
        case Operator.MOD, [a, b]:
            return a % b if b else 0
        case Operator.MIN, [a, b]:
            return min(a, b)
        case Operator.MAX, [a, b]:
            return max(a, b)
        case Operator.ITE, [a, b, c]:
            return b if a else c
        case Operator.BIT, [a, b]:
            return a >> b & 1
        case Operator.BITS_OR, [a, b]:
            return a | b
        case Operator.BITS_AND, [a, b]:
            return a & b
        case Operator.BITS_MINUS, [a, b]:
            return a & ~b
        case Operator.SHIFT, [a]:
            return 1 << a
        case Operator.COUNT, [a]:
            return a.bit_count()
        case _:
            raise ValueError(f"{operator} with {len(values)} arguments")


class _Run:
    """One run of a step's block. `start` fixes the first choices and says where to look for the last one."""

    def __init__(self, evaluator: Evaluator, state: State, position: int, agent: Agent, start: list[int]) -> None:
        self.evaluator = evaluator
        self.position = position
        self.start = start
        self.choices: list[tuple[Choose, int]] = []
        self.violated: list[str] = []
        self.notes: list[str] = []
        self.line = ""
        self.point = evaluator.layout.points[position]
        self.frame = Frame(list(state), self.point + 1, agent.args)

    def transition(self, step: Step, index: int) -> Transition:
        """Run the step; raises `_Blocked` or `_Exhausted`."""
        problem = None
        try:
            done = self.block(step.block)
            assert done, f"step {step.label} does not end in a goto"
        except _Failed as failed:
            problem = failed.problem
        choices = tuple(Choice(made.name, value, _label(made, value)) for made, value in self.choices)
        target = tuple(self.frame.values) if problem is None else None
        return Transition(
            self.position,
            index,
            choices,
            target,
            problem,
            tuple(self.violated),
            tuple(self.notes),
            self.line,
        )

    def block(self, block: Block) -> bool:
        """Run a block; whether a goto ended the step."""
        return any(self.statement(statement) for statement in block)

    def statement(self, statement: object) -> bool:
        """Run one statement; whether it ended the step."""
        value, frame = self.evaluator.value, self.frame
        match statement:
            case Assign(target, source):
                self.store(target, value(source, frame))
            case If(cond, then, orelse):
                return self.block(then if value(cond, frame) else orelse)
            case Wait(cond):
                if not value(cond, frame):
                    raise _Blocked
            case Choose():
                self.choose(statement)
            case Check(cond, failure, message, where):
                if not value(cond, frame):
                    raise _Failed(Problem(failure, message, where))
            case Assert(cond, name):
                if not value(cond, frame):
                    self.violated.append(name)
            case Note(parts, line):
                shown = self.evaluator.shown
                words = "".join(part if isinstance(part, str) else shown(part, frame) for part in parts)
                if line:
                    self.line = words
                else:
                    self.notes.append(words)
            case Goto(point):
                frame.values[self.point] = point
                return True
            case _:
                raise TypeError(f"not a statement: {statement!r}")
        return False

    def store(self, target: Place, value: int) -> None:
        """Store a value in a place."""
        match target:
            case Cell(array, indices):
                self.frame.values[self.evaluator.cell(array, indices, self.frame)] = value
            case Local(slot):
                self.frame.values[self.frame.locals + slot] = value
            case Temp(slot):
                self.frame.temps[slot] = value
            case _:
                assert_never(target)

    def choose(self, choose: Choose) -> None:
        """Take the first candidate from where this run has to look."""
        position = len(self.choices)
        first = self.start[position] if position < len(self.start) else choose.lo
        for candidate in range(first, choose.hi + 1):
            self.store(choose.target, candidate)
            if self.evaluator.value(choose.candidate, self.frame):
                self.choices.append((choose, candidate))
                return
        if position < len(self.start):
            self.choices.append((choose, choose.hi))
            raise _Exhausted
        if choose.blocking:
            raise _Blocked
        message = f"no {choose.what} left to pick"
        raise _Failed(Problem(Failure.WORLD_TOO_SMALL, message, choose.where))


def _label(choose: Choose, value: int) -> str:
    position = value - choose.lo
    return choose.labels[position] if 0 <= position < len(choose.labels) else str(value)
