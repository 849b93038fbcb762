"""The search with merging and partial-order reduction in plain Python: what the native one is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind, StepClass, System

from ..analysis.ample import AmpleSets
from ..analysis.images import find_images
from ..analysis.independence import independence
from ..analysis.symmetry import Symmetry
from ..result import Reduced
from ..trace.goals import decides

FIRST_STAGE = 1000
"""States after which a search that was surprised begins again, the first time; then after twice as many."""
ROUND = 1024
"""States of a level that are expanded knowing the same: what one of them leads to, the others find as well."""
LONGEST_PASSAGE = 1000
"""Steps that are taken along in a row at most, so that nobody is passed over for ever."""


@dataclass
class ReducedSearch:
    """A search that stores only states where several agents compete.

    `merge`: a state in which one agent may go alone is passed through and not stored. `partial_order`: as in
    `AmpleSets`; also, stored states are expanded by the fewest agents that may go first, if that leads to a state that
    is expanded in a later round: so nobody is put off for ever. `symmetry`: of states that differ only in what
    interchangeable elements are called, one stands for all.
    """

    system: System
    merge: bool = True
    partial_order: bool = True
    symmetry: Symmetry | None = None
    stored: dict[State, int] = field(default_factory=dict, init=False)
    transitions: int = field(default=0, init=False)
    passed: int = field(default=0, init=False)
    postponed: int = field(default=0, init=False)
    renamed: int = field(default=0, init=False)
    decided: set[str] = field(default_factory=set, init=False)
    problem: bool = field(default=False, init=False)
    fired: set[tuple[str, int]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.system)
        tables = independence(self.system, self.symmetry)
        images = find_images(tables, self.symmetry)
        self._ample = AmpleSets(tables, self.evaluator, self.partial_order, images)
        self._names = {prop.name for prop in self.system.properties}
        self._order: list[State] = []
        self._quiet: dict[State, list[State] | None] = {}

    def run(self, max_states: int | None = None) -> Reduced:
        """Search to the end, or until so many states are stored."""
        stage = FIRST_STAGE
        self._begin()
        stopped, position, depth, level = None, 0, 0, len(self._order)
        while not self._done():
            late = len(self.stored) >= stage
            if late:
                stage *= 2
            if self._ample.surprises and (late or position == len(self._order)):
                self._begin()
                position, depth, level = 0, 0, len(self._order)
                continue
            if position == len(self._order):
                break
            if max_states is not None and len(self.stored) >= max_states:
                stopped = "max_states"
                break
            if position == level:
                depth, level = depth + 1, len(self._order)
            last = min(position + ROUND, level)
            self._round(self._order[position:last], last)
            position = last
        exhausted = stopped is None and not self._done()
        return Reduced(
            states=len(self.stored),
            transitions=self.transitions,
            exhausted=exhausted,
            stopped=stopped,
            decided=frozenset(self.decided),
            problem=self.problem,
            stuck=exhausted and self._any_stuck(),
            fired=frozenset(self.fired),
            passed=self.passed,
            postponed=self.postponed,
            renamed=self.renamed,
            depth=depth + (level < len(self._order)),
        )

    def _begin(self) -> None:
        """Begin with nothing but what is known of routes, and what was found."""
        self.stored.clear()
        self._order.clear()
        self._quiet.clear()
        self.transitions = self.passed = self.postponed = self.renamed = 0
        self._ample.surprises = 0
        found: dict[State, None] = {}
        self._arrive([self._exchanged(self.evaluator.layout.initial)], 0, found)
        self._end_round(found)

    def _done(self) -> bool:
        kinds = {prop.kind for prop in self.system.properties}
        every = bool(self._names) and PropertyKind.NO_DEADLOCK not in kinds and self.decided >= self._names
        return self.problem or every

    def _round(self, states: Sequence[State], last: int) -> None:
        """Expand states; those from position `last` on are expanded later."""
        found: dict[State, None] = {}
        for state in states:
            found |= self._expand(state, last)
        self._end_round(found)

    def _end_round(self, found: Iterable[State]) -> None:
        for state in found:
            self._store(state)
        self._ample.learn()

    def _expand(self, state: State, last: int) -> dict[State, None]:
        """What a state leads to that is not stored yet, in the order in which it is found."""
        found: dict[State, None] = {}
        everyone = range(len(self.system.agents))
        first = self._ample.cluster(state) if self.partial_order else everyone
        transitions = self._of(state, first)
        if len(first) < len(everyone) and any(self._is_progress(transition) for transition in transitions):
            if self._arrive(self._fire(transitions), last, found):
                self.postponed += 1
            else:
                others = [agent for agent in everyone if agent not in first]
                self._arrive(self._fire(self._of(state, others)), last, found)
            return found
        transitions += self._of(state, [agent for agent in everyone if agent not in first])
        if not any(self._is_progress(transition) for transition in transitions):
            self._end(state)
            targets = [item.target for item in transitions if item.target is not None]
            self._quiet[state] = [self._representative(target) for target in targets]
        self._arrive(self._fire(transitions), last, found)
        return found

    def _of(self, state: State, agents: Iterable[int]) -> list[Transition]:
        return [
            transition
            for agent in agents
            for step in self.evaluator.steps_at(state, agent)
            for transition in self.evaluator.outcomes(state, agent, step)
        ]

    def _arrive(self, states: Sequence[State], last: int, found: dict[State, None]) -> bool:
        """Add states that are not stored to `found`, or what comes behind those passed through, the last first.

        A passage that comes to a state again, which is compared with one of its first half, has gone round. Returns
        whether one of the states that are arrived at is not stored, or from position `last` on.
        """
        pending = [(state, state, 0) for state in states]
        later = False
        while pending:
            state, earlier, length = pending.pop()
            if state in self.stored or state in found:
                later = later or self.stored.get(state, last) >= last
                continue
            round_again = length > 0 and state == earlier
            passing = self.merge and length < LONGEST_PASSAGE and not round_again
            ample = self._ample.of(state) if passing else None
            if ample is None:
                found[state] = None
                later = True
                continue
            self.passed += 1
            if length & (length - 1) == 0:
                earlier = state
            pending += [(target, earlier, length + 1) for target in self._fire(ample)]
        return later

    def _fire(self, transitions: list[Transition]) -> list[State]:
        for transition in transitions:
            self.transitions += 1
            self.fired.add((self.system.agents[transition.agent].process, transition.step))
            self.decided |= self._names & set(transition.violated)
            self.problem = self.problem or transition.target is None
        return [self._exchanged(item.target) for item in transitions if item.target is not None]

    def _representative(self, state: State) -> State:
        return state if self.symmetry is None else self.symmetry.representative(state)

    def _exchanged(self, state: State) -> State:
        found = self._representative(state)
        self.renamed += found != state
        return found

    def _store(self, state: State) -> None:
        self.stored[state] = len(self._order)
        self._order.append(state)
        for prop in self.system.properties:
            if prop.kind in (PropertyKind.ALWAYS, PropertyKind.SOMETIMES) and decides(self.evaluator, prop, state):
                self.decided.add(prop.name)

    def _end(self, state: State) -> None:
        for prop in self.system.properties:
            if prop.kind is PropertyKind.AT_END and decides(self.evaluator, prop, state):
                self.decided.add(prop.name)

    def _is_progress(self, transition: Transition) -> bool:
        return self.evaluator.step(transition).kind is StepClass.PROGRESS

    def _any_stuck(self) -> bool:
        """Whether a state without progress leads to none with progress, and has an agent inside an operation.

        What is passed through has progress.
        """
        dead = set(self._quiet)
        while True:
            live = {state for state in dead if any(target not in dead for target in self._quiet[state] or ())}
            if not live:
                return any(self.evaluator.inside(state) for state in dead)
            dead -= live
