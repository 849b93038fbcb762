"""A scheduler that runs operations as plain Python generators, one step at a time.

A generator cannot be copied, so an agent inside an operation is remembered as what its steps saw: for each, the shared
state it started in and the choices it made. Running on means replaying these in a fresh generator; a step that raises
`Blocked` is discarded with its generator.

A stretch between two boundaries that touches nothing is no step (rule 4 of the language), and whether one does can
depend on a path not taken. So the scheduler is told which boundaries start a step: those that the lowered system has,
known by their call frames and label.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plain_model import Operation, PlainModel

from shootdown.model import State
from shootdown.model.declare.cells import Address, Cells
from shootdown.model.declare.outcomes import Blocked, ModelErrorRaised, WorldTooSmallRaised
from shootdown.model.declare.run import Run
from shootdown.model.declare.shown import text
from shootdown.model.declare.steps import bounded
from shootdown.model.language.world import AgentSpec, Request

Boundary = tuple[tuple[str, ...], str]
"""The operations on the call stack, outermost first, and the label."""
Shared = Mapping[Address, object]
Call = tuple[Operation, Mapping[str, object], tuple[str, ...]]
"""An operation, its arguments, and the texts of those that were chosen."""

BLOCKED = "blocked"
MODEL_ERRORS = (ModelErrorRaised, AssertionError, ZeroDivisionError)


@dataclass(frozen=True)
class Turn:
    """What one step of an agent saw: the shared state, and the positions of the candidates it chose."""

    before: Shared
    script: tuple[int, ...]


@dataclass(frozen=True)
class Activity:
    """An operation that an agent is inside of."""

    operation: Operation
    arguments: Mapping[str, object]
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Where an agent stands: lines of its program done, budget left (None: for ever), the operation it is inside of."""

    done: int = 0
    budget: int | None = None
    activity: Activity | None = None


@dataclass(frozen=True)
class Moment:
    """A state of the plain run."""

    shared: Shared
    standing: tuple[Standing, ...]


