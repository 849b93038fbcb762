"""The canonical path to a goal (rule 7 of docs/search.md): the same one for every engine.

An engine says what it costs to reach the goal from a state; the walk from the initial state is here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State

from ..result import Path
from .goals import Goal


class ShortestPaths(Protocol):
    """What an engine knows of the shortest paths to one goal, after its pass backwards over the levels."""

    def cost(self, state: State, last: int, remaining: int) -> int | None:
        """Fewest context switches on a run of exactly `remaining` transitions (at least 1) from `state` to the goal.

        `last` is the agent of the transition into `state`; a first transition by another one counts as a switch. None
        if there is no such run. Asked only for states whose depth is the depth of the goal less `remaining`.
        """

    def starters(self, state: State, last: int, remaining: int) -> Collection[int]:
        """The agents that may take the first transition of such a run with the fewest switches, perhaps some more.

        Asked only for states that have one.
        """


def canonical_path(evaluator: Evaluator, initial: State, depth: int, costs: ShortestPaths, goal: Goal) -> Path:
    """The least of the paths of `depth` transitions that end in a transition for which `goal` holds.

    Least by context switches, then by agent, step and choices of each transition in turn. `depth` is the least for
    which there is such a path; 0 says that the initial state decides by itself. Raises `InternalError` if the costs
    lead nowhere.
    """
    state, last = initial, None
    taken: list[Transition] = []
    for remaining in range(depth, 0, -1):
        best: tuple[int, Transition] | None = None
        starters = None if last is None else costs.starters(state, last, remaining)
        for transition in evaluator.transitions(state, starters):
            cost = _cost(transition, last, remaining, costs, goal)
            if cost is not None and (best is None or cost < best[0]):
                best = cost, transition
        if best is None:
            raise InternalError(f"no way on after {len(taken)} of {depth} transitions to a goal that was reached")
        taken.append(best[1])
        last = best[1].agent
        if best[1].target is not None:
            state = best[1].target
    return Path(initial, tuple(taken))


def _cost(transition: Transition, last: int | None, remaining: int, costs: ShortestPaths, goal: Goal) -> int | None:
    """Context switches from here on if this transition comes next; None if the goal is then out of reach."""
    switch = int(last is not None and transition.agent != last)
    if remaining == 1:
        return switch if goal(transition) else None
    if transition.target is None:
        return None
    rest = costs.cost(transition.target, transition.agent, remaining - 1)
    return None if rest is None else switch + rest
