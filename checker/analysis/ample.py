"""Ample sets: an agent whose next steps nothing that others can do before them depends on goes first, alone.

Whatever others do meanwhile, they could as well do afterwards: every run that such a set leaves out leads to a state,
and through the same transitions, as one that is kept. What others can do is read off their routes from where they
are; a route stays closed while a condition on it is false and nobody who may run writes what it reads. The agent
must have a progress step enabled: no state that counts as an end or as stuck is then left out. It must write
nothing that a property of states reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import StepClass

from .independence import NOTHING, Footprint, Independence, Route


@dataclass(frozen=True, slots=True)
class Future:
    """What an agent may do from a point: its footprint, and the literals, as bits, that closed routes lack."""

    footprint: Footprint
    lacking: int


@dataclass
class AmpleSets:
    """The ample set of each state, if it has one. `partial_order`: by what others may do from where they are; else by
    all that they may ever do."""

    independence: Independence
    evaluator: Evaluator
    partial_order: bool = True
    _futures: dict[tuple[int, int, int], Future] = field(default_factory=dict, init=False)

    def of(self, state: State) -> list[Transition] | None:
        """The transitions of the first agent that may go alone; None: there is no such agent."""
        true = self.literals(state)
        points = [state[offset] for offset in self.evaluator.layout.points]
        for agent in range(len(points)):
            if not self._alone(agent, points, true):
                continue
            transitions = [
                transition
                for step in self.evaluator.steps_at(state, agent)
                for transition in self.evaluator.outcomes(state, agent, step)
            ]
            if any(self.evaluator.step(transition).kind is StepClass.PROGRESS for transition in transitions):
                return transitions
        return None

    def literals(self, state: State) -> int:
        """The literals that hold in a state: bit 2n for "condition n is false", the next one for "it is true"."""
        found, values = 0, list(state)
        for number, condition in enumerate(self.independence.conditions):
            args = self.evaluator.system.agents[condition.agent].args
            frame = Frame(values, self.evaluator.layout.points[condition.agent] + 1, args)
            found |= 1 << 2 * number + (self.evaluator.value(condition.expr, frame) != 0)
        return found

    def _alone(self, agent: int, points: Sequence[int], true: int) -> bool:
        own = self._now(agent, points[agent], true)
        if own is None or own.writes & self.independence.visible:
            return False
        others = [other for other in range(len(points)) if other != agent]
        if not self.partial_order:
            return not own.disturbs(reduce(or_, (self.independence.whole[other] for other in others), NOTHING))
        possible = true
        while True:
            futures = [self.future(other, points[other], possible) for other in others]
            footprint = reduce(or_, (future.footprint for future in futures), NOTHING)
            lacking = reduce(or_, (future.lacking for future in futures), 0)
            opened = self._opened(lacking, footprint.writes)
            if not opened:
                return not own.disturbs(footprint)
            possible |= opened

    def _now(self, agent: int, point: int, true: int) -> Footprint | None:
        """What an agent's steps touch where it stands: of those that cannot run, what keeps them from it."""
        found = None
        for route in self.independence.routes[agent].get(point, ()):
            false = _first_false(route, true)
            conditions = self.independence.conditions
            touched = route.footprint if false is None else Footprint(conditions[false // 2].reads)
            found = touched if found is None else found | touched
        return found

    def _opened(self, lacking: int, writes: int) -> int:
        """Both literals of each condition that a closed route lacks and that may change."""
        opened = 0
        for number, condition in enumerate(self.independence.conditions):
            if lacking >> 2 * number & 3 and condition.reads & writes:
                opened |= 3 << 2 * number
        return opened

    def future(self, agent: int, point: int, possible: int) -> Future:
        """What an agent may do from a point while at most these literals hold."""
        key = agent, point, possible & self.independence.own_literals[agent]
        known = self._futures.get(key)
        if known is None:
            known = self._futures[key] = self._future(*key)
        return known

    def _future(self, agent: int, point: int, possible: int) -> Future:
        routes = self.independence.routes[agent]
        footprint, lacking = NOTHING, 0
        seen, pending = {point}, [point]
        while pending:
            for route in routes.get(pending.pop(), ()):
                false = _first_false(route, possible)
                if false is not None:
                    lacking |= 1 << false
                    continue
                footprint |= route.footprint
                new = set(route.targets) - seen
                seen |= new
                pending += sorted(new)
        return Future(footprint, lacking)


def _first_false(route: Route, literals: int) -> int | None:
    """The first literal of a route, as a bit, that is not among these."""
    return next((2 * n + wanted for n, wanted in route.literals if not literals >> 2 * n + wanted & 1), None)
