"""The search of docs/search.md, written down as naively as possible over the reference evaluator.

It shares no code with the engines and keeps every transition in memory: for systems of a few thousand states.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind, StepClass, System

Label = tuple[int, int, tuple[int, ...]]
"""Agent, step and chosen values of a transition."""
Labels = tuple[Label, ...]


@dataclass(frozen=True)
class Decision:
    """The least depth that shows a property violated (or witnessed), and the canonical path that does."""

    depth: int
    path: Labels


@dataclass(frozen=True)
class Reference:
    """The outcome of a search, as `Exploration` states it."""

    states: int
    transitions: int
    depth: int
    exhausted: bool
    stopped: str | None
    decided: dict[str, Decision]
    problem: Decision | None
    fired: frozenset[tuple[str, int]]

    @property
    def depths(self) -> dict[str, int]:
        """Least depth of each decided property."""
        return {name: decision.depth for name, decision in self.decided.items()}


def label(transition: Transition) -> Label:
    """What identifies a transition of its state."""
    return transition.agent, transition.step, tuple(choice.value for choice in transition.choices)


def search(system: System, max_states: int | None = None, max_depth: int | None = None) -> Reference:
    """Search a system to the end, or to a limit."""
    run = _Search(system, max_states, max_depth)
    run.explore()
    return run.result()


@dataclass
class _Search:
    system: System
    max_states: int | None
    max_depth: int | None
    depths: dict[State, int] = field(default_factory=dict)
    edges: dict[State, list[Transition]] = field(default_factory=dict)
    goals: dict[str, tuple[int, list[State], list[tuple[State, Transition]]]] = field(default_factory=dict)
    problems: list[tuple[State, Transition]] = field(default_factory=list)
    exhausted: bool = False
    stopped: str | None = None

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.system)
        self.named = {prop.name for prop in self.system.properties if prop.kind is PropertyKind.ASSERTION}

    def explore(self) -> None:
        initial = self.evaluator.layout.initial
        level = [initial]
        self.store(initial, 0)
        while True:
            if self.max_depth is not None and self.depths[level[0]] >= self.max_depth:
                self.stopped = "max_depth"
                self.find_stuck()
                return
            following: list[State] = []
            for state in level:
                if self.max_states is not None and len(self.depths) >= self.max_states:
                    self.stopped = "max_states"
                    self.find_stuck()
                    return
                following += self.expand(state)
            if self.problems or self.all_decided():
                return
            if not following:
                self.exhausted = True
                self.find_stuck()
                return
            level = following

    def expand(self, state: State) -> list[State]:
        """Fire every transition of a state; the targets that are new."""
        depth = self.depths[state]
        self.edges[state] = list(self.evaluator.transitions(state))
        new = []
        for transition in self.edges[state]:
            for name in set(transition.violated) & self.named:
                self.reach(name, depth + 1, transition=(state, transition))
            if transition.target is None:
                self.problems.append((state, transition))
            elif transition.target not in self.depths:
                self.store(transition.target, depth + 1)
                new.append(transition.target)
        if self.evaluator.finished(state) and not self.progresses(state):
            for prop in self.system.properties:
                if prop.kind is PropertyKind.AT_END and not self.evaluator.holds(prop, state):
                    self.reach(prop.name, depth, state=state)
        return new

    def store(self, state: State, depth: int) -> None:
        self.depths[state] = depth
        bounds = self.evaluator.layout.bounds
        assert all(lo <= value <= hi for value, (lo, hi) in zip(state, bounds, strict=True)), "value out of bounds"
        for prop in self.system.properties:
            bad = {PropertyKind.ALWAYS: False, PropertyKind.SOMETIMES: True}.get(prop.kind)
            if bad is not None and self.evaluator.holds(prop, state) == bad:
                self.reach(prop.name, depth, state=state)

    def reach(
        self,
        name: str,
        depth: int,
        state: State | None = None,
        transition: tuple[State, Transition] | None = None,
    ) -> None:
        """Note a state or transition that decides a property; only those of the least depth count."""
        least, states, transitions = self.goals.setdefault(name, (depth, [], []))
        if depth == least:
            states += [state] if state is not None else []
            transitions += [transition] if transition is not None else []

    def all_decided(self) -> bool:
        return bool(self.system.properties) and all(prop.name in self.goals for prop in self.system.properties)

    def progresses(self, state: State) -> bool:
        return any(self.evaluator.step(item).kind is StepClass.PROGRESS for item in self.edges[state])

    def find_stuck(self) -> None:
        """Decide no_deadlock, listed or not: of the states without progress, keep those that never reach any."""
        dead = {state for state in self.edges if not self.progresses(state)}
        while True:
            live = {state for state in dead if self.leaves(state, dead)}
            if not live:
                break
            dead -= live
        stuck = [state for state in dead if self.evaluator.inside(state)]
        least = min((self.depths[state] for state in stuck), default=0)
        for state in stuck:
            if self.depths[state] == least:
                self.reach("no_deadlock", least, state=state)

    def leaves(self, state: State, states: Collection[State]) -> bool:
        return any(item.target is not None and item.target not in states for item in self.edges[state])

    def result(self) -> Reference:
        problem = None
        if self.problems:
            depth = self.depths[self.problems[0][0]] + 1
            problem = Decision(depth, self.canonical(depth, (), self.problems))
        decided = {
            name: Decision(depth, self.canonical(depth, states, transitions))
            for name, (depth, states, transitions) in self.goals.items()
        }
        processes = [agent.process for agent in self.system.agents]
        return Reference(
            states=len(self.depths),
            transitions=sum(len(items) for items in self.edges.values()),
            depth=max(self.depths.values()),
            exhausted=self.exhausted,
            stopped=self.stopped,
            decided=decided,
            problem=problem,
            fired=frozenset((processes[item.agent], item.step) for items in self.edges.values() for item in items),
        )

    def canonical(self, depth: int, states: Iterable[State], transitions: Iterable[tuple[State, Transition]]) -> Labels:
        """The least path: for every state and last agent of a level, the best way there."""
        best: dict[tuple[State, int], tuple[int, Labels]] = {(self.evaluator.layout.initial, -1): (0, ())}
        last = {(source, label(item)) for source, item in transitions}
        goal = set(states)
        ways: list[tuple[int, Labels]] = []
        for level in range(depth + 1):
            if level == depth:
                ways += [way for (state, _), way in best.items() if state in goal]
                break
            following: dict[tuple[State, int], tuple[int, Labels]] = {}
            for (state, agent), (switches, labels) in best.items():
                for item in self.edges.get(state, ()):
                    way = (switches + (agent not in (-1, item.agent)), (*labels, label(item)))
                    if level == depth - 1 and (state, label(item)) in last:
                        ways.append(way)
                    if item.target is not None:
                        key = (item.target, item.agent)
                        following[key] = min(way, following.get(key, way))
            best = following
        return min(ways)[1]