@dataclass(frozen=True)
class Taken:
    """A transition of the plain run; exactly one of `target` and `problem` is set."""

    agent: int
    step: Boundary
    choices: tuple[str, ...]
    target: Moment | None
    problem: str | None = None
    violated: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The label of the step."""
        return self.step[1]


@dataclass(frozen=True)
class PlainAgent:
    """An agent: a program, or any of some operations with some arguments written."""

    name: str
    lines: tuple[tuple[Operation, Mapping[str, object]], ...]
    any: bool
    budget: int | None
    steps: Collection[Boundary] | None = None
    """The boundaries that start a step; None: all of them."""

    def rows(self) -> Mapping[Operation, list[Mapping[str, object]]]:
        """What the lines of each operation write."""
        found: dict[Operation, list[Mapping[str, object]]] = {}
        for operation, written in self.lines:
            if written not in found.setdefault(operation, []):
                found[operation].append(written)
        return found


class Script:
    """Resolves choices by position; past its end it takes the first candidate and notes how many there were."""

    def __init__(self, positions: Sequence[int]) -> None:
        self.positions = list(positions)
        self.sizes: list[int] = []
        self.texts: list[str] = []

    def __call__(self, candidates: Sequence[object]) -> object:
        """Choose, as `Chooser` says."""
        turn = len(self.sizes)
        if turn == len(self.positions):
            self.positions.append(0)
        self.sizes.append(len(candidates))
        chosen = candidates[self.positions[turn]]
        self.texts.append(text(chosen))
        return chosen

    def following(self) -> list[int] | None:
        """The least positions after these; None if there are no more."""
        for turn in range(len(self.sizes) - 1, -1, -1):
            if self.positions[turn] + 1 < self.sizes[turn]:
                return [*self.positions[:turn], self.positions[turn] + 1]
        return None


@dataclass
class PlainRun:
    """A model with its agents; `successors` is what the interpreter calls transitions."""

    run: Run
    agents: tuple[PlainAgent, ...]
    shared: Shared
    cells: Cells = field(default_factory=Cells)
    _calls: dict[tuple[int, int], tuple[Call, ...]] = field(default_factory=dict, repr=False)

    @property
    def initial(self) -> Moment:
        """The state before anything ran."""
        return Moment(self.shared, tuple(Standing(budget=agent.budget) for agent in self.agents))

    def successors(self, moment: Moment) -> Iterator[Taken]:
        """Every transition of a state, by agent, operation, arguments, choices."""
        for agent in range(len(self.agents)):
            yield from self.successors_of(moment, agent)

    def successors_of(self, moment: Moment, agent: int) -> Iterator[Taken]:
        """The transitions of one agent."""
        with self.run.active():
            for standing, activity, arguments in self.starts(moment.standing[agent], agent):
                yield from self._outcomes(moment, agent, standing, activity, arguments)

    def starts(self, standing: Standing, agent: int) -> Iterator[tuple[Standing, Activity, tuple[str, ...]]]:
        """The operations that an agent can run on in, with the standing when they end, and the arguments chosen."""
        kind = self.agents[agent]
        if standing.activity is not None:
            yield replace(standing, activity=None), standing.activity, ()
        elif kind.any and standing.budget != 0:
            ended = Standing(budget=None if standing.budget is None else standing.budget - 1)
            for operation, arguments, texts in self._calls_at(agent, 0):
                yield ended, Activity(operation, arguments), texts
        elif not kind.any and standing.done < len(kind.lines):
            ended = Standing(done=standing.done + 1)
            for operation, arguments, texts in self._calls_at(agent, standing.done):
                yield ended, Activity(operation, arguments), texts

    def _calls_at(self, agent: int, done: int) -> tuple[Call, ...]:
        """The calls that an agent may make after so many lines of its program."""
        if (agent, done) not in self._calls:
            kind = self.agents[agent]
            operation, written = kind.lines[done]
            rows = kind.rows() if kind.any else {operation: [written]}
            self._calls[agent, done] = tuple(
                (each, *call) for each, written in rows.items() for call in each.any_arguments(written)
            )
        return self._calls[agent, done]

    def _outcomes(
        self, moment: Moment, position: int, ended: Standing, activity: Activity, arguments: tuple[str, ...]
    ) -> Iterator[Taken]:
        """One transition for each way to resolve the choices of the next step of an activity."""
        positions: list[int] | None = []
        while positions is not None:
            script = Script(positions)
            walk = self.resume(position, activity)
            self.cells.restore(moment.shared)
            self.run.chooser = script
            self.run.failed.clear()
            problem = walk.outcome()
            if problem != BLOCKED:
                turn = Turn(moment.shared, tuple(script.positions))
                inside = replace(ended, activity=replace(activity, turns=(*activity.turns, turn)))
                standing = (
                    *moment.standing[:position],
                    ended if walk.over else inside,
                    *moment.standing[position + 1 :],
                )
                target = None if problem is not None else Moment(self.cells.snapshot(), standing)
                choices = (*arguments, *script.texts)
                yield Taken(position, walk.taken, choices, target, problem, tuple(self.run.failed))
            positions = script.following()

    def resume(self, position: int, activity: Activity) -> Walk:
        """An activity brought to where it stands, in a fresh generator."""
        walk = Walk(activity.operation.call(self.cells, activity.arguments), self.agents[position].steps)
        for turn in activity.turns:
            self.cells.restore(turn.before)
            self.run.chooser = Script(turn.script)
            walk.step()
        return walk


class Walk:
    """Runs a generator step by step."""

    def __init__(self, steps: Generator[str, None, Any], known: Collection[Boundary] | None) -> None:
        self.steps = steps
        self.known = known
        self.over = False
        self.boundary = self.taken = boundary(steps, next(steps))

    def outcome(self) -> str | None:
        """Run a step: None, or why there is no successor."""
        try:
            self.step()
        except Blocked:
            return BLOCKED
        except WorldTooSmallRaised:
            return "world too small"
        except MODEL_ERRORS:
            return "model error"
        return None

    def step(self) -> None:
        """Run to the next boundary that starts a step, past the first one, which `taken` names."""
        started = False
        while not self.over and not (started and self._starts_step()):
            if not started and self._starts_step():
                started, self.taken = True, self.boundary
            try:
                self.boundary = boundary(self.steps, next(self.steps))
            except StopIteration:
                self.over = True

    def frames(self) -> tuple[tuple[str, int, tuple[tuple[str, str], ...]], ...]:
        """Where the operation stands: name, line and locals of each generator on the call stack, outermost first."""
        found = []
        inner: Any = self.steps
        while inner is not None and inner.gi_frame is not None:
            if inner.gi_code is not _BOUNDED:
                kept = inner.gi_frame.f_locals.items()
                texts = tuple(sorted((name, text(value)) for name, value in kept if not isinstance(value, State)))
                found.append((inner.__name__, inner.gi_frame.f_lineno, texts))
            inner = inner.gi_yieldfrom
        return tuple(found)

    def _starts_step(self) -> bool:
        calls, _ = self.boundary
        return bool(calls) and (self.known is None or self.boundary in self.known)


def boundary(steps: Generator[str, None, Any], label: str) -> Boundary:
    """Where a generator stands that just yielded a label."""
    calls: list[str] = []
    last: Any = steps
    inner: Any = steps
    while inner is not None:
        if getattr(inner, "gi_code", None) is _BOUNDED:
            calls.append(inner.__name__)
        last, inner = inner, getattr(inner, "gi_yieldfrom", None)
    if last.gi_code is _BOUNDED and label != last.__name__:
        calls.pop()
    return tuple(calls), label


def _code_of_bounded() -> object:
    def probe() -> Generator[str, None, None]:
        yield ""

    wrapper: Callable[[], Any] = bounded(probe)
    return wrapper().gi_code


_BOUNDED = _code_of_bounded()


def agents_of(
    model: PlainModel, request: Request, steps: Mapping[str, Collection[Boundary] | None]
) -> tuple[PlainAgent, ...]:
    """The agents of a request by name, in the order of `steps`, with the boundaries that start a step of each.

    A name that no agent of the scenario has is that of a unit.
    """
    specs = {spec.name: spec for spec in request.agents}
    agents = {name: _program(model, specs[name]) if name in specs else _unit(model, request, name) for name in steps}
    return tuple(replace(agent, steps=steps[name]) for name, agent in agents.items())


def _program(model: PlainModel, spec: AgentSpec) -> PlainAgent:
    lines = tuple((model.operations[line.operation], line.args) for line in spec.lines)
    return PlainAgent(spec.name, lines, spec.any, spec.budget)


def _unit(model: PlainModel, request: Request, name: str) -> PlainAgent:
    unit, _, element = name.partition(".")
    lines = []
    for operation in (model.operations[each] for each in request.hardware[unit]):
        sorts = operation.parameters()
        of = "Device" if operation.said.device is not None else getattr(operation.said.per, "__name__", None)
        first = next((each for each, sort in sorts.items() if getattr(sort, "__name__", "") == of), None)
        lines.append((operation, {} if first is None else {first: element}))
    return PlainAgent(name, tuple(lines), True, None)
