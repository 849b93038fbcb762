"""The canonical path against all shortest paths, enumerated."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from random import Random

import pytest
from random_systems import random_system
from toy_systems import TOYS

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import Path
from shootdown.checker.trace.canonical import canonical_path
from shootdown.checker.trace.goals import Goal, problem_goal, property_goal
from shootdown.checker.trace.replay import Key, key
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import PropertyKind, System

DEEPEST = 4


def all_paths(evaluator: Evaluator, state: State, depth: int, goal: Goal) -> Iterator[list[Transition]]:
    """Every run of `depth` transitions whose last one is a goal."""
    for transition in evaluator.transitions(state):
        if depth == 1:
            if goal(transition):
                yield [transition]
        elif transition.target is not None:
            for rest in all_paths(evaluator, transition.target, depth - 1, goal):
                yield [transition, *rest]


def rank(path: list[Transition]) -> tuple[int, list[Key]]:
    switches = sum(one.agent != other.agent for one, other in pairwise(path))
    return switches, [key(transition) for transition in path]


def goals(system: System) -> Iterator[tuple[Path, Goal]]:
    """The paths that the interpreter finds, with what each has to reach."""
    evaluator = Evaluator(system)
    found = InterpreterEngine().explore(system, Limits(max_depth=DEEPEST))
    if found.problem is not None:
        yield found.problem, problem_goal
    for prop in system.properties:
        if prop.name in found.findings and prop.kind is not PropertyKind.NO_DEADLOCK:
            yield found.findings[prop.name].path, property_goal(evaluator, prop)


def least_of_all(system: System) -> int:
    """Compare each finding with the least of all paths of its length; the number of findings compared."""
    compared = 0
    for path, goal in goals(system):
        if path.transitions:
            paths = all_paths(Evaluator(system), path.initial, len(path.transitions), goal)
            assert rank(list(path.transitions)) == min(map(rank, paths))
            compared += 1
    return compared


@pytest.mark.parametrize("name", TOYS)
def test_paths_of_toys_are_the_least_of_all(name: str) -> None:
    least_of_all(TOYS[name]().system)


def test_paths_of_random_systems_are_the_least_of_all() -> None:
    assert sum(least_of_all(random_system(Random(seed))) for seed in range(60)) > 20


def test_no_shorter_path_exists() -> None:
    for seed in range(40):
        system = random_system(Random(seed))
        for path, goal in goals(system):
            for depth in range(1, len(path.transitions)):
                assert not list(all_paths(Evaluator(system), path.initial, depth, goal))


def test_costs_that_lead_nowhere_are_a_defect() -> None:
    class Nowhere:
        def cost(self, state: State, last: int, remaining: int) -> int | None:
            return None

        def starters(self, state: State, last: int, remaining: int) -> Collection[int]:
            return ()

    system = TOYS["lost_update"]().system
    evaluator = Evaluator(system)
    with pytest.raises(InternalError, match="no way on"):
        canonical_path(evaluator, evaluator.layout.initial, 4, Nowhere(), problem_goal)
