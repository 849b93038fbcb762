"""Random walks over the evaluator: each a run from the initial state that takes one transition after another.

Whose turn it is is drawn among the agents that can go on, then one of the agent's transitions, so that an agent with
many choices does not come more often than others. Each run draws how much each agent weighs, too: in some runs an agent
hardly moves, in some it is hardly ever interrupted. What is drawn depends on the seed of the run and on nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

from .options import Limits
from .result import NO_DEADLOCK, Counts, Exploration, Finding, Path
from .trace.goals import decides

WEIGHTS = (1.0, 4.0, 16.0)
HARDWARE_WEIGHTS = (0.25, 1.0, 4.0)
"""Units fill and evict for ever, and would fill the runs."""

AFTERWARDS = 20
"""Steps that a run goes on when only hardware moves, which may do harm yet, or nothing."""

STOPPED = "simulation"
"""What ended a search that has taken all its runs: they are never all there are."""


@dataclass(frozen=True)
class SimulationEngine:
    """Takes `runs` random runs of at most `steps` transitions; the run of number i has the seed `seed` + i.

    It ends early when every property is decided, and at a problem. A property that it does not decide may be violated
    all the same. `runs_of` has the seed of the run that decided a property; the problem's has the empty name. `begun`
    has the seeds of the runs that were begun, the last of which may have been cut short.
    """

    seed: int = 0
    runs: int = 100
    steps: int = 200
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)
    name: str = "simulation"
    runs_of: dict[str, int] = field(default_factory=dict, compare=False)
    begun: list[int] = field(default_factory=list, compare=False)

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`, but for what is not found. Counts are distinct states, and steps taken."""
        started = self.clock()
        walks = Walks(system)
        self.begun.clear()
        stopped: str | None = STOPPED
        try:
            for seed in range(self.seed, self.seed + self.runs):
                if limits.max_seconds is not None and self.clock() - started >= limits.max_seconds:
                    stopped = "max_seconds"
                    break
                self.begun.append(seed)
                for name in walks.run(Random(seed), self.steps):
                    self.runs_of[name] = seed
                if walks.problem is not None or walks.all_decided:
                    stopped = None
                    break
        except KeyboardInterrupt:
            stopped = "interrupted"
        return Exploration(
            counts=Counts(len(walks.seen), walks.taken, walks.longest),
            exhausted=False,
            stopped=stopped,
            findings=walks.findings,
            problem=walks.problem,
            seconds=self.clock() - started,
            engine=self.name,
            fired=frozenset(walks.fired),
            canonical=False,
        )


class Walks:
    """What all runs together have seen."""

    def __init__(self, system: System) -> None:
        self.evaluator = Evaluator(system)
        self.system = system
        self.seen: set[State] = set()
        self.fired: set[tuple[str, int]] = set()
        self.taken = 0
        self.longest = 0
        self.findings: dict[str, Finding] = {}
        self.problem: Path | None = None
        self._undecided = {prop.name: prop for prop in system.properties}

    @property
    def all_decided(self) -> bool:
        """Whether there is nothing left to find."""
        return bool(self.system.properties) and not self._undecided

    def run(self, random: Random, steps: int) -> Iterator[str]:
        """Take one run; the names of what it decides, the empty one for a problem."""
        state = self.evaluator.layout.initial
        path: list[Transition] = []
        weights = [random.choice(HARDWARE_WEIGHTS if agent.hardware else WEIGHTS) for agent in self.system.agents]
        alone = 0
        yield from self._look(state, path)
        while len(path) < steps and alone < AFTERWARDS:
            transition = self._drawn(random, state, weights)
            if transition is None:
                if self.evaluator.inside(state):
                    yield from self._found(NO_DEADLOCK, path)
                break
            path.append(transition)
            hardware = self.system.agents[transition.agent].hardware
            alone = alone + 1 if hardware and self._only_hardware(state) else 0
            self.taken += 1
            self.fired.add((self.system.agents[transition.agent].process, transition.step))
            for name in transition.violated:
                yield from self._found(name, path)
            if transition.target is None:
                self.problem = self._path(path)
                yield ""
                break
            state = transition.target
            yield from self._look(state, path)
        self.longest = max(self.longest, len(path))

    def _drawn(self, random: Random, state: State, weights: Sequence[float]) -> Transition | None:
        # In this order the first of those that can go on is each of them as often as it weighs.
        order = [(random.random() ** (1 / weight), agent) for agent, weight in enumerate(weights)]
        for _, agent in sorted(order, reverse=True):
            found = self._transitions(state, agent)
            if found:
                return random.choice(found)
        return None

    def _transitions(self, state: State, agent: int) -> list[Transition]:
        steps = self.evaluator.steps_at(state, agent)
        return [each for step in steps for each in self.evaluator.outcomes(state, agent, step)]

    def _only_hardware(self, state: State) -> bool:
        """Whether every program has ended, or cannot begin anything."""
        return self.evaluator.finished(state) and not any(
            self._transitions(state, number) for number, agent in enumerate(self.system.agents) if not agent.hardware
        )

    def _look(self, state: State, path: list[Transition]) -> Iterator[str]:
        if state not in self.seen:
            self.seen.add(state)
            for prop in list(self._undecided.values()):
                if decides(self.evaluator, prop, state):
                    yield from self._found(prop.name, path)

    def _found(self, name: str, path: list[Transition]) -> Iterator[str]:
        if name in self.findings or (name not in self._undecided and name != NO_DEADLOCK):
            return
        self._undecided.pop(name, None)
        self.findings[name] = Finding(name, self._path(path), shortest=False)
        yield name

    def _path(self, path: list[Transition]) -> Path:
        return Path(self.evaluator.layout.initial, tuple(path))
