"""The setup of a scenario: its lines, run to completion one after the other, make the initial state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shootdown.model.ir.evaluate import Evaluator, Problem, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Failure
from shootdown.model.ir.system import System
from shootdown.model.language import lower, unfold
from shootdown.model.language.lowering.running import running
from shootdown.model.language.model import Model, Role
from shootdown.model.language.world import AgentSpec, Line, Request, World

from .agents import Binder, binder_of, line_of
from .document import Scenario
from .problem import ScenarioError, did_you_mean
from .units import owed_units, units_in

LONGEST = 10_000
"""Transitions after which a setup line counts as one that never ends."""


MOST_KEPT = 16
"""Setups of which the result is kept, those asked for last: the variants of a scenario have them in common."""

Shared = Mapping[str, tuple[int, ...]]
"""Values of shared variables, by array."""


@dataclass(frozen=True)
class Stage:
    """How far a setup has come: its line, whether that has begun, the state, and transitions taken since it began."""

    line: int
    begun: bool
    state: State
    taken: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Setup:
    """The lines of a setup, read: a system of the agents that run them, and whose turn it is at each line."""

    scenario: Scenario
    system: System
    order: tuple[str, ...]
    world: World

    def run(self, evaluator: Evaluator) -> Shared:
        """The values of the shared variables after the setup; `evaluator` is of the system, perhaps under another
        design. Raises ScenarioError: a line that blocks, goes wrong, fails an assertion or does not end."""
        stage: Stage | None = self.begin(evaluator)
        while stage is not None:
            last, stage = stage, self.next(evaluator, stage)
        return evaluator.shared(last.state)

    def begin(self, evaluator: Evaluator) -> Stage:
        """The stage in front of the first line."""
        return Stage(0, False, evaluator.layout.initial)

    def next(self, evaluator: Evaluator, stage: Stage) -> Stage | None:
        """The stage after one transition more, or behind a line that is over; None behind the last one."""
        return None if stage.line == len(self.order) else _Runner(self, evaluator, stage).next()


def run_setup(scenario: Scenario, model: Model, request: Request) -> Shared:
    """The values of the shared variables after the setup; empty if there is none. Raises ScenarioError."""
    read = _read(scenario, model, request)
    if read is None:
        return {}
    design = read.request.design
    known = _recent.of(model, read)
    for consulted, values in known:
        if consulted.items() <= design.items():
            return values
    evaluator = running(unfold(model, read.request))
    values = Setup(scenario, evaluator.system, read.order, request.world).run(evaluator)
    known.append(({name: design[name] for name in evaluator.consulted}, values))
    return values


def read_setup(scenario: Scenario, model: Model, request: Request) -> Setup | None:
    """The setup of a scenario; None if there is none. Raises ScenarioError for a line that is none."""
    read = _read(scenario, model, request)
    return None if read is None else Setup(scenario, lower(model, read.request), read.order, request.world)


@dataclass(frozen=True)
class _Read:
    """The agents of a setup, and whose turn it is at each line."""

    request: Request
    order: tuple[str, ...]


@dataclass
class _Recent:
    """What setups came to lately. Under designs that agree on what a setup consults, it comes to the same."""

    model: Model | None = None
    results: OrderedDict[object, list[tuple[Mapping[str, str], Shared]]] = field(default_factory=OrderedDict)
    """By everything but the design: the designs that were met, as far as they were consulted."""

    def of(self, model: Model, read: _Read) -> list[tuple[Mapping[str, str], Shared]]:
        """The results of a setup under other designs; new ones are to be added."""
        if self.model is not model:
            self.model, self.results = model, OrderedDict()
        # As a text, because 1 == True and only one of the two may fit a place.
        key = repr(replace(read.request, name="", design={})), read.order
        found = self.results.setdefault(key, [])
        self.results.move_to_end(key)
        if len(self.results) > MOST_KEPT:
            self.results.popitem(last=False)
        return found


_recent = _Recent()


def _read(scenario: Scenario, model: Model, request: Request) -> _Read | None:
    texts = scenario.tables.setup
    if not texts:
        return None
    programs: dict[str, list[Line]] = {}
    order: list[str] = []
    for position, text in enumerate(texts):
        name, line = _line(scenario, position, text, model, request)
        programs.setdefault(name, []).append(line)
        order.append(name)
    busy = {name.partition(".")[0] for name in programs}
    owed = {unit: names for unit, names in owed_units(model, request.world).items() if unit not in busy}
    agents = tuple(AgentSpec(name, tuple(lines)) for name, lines in programs.items())
    asked = replace(request, agents=agents, hardware=owed, properties=(), split=False)
    return _Read(asked, tuple(order))


def _line(scenario: Scenario, position: int, text: str, model: Model, request: Request) -> tuple[str, Line]:
    key = f"setup[{position}]"
    name, colon, line = (part.strip() for part in text.partition(":"))
    if not colon or not name:
        raise scenario.error(key, f"'{text}' names nobody who runs it: write 'AGENT: LINE'")
    world = request.world
    unit, dot, element = name.partition(".")
    if dot or unit in units_in(model, world):
        operations = [each for each in model.operations.values() if each.options.unit == unit]
        if not operations:
            units = units_in(model, world)
            raise scenario.error(key, f"unknown unit '{unit}'{did_you_mean(unit, units)}")
        binder = binder_of(element, None, world)
        if dot and not binder.elements:
            raise scenario.error(key, f"this world has no '{element}'")
        return name, line_of(scenario, key, line, operations, replace(binder, name=name), world)
    operations = [each for each in model.operations.values() if each.role is Role.OPERATION]
    return name, line_of(scenario, key, line, operations, _agent(scenario, name, request), world)


def _agent(scenario: Scenario, name: str, request: Request) -> Binder:
    return binder_of(name, scenario.tables.agents.get(name), request.world)


class _Runner:
    """Runs the agents of a setup system one line at a time, with the least choices."""

    def __init__(self, setup: Setup, evaluator: Evaluator, stage: Stage) -> None:
        self.setup = setup
        self.evaluator = evaluator
        self.stage = stage
        self.key = f"setup[{stage.line}]"
        agents = list(enumerate(evaluator.system.agents))
        self.hardware = [position for position, agent in agents if agent.hardware]
        self.agent = next(position for position, agent in agents if agent.name == setup.order[stage.line])

    def next(self) -> Stage:
        """The next transition of the line's agent, or of what hardware owes; or the end of the line."""
        stage = self.stage
        if stage.taken == LONGEST:
            raise self._error(f"does not end within {LONGEST} transitions")
        if stage.begun and not self._inside(self.agent):
            transition = self._enabled(self.hardware)
            if transition is None:
                self._check_idle()
                return Stage(stage.line + 1, False, stage.state)
            return self._taken(transition, begun=True)
        transition = self._enabled([self.agent])
        if transition is not None:
            return self._taken(transition, begun=True)
        transition = self._enabled(self.hardware)
        if transition is None:
            where = self.setup.scenario.tables.setup[stage.line]
            raise self._error(f"'{where}' blocks: nothing that it waits for will happen")
        return self._taken(transition, begun=stage.begun)

    def _error(self, text: str) -> ScenarioError:
        return self.setup.scenario.error(self.key, text)

    def _check_idle(self) -> None:
        """Refuse to forget what hardware is in the middle of: only shared state is kept."""
        for position in self.hardware:
            if self._inside(position):
                name = self.evaluator.system.agents[position].name
                raise self._error(f"leaves {name} in the middle of an operation")

    def _enabled(self, agents: Sequence[int]) -> Transition | None:
        evaluator, state = self.evaluator, self.stage.state
        return next(
            (
                outcome
                for agent in agents
                for step in evaluator.steps_at(state, agent)
                for outcome in evaluator.outcomes(state, agent, step)
            ),
            None,
        )

    def _taken(self, transition: Transition, *, begun: bool) -> Stage:
        if transition.problem is not None:
            problem = transition.problem
            raise self._error(f"{problem.failure.value}: {problem.message} ({problem.where}){self._remedy(problem)}")
        if transition.violated:
            step = self.evaluator.step(transition).label
            raise self._error(f"'{step}' violates {', '.join(transition.violated)} already here")
        assert transition.target is not None
        return Stage(self.stage.line, begun, transition.target, self.stage.taken + 1)

    def _remedy(self, problem: Problem) -> str:
        """What to write where the world has run out of something."""
        if problem.failure is not Failure.WORLD_TOO_SMALL:
            return ""
        elements = self.setup.scenario.tables.world.elements
        sort = next((name for name in self.setup.world.elements if f"no {name} " in problem.message), None)
        if sort is None:
            return "; give [world] more"
        listed = elements.get(sort, 0)
        return f"; give [world] more: {f'{sort} = {listed + 1}' if isinstance(listed, int) else f'another {sort}'}"

    def _inside(self, agent: int) -> bool:
        return self.evaluator.point(self.stage.state, agent).inside
