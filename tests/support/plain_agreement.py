"""Whether plain Python and the interpreter see the same transitions, along random schedules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from plain_cells import SharedCells
from plain_live import Astray, Live
from plain_model import PlainModel, load
from plain_reference import Outcome, Reference, Seen, boundaries
from plain_run import Moment, PlainRun, Taken, agents_of

from shootdown.checker.scenario import Scenario
from shootdown.checker.scenario.request import build
from shootdown.model.declare.cells import Address
from shootdown.model.declare.state import start
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System
from shootdown.model.language.world import Request

WEIGHTS = (1, 4, 16)
"""How often an agent is chosen; drawn anew for each schedule, so that in some one agent is far ahead of another."""
PROGRAM = 6
"""How much more often an agent that has an end is chosen than one that runs for ever."""
TAIL = 4
"""Steps after all programs have ended."""


@dataclass(frozen=True)
class Disagreement:
    """The steps taken, and then what only one side can do, or the properties on whose truth they differ."""

    path: tuple[str, ...]
    only_plain: tuple[Seen, ...] = ()
    only_interpreter: tuple[Seen, ...] = ()
    properties: tuple[str, ...] = ()


@dataclass
class Followed:
    """How many schedules were followed, how many of them to the end of all programs, in how many steps.

    `compared` counts the sets of transitions, each of an agent in a state, that were compared as a whole.
    """

    schedules: int = 0
    ended: int = 0
    steps: int = 0
    compared: int = 0
    disagreement: Disagreement | None = None


class Comparison:
    """The two meanings of one model in one world."""

    def __init__(self, files: Iterable[Path], request: Request, system: System) -> None:
        self.model: PlainModel = load(files)
        run = self.model.run(request)
        with run.active():
            cells = start(tuple(self.model.states.values()))
            self.cells = SharedCells(system, self.model, tuple(cells.values))
            self.reference = Reference(self.cells)
            self.initial: State = self.reference.evaluator.layout.initial
            if request.initial:
                cells.values |= self.cells.of(self.initial)
            steps = {agent.name: boundaries(system.process(agent)) for agent in system.agents}
            agents = agents_of(self.model, request, steps)
            assert {address: cells.values[address] for address in self.cells.held} == self.cells.of(self.initial)
        self.plain = PlainRun(run, agents, cells.snapshot())
        self._compared: set[tuple[int, State]] = set()

    def differ(self, state: State, moment: Moment, agent: int) -> tuple[tuple[Seen, ...], tuple[Seen, ...]] | None:
        """The transitions of an agent that only plain Python has, and that only the interpreter has."""
        if (agent, state) in self._compared:
            return None
        self._compared.add((agent, state))
        ours = Counter(
            self._seen(each, self._changed(moment, each)) for each in self.plain.successors_of(moment, agent)
        )
        theirs = Counter(each.seen for each in self.reference.fresh(state, agent))
        return None if ours == theirs else (tuple(ours - theirs), tuple(theirs - ours))

    @property
    def compared(self) -> int:
        """Sets of transitions compared."""
        return len(self._compared)

    def properties(self, state: State, moment: Moment) -> tuple[str, ...]:
        """The state properties on which the two sides differ."""
        differ = []
        self.plain.cells.restore(moment.shared)
        for prop in self.reference.system.properties:
            known = self.model.properties.get(prop.name)
            if known is not None and known.call(self.plain.cells, {}) != self.reference.holds(prop, state):
                differ.append(prop.name)
        return tuple(differ)

    def follow(self, live: Live, agent: int, outcome: Outcome) -> Seen | None:
        """Take a transition of the interpreter in plain Python, too: what is seen there; None if it has none such."""
        seen = outcome.seen
        try:
            return self._seen(*live.take(agent, seen.step[0][0], seen.choices))
        except Astray:
            return None

    def _changed(self, moment: Moment, taken: Taken) -> dict[Address, object]:
        if taken.target is None:
            return {}
        before = moment.shared
        return {
            address: value
            for address, value in taken.target.shared.items()
            if value is not before[address] and value != before[address]
        }

    def _seen(self, taken: Taken, changed: dict[Address, object]) -> Seen:
        target = taken.target
        return Seen(
            self.plain.agents[taken.agent].name,
            taken.step,
            taken.choices,
            frozenset(each for each in changed.items() if each[0] in self.cells.held),
            target is not None and target.standing[taken.agent].activity is not None,
            taken.problem,
            tuple(sorted(taken.violated)) if taken.problem is None else (),
        )


@dataclass
class Scheduler:
    """Follows random schedules; at each state it compares each agent's whole set of transitions with a probability."""

    comparison: Comparison
    random: Random
    share: float
    done: Followed

    def follow(self, longest: int) -> Disagreement | None:
        """Follow a schedule to its end, or for so many steps."""
        live, state = Live(self.comparison.plain), self.comparison.initial
        agents = live.plain.agents
        weights = [
            self.random.choice(WEIGHTS) * (PROGRAM if not agent.any or agent.budget is not None else 1)
            for agent in agents
        ]
        path: list[str] = []
        left = longest
        while left:
            if found := self._look(state, live, path):
                return found
            if (chosen := self._choose(state, weights)) is None:
                break
            agent, outcome = chosen
            seen = self.comparison.follow(live, agent, outcome)
            if seen != outcome.seen:
                return Disagreement(tuple(path), () if seen is None else (seen,), (outcome.seen,))
            state = outcome.after(state)
            path.append(str(seen))
            left = min(left - 1, TAIL) if live.finished else left - 1
        self.done.ended += live.finished
        self.done.steps += len(path)
        return None

    def _look(self, state: State, live: Live, path: list[str]) -> Disagreement | None:
        """Compare properties and the agents' sets of transitions, as far as chance has it."""
        if self._now() and (properties := self.comparison.properties(state, live.moment)):
            return Disagreement(tuple(path), properties=properties)
        for agent in range(len(live.plain.agents)):
            if self._now() and (found := self.comparison.differ(state, live.moment, agent)):
                return Disagreement(tuple(path), *found)
        return None

    def _now(self) -> bool:
        return self.random.random() < self.share

    def _choose(self, state: State, weights: list[int]) -> tuple[int, Outcome] | None:
        """An agent, and a transition of it that leads somewhere."""
        waiting = dict(enumerate(weights))
        while waiting:
            (agent,) = self.random.choices(list(waiting), list(waiting.values()))
            outcomes = [each for each in self.comparison.reference.outcomes(state, agent) if each.seen.problem is None]
            if outcomes:
                return agent, self.random.choice(outcomes)
            del waiting[agent]
        return None


