"""The setup of a scenario: its lines, run to completion one after the other, make the initial state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System
from shootdown.model.language import lower
from shootdown.model.language.model import Model, Role
from shootdown.model.language.world import AgentSpec, Line, Request

from .agents import Binder, binder_of, line_of
from .document import Scenario
from .problem import did_you_mean
from .units import owed_units, units_in

LONGEST = 10_000
"""Transitions after which a setup line counts as one that never ends."""


@dataclass(frozen=True)
class Setup:
    """The lines of a setup, read: a system of the agents that run them, and whose turn it is at each line."""

    scenario: Scenario
    system: System
    order: tuple[str, ...]

    def run(self, evaluator: Evaluator) -> Mapping[str, tuple[int, ...]]:
        """The values of the shared variables after the setup; `evaluator` is of the system, perhaps under another
        design. Raises ScenarioError: a line that blocks, goes wrong, fails an assertion or does not end."""
        runner = _Runner(self.scenario, evaluator)
        for position, name in enumerate(self.order):
            runner.run(position, name)
        return runner.shared()


def run_setup(scenario: Scenario, model: Model, request: Request) -> Mapping[str, tuple[int, ...]]:
    """The values of the shared variables after the setup; empty if there is none. Raises ScenarioError."""
    setup = read_setup(scenario, model, request)
    return {} if setup is None else setup.run(Evaluator(setup.system))


def read_setup(scenario: Scenario, model: Model, request: Request) -> Setup | None:
    """The setup of a scenario; None if there is none. Raises ScenarioError for a line that is none."""
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
    system = lower(model, replace(request, agents=agents, hardware=owed, properties=(), split=False))
    return Setup(scenario, system, tuple(order))


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

    def __init__(self, scenario: Scenario, evaluator: Evaluator) -> None:
        self.scenario = scenario
        self.evaluator = evaluator
        self.state: State = evaluator.layout.initial
        system = evaluator.system
        self.positions = {agent.name: position for position, agent in enumerate(system.agents)}
        self.hardware = {position for position, agent in enumerate(system.agents) if agent.hardware}

    def run(self, position: int, name: str) -> None:
        """Run the next line of an agent to its end, and then what hardware owes."""
        key, agent = f"setup[{position}]", self.positions[name]
        started = False
        for _ in range(LONGEST):
            if started and not self._inside(agent):
                if not self._complete(key):
                    return self._check_idle(key)
                continue
            transition = self._next({agent})
            if transition is not None:
                started = True
                self._take(key, transition)
            elif not self._complete(key):
                where = self.scenario.tables.setup[position]
                raise self.scenario.error(key, f"'{where}' blocks: nothing that it waits for will happen")
        raise self.scenario.error(key, f"does not end within {LONGEST} transitions")

    def shared(self) -> Mapping[str, tuple[int, ...]]:
        """The shared variables as they are now."""
        layout = self.evaluator.layout
        return {
            array.name: self.state[layout.arrays[array.name] : layout.arrays[array.name] + array.size]
            for array in self.evaluator.system.arrays
        }

    def _check_idle(self, key: str) -> None:
        """Refuse to forget what hardware is in the middle of: only shared state is kept."""
        for position in self.hardware:
            if self._inside(position):
                name = self.evaluator.system.agents[position].name
                raise self.scenario.error(key, f"leaves {name} in the middle of an operation")

    def _complete(self, key: str) -> bool:
        """Take one transition of the hardware, if it has one."""
        transition = self._next(self.hardware)
        if transition is None:
            return False
        self._take(key, transition)
        return True

    def _next(self, agents: set[int]) -> Transition | None:
        evaluator, state = self.evaluator, self.state
        return next(
            (
                outcome
                for agent in sorted(agents)
                for step in evaluator.steps_at(state, agent)
                for outcome in evaluator.outcomes(state, agent, step)
            ),
            None,
        )

    def _take(self, key: str, transition: Transition) -> None:
        if transition.problem is not None:
            problem = transition.problem
            raise self.scenario.error(key, f"{problem.failure.value}: {problem.message} ({problem.where})")
        if transition.violated:
            step = self.evaluator.step(transition).label
            raise self.scenario.error(key, f"'{step}' violates {', '.join(transition.violated)} already here")
        assert transition.target is not None
        self.state = transition.target

    def _inside(self, agent: int) -> bool:
        system = self.evaluator.system
        point = self.state[self.evaluator.layout.points[agent]]
        return system.process(system.agents[agent]).points[point].inside
