"""Ample sets: agents whose next steps nothing that others can do before them depends on go first.

Whatever others do meanwhile, they could as well do afterwards: every run that such a set leaves out leads to a state,
and through the same transitions, as one that is kept. What others can do is read off their routes from where they
are; a route stays closed while a condition on it is false and nobody who may run writes what it reads, and where the
agent that goes first excludes that it holds. One of the set must have a progress step enabled: no state that counts as
an end or as stuck is then left out. They must write nothing that a property of states reads.

Of a route that was open in no state so far, only what opens it counts. A search that meets one later begins again. If
it meets none, there is none: before the first one others would have done only what was looked at, and so it would have
been as open after any step that went first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import StepClass

from .footprint import NOTHING, Footprint, Route
from .images import RouteKey
from .independence import Independence


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
    images: Mapping[RouteKey, tuple[RouteKey, ...]] = field(default_factory=dict)
    """Routes that are met with a route, because one state stands for many (`find_images`)."""
    met: set[RouteKey] = field(default_factory=set, init=False)
    """Agent, point and position of the routes that were open in a state that was looked at when `learn` was called."""
    surprises: int = field(default=0, init=False)
    """Routes met when others had been looked at as if there were none; whoever sets this to 0 begins again."""
    _new: set[RouteKey] = field(default_factory=set, init=False)
    _futures: dict[tuple[int, int, int], Future] = field(default_factory=dict, init=False)

    def of(self, state: State) -> list[Transition] | None:
        """The transitions of the first agent that may go alone; None: there is no such agent."""
        true, points = self._look_at(state)
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

    def _look_at(self, state: State) -> tuple[int, list[int]]:
        """The literals that hold in a state and the points of the agents; its open routes are noted."""
        true = self.literals(state)
        points = [state[offset] for offset in self.evaluator.layout.points]
        if self.partial_order:
            for agent, point in enumerate(points):
                self._note(agent, point, true)
        return true, points

    def _note(self, agent: int, point: int, true: int) -> None:
        """Note the routes that are open at a point and were not met."""
        routes = self.independence.routes[agent].get(point, ())
        for position, route in enumerate(routes):
            key = agent, point, position
            if key not in self.met and _first_false(route, true) is None:
                self._new.add(key)

    def learn(self) -> None:
        """Meet the routes that were noted, and what may be an image of theirs."""
        new = self._new.union(*(self.images.get(key, ()) for key in self._new)) - self.met
        self.met |= new
        self.surprises += len(new)
        self._new.clear()
        if new:
            self._futures.clear()

    def literals(self, state: State) -> int:
        """The literals that hold in a state: bit 2n for "condition n is false", the next one for "it is true"."""
        found, values = 0, list(state)
        for number, condition in enumerate(self.independence.conditions):
            args = self.evaluator.system.agents[condition.agent].args
            frame = Frame(values, self.evaluator.layout.points[condition.agent] + 1, args)
            found |= 1 << 2 * number + (self.evaluator.value(condition.expr, frame) != 0)
        return found

    def cluster(self, state: State) -> list[int]:
        """The fewest agents of which some may get on and nothing that the others can do before depends on their steps.

        The first such agents, if several are as few; all agents, if there are no fewer.
        """
        true, points = self._look_at(state)
        fewest = list(range(len(points)))
        for agent, point in enumerate(points):
            if self._may_run(agent, point, true):
                found = self._closed(agent, points, true)
                getting_on = any(self._may_progress(each, points[each], true) for each in found)
                if len(found) < len(fewest) and getting_on:
                    fewest = found
        return fewest

    def _may_progress(self, agent: int, point: int, true: int) -> bool:
        """Whether a way through a progress step is open where the agent stands."""
        system = self.evaluator.system
        steps = system.process(system.agents[agent]).steps
        routes = self.independence.routes[agent].get(point, ())
        return any(
            steps[route.step].kind is StepClass.PROGRESS and _first_false(route, true) is None for route in routes
        )

    def _closed(self, agent: int, points: Sequence[int], true: int) -> list[int]:
        members, now = [agent], self._now(agent, points[agent], true)
        while len(members) < len(points):
            if now.writes & self.independence.visible:
                return list(range(len(points)))
            new = self._disturbed(members, now, points, true)
            if not new:
                break
            members += new
            now = reduce(or_, (self._now(other, points[other], true) for other in new), now)
        return sorted(members)

    def _alone(self, agent: int, points: Sequence[int], true: int) -> bool:
        own = self._now(agent, points[agent], true)
        seen = own.writes & self.independence.visible
        may_progress = self._may_progress(agent, points[agent], true)
        return may_progress and not seen and not self._disturbed([agent], own, points, true)

    def _may_run(self, agent: int, point: int, true: int) -> bool:
        routes = self.independence.routes[agent].get(point, ())
        return any(_first_false(route, true) is None for route in routes)

    def _disturbed(self, members: Sequence[int], now: Footprint, points: Sequence[int], true: int) -> list[int]:
        """The other agents that can do what depends on the members' next steps before one of these is taken."""
        others = [other for other in range(len(points)) if other not in members]
        if not self.partial_order:
            return [other for other in others if now.disturbs(self.independence.whole[other])]
        possible, closed = true, self._closed_by(members, points)
        while True:
            futures = [self.future(other, points[other], possible) for other in others]
            writes = reduce(or_, (future.footprint.writes for future in futures), 0)
            opened = self._opened(reduce(or_, (future.lacking for future in futures), 0), writes) & ~possible & ~closed
            if not opened:
                return [other for other, future in zip(others, futures, strict=True) if now.disturbs(future.footprint)]
            possible |= opened

    def _closed_by(self, members: Sequence[int], points: Sequence[int]) -> int:
        """The literals that do not hold as long as none of the members moves."""
        return reduce(or_, (self.independence.excluded[agent].get(points[agent], 0) for agent in members), 0)

    def _now(self, agent: int, point: int, true: int) -> Footprint:
        """What an agent's steps touch where it stands: of those that cannot run, what keeps them from it."""
        found = NOTHING
        for route in self.independence.routes[agent].get(point, ()):
            false = _first_false(route, true)
            conditions = self.independence.conditions
            found |= route.footprint if false is None else Footprint(conditions[false // 2].reads)
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
            place = pending.pop()
            for position, route in enumerate(routes.get(place, ())):
                false = _first_false(route, possible)
                if false is not None:
                    lacking |= 1 << false
                    continue
                if (agent, place, position) not in self.met:
                    conditions = self.independence.conditions
                    reads = (conditions[number].reads for number, _ in route.literals)
                    footprint |= Footprint(reduce(or_, reads, 0))
                    continue
                footprint |= route.footprint
                new = set(route.targets) - seen
                seen |= new
                pending += sorted(new)
        return Future(footprint, lacking)


def _first_false(route: Route, literals: int) -> int | None:
    """The first literal of a route, as a bit, that is not among these."""
    return next((2 * n + wanted for n, wanted in route.literals if not literals >> 2 * n + wanted & 1), None)