def follow(comparison: Comparison, schedules: int, seed: int, longest: int, share: float) -> Followed:
    """Follow random schedules until the two sides disagree.

    Every step taken is compared. In every state the truth of the properties and, agent by agent, the set of transitions
    are compared with the probability `share`.
    """
    done = Followed()
    scheduler = Scheduler(comparison, Random(seed), share, done)
    with comparison.plain.run.active():
        while done.schedules < schedules and done.disagreement is None:
            done.schedules += 1
            done.disagreement = scheduler.follow(longest)
    done.compared = comparison.compared
    return done


def followed(
    scenario: Scenario, schedules: int, longest: int, share: float, seed: int = 0, files: Iterable[Path] | None = None
) -> Followed:
    """Follow random schedules of a scenario; plain Python reads `files` instead of the scenario's model, if given."""
    built = build(scenario)
    read = [Path(path) for path in built.model.files] if files is None else files
    return follow(Comparison(read, built.request, built.system), schedules, seed, longest, share)


def agree(
    files: Iterable[Path], request: Request, system: System, schedules: int = 100, seed: int = 0, longest: int = 60
) -> Disagreement | None:
    """Follow random schedules, comparing all transitions and properties of every state on the way."""
    return follow(Comparison(files, request, system), schedules, seed, longest, 1.0).disagreement
