"""Breadth-first search by levels, as docs/search.md states it."""

from __future__ import annotations

from collections.abc import Iterable

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, PropertyKind, StepClass, System

from ..trace.goals import decides
from .watch import Watch

Successors = frozenset[tuple[int, State]]
"""Where the transitions of a state lead: agent and target."""


class Search:
    """One search; what it has learnt so far stands in its attributes.

    `levels` are the states by depth, in the order in which they were stored. `successors` has the expanded ones.
    `waiting` are those of them in which no progress step is enabled. `found` maps properties to the depth at which
    they were decided; `problem` is the depth of the first transition that ended in a problem.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.evaluator = Evaluator(system)
        self.levels: list[list[State]] = [[]]
        self.successors: dict[State, Successors] = {}
        self.waiting: set[State] = set()
        self.found: dict[str, int] = {}
        self.problem: int | None = None
        self.transitions = 0
        self.fired: set[tuple[str, int]] = set()
        self._stored: set[State] = set()
        self._undecided = {prop.name: prop for prop in system.properties}
        self.store(self.evaluator.layout.initial, 0)

    @property
    def states(self) -> int:
        """Number of states stored."""
        return len(self._stored)

    @property
    def depth(self) -> int:
        """Depth of the deepest state stored."""
        return len(self.levels) - 1 if self.levels[-1] else len(self.levels) - 2

    @property
    def exhausted(self) -> bool:
        """Whether the last level stored nothing new, and nothing else ended the search."""
        return not self.levels[-1] and self.problem is None and not self._all_decided()

    def run(self, watch: Watch) -> str | None:
        """Search until there is no reason to go on; the limit that stopped it before, if one did."""
        level = 0
        while True:
            if watch.limits.max_depth is not None and level >= watch.limits.max_depth:
                return "max_depth"
            self.levels.append([])
            for state in self.levels[level]:
                limit = watch.reached(self.states, self.transitions, self.depth)
                if limit is not None:
                    return limit
                self.expand(state, level)
            if self.problem is not None or self._all_decided() or self.exhausted:
                return None
            level += 1

    def store(self, state: State, depth: int) -> None:
        """Store a state that is not known yet."""
        self._stored.add(state)
        self.levels[depth].append(state)
        self._decide(state, depth, self._of_kind(PropertyKind.ALWAYS, PropertyKind.SOMETIMES))

    def expand(self, state: State, depth: int) -> None:
        """Fire every transition of a state."""
        transitions = list(self.evaluator.transitions(state))
        if all(self.evaluator.step(transition).kind is StepClass.SPONTANEOUS for transition in transitions):
            self.waiting.add(state)
            self._decide(state, depth, self._of_kind(PropertyKind.AT_END))
        self.successors[state] = frozenset(
            (transition.agent, transition.target) for transition in transitions if transition.target is not None
        )
        for transition in transitions:
            self._fire(transition, depth + 1)

    def _fire(self, transition: Transition, depth: int) -> None:
        self.transitions += 1
        self.fired.add((self.system.agents[transition.agent].process, transition.step))
        for name in transition.violated:
            self._found(name, depth)
        if transition.target is None:
            self.problem = depth
        elif transition.target not in self._stored:
            self.store(transition.target, depth)

    def _all_decided(self) -> bool:
        return bool(self.system.properties) and not self._undecided

    def _of_kind(self, *kinds: PropertyKind) -> list[Property]:
        return [prop for prop in self._undecided.values() if prop.kind in kinds]

    def _decide(self, state: State, depth: int, candidates: Iterable[Property]) -> None:
        for prop in candidates:
            if decides(self.evaluator, prop, state):
                self._found(prop.name, depth)

    def _found(self, name: str, depth: int) -> None:
        if self._undecided.pop(name, None) is not None:
            self.found[name] = depth
