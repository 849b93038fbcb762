"""What it costs to reach a goal from each state, by a pass backwards over the levels of a search."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shootdown.model.ir.layout import State

from ..trace.goals import Goal
from .search import Search

Costs = dict[int, int]
"""Fewest context switches on the way to the goal, by the agent of the next transition."""


class BackwardCosts:
    """`ShortestPaths` to a goal at a known least depth."""

    def __init__(self, search: Search, depth: int, goal: Goal) -> None:
        self._search = search
        self._goal = goal
        self._costs: list[dict[State, Costs]] = [{}]
        for remaining in range(1, depth + 1):
            level = search.levels[depth - remaining]
            found = {state: self._of(state, remaining) for state in level}
            self._costs.append({state: costs for state, costs in found.items() if costs})

    def cost(self, state: State, last: int, remaining: int) -> int | None:
        """As `ShortestPaths.cost`."""
        costs = self._costs[remaining].get(state)
        return None if costs is None else min(cost + (agent != last) for agent, cost in costs.items())

    def starters(self, state: State, last: int, remaining: int) -> Collection[int]:
        """As `ShortestPaths.starters`."""
        return self._costs[remaining][state].keys()

    def _of(self, state: State, remaining: int) -> Costs:
        costs: Costs = {}
        for agent, rest in self._ends(state) if remaining == 1 else self._ways(state, remaining):
            costs[agent] = min(rest, costs.get(agent, rest))
        return costs

    def _ends(self, state: State) -> Iterator[tuple[int, int]]:
        if state not in self._search.successors:
            return
        for transition in self._search.evaluator.transitions(state):
            if self._goal(transition):
                yield transition.agent, 0

    def _ways(self, state: State, remaining: int) -> Iterator[tuple[int, int]]:
        for agent, target in self._search.successors[state]:
            rest = self.cost(target, agent, remaining - 1)
            if rest is not None:
                yield agent, rest
