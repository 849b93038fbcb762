"""Which ways through steps are met with others of their step: those that renaming may turn into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from interchangeable_systems import interchangeable_system
from orbits import orbit
from twin_systems import twin_system

from shootdown.checker.analysis.ample import AmpleSets
from shootdown.checker.analysis.images import RouteKey, find_images
from shootdown.checker.analysis.independence import independence
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import Const, Load, Local, Op, Operator
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assign, Cell, Choose, Goto, If, Wait
from shootdown.model.ir.system import Agent, Array, LocalVariable, Point, Process, Step, StepClass, System

BUSY, OPEN = Load("busy", (Local(0),)), Load("open")


def taking(name: str) -> Process:
    """Takes any of the two that are not busy, while the door is open, and gives it back."""
    points = Point("out", False, True), Point("in", True, False)
    take = (
        Wait(OPEN),
        Choose(Local(0), 0, 1, Op(Operator.EQ, (BUSY, Const(0))), True),
        Assign(Cell("busy", (Local(0),)), Const(1)),
        Goto(1),
    )
    give = Assign(Cell("busy", (Local(0),)), Const(0)), If(OPEN, (Assign(Cell("open"), Const(0)),)), Goto(0)
    return Process(
        name, 0, (LocalVariable("held", 0, 1, 0),), 0, points, (Step(0, "take", take), Step(1, "give", give))
    )


def made() -> System:
    arrays = Array("busy", (2,), 0, 1, (0, 1)), Array("open", (), 0, 1, (1,))
    return System("taking", arrays, (taking("p"),), (Agent("one", "p"), Agent("other", "p")))


def test_ways_that_ask_for_elements_have_images() -> None:
    system = made()
    tables, symmetry = independence(system), find_symmetry(system)
    assert symmetry.classes == (((0, 1),),)
    imaged = find_images(tables, symmetry)
    routes = {key: tables.routes[key[0]][key[1]][key[2]] for key in imaged}
    assert {(agent, tables.system.processes[0].steps[route.step].label) for (agent, _, _), route in routes.items()} == {
        (0, "take"),
        (1, "take"),
    }
    assert find_images(tables, None) == {}


def test_an_image_is_met_with_the_way_that_is_open() -> None:
    system = made()
    tables, evaluator = independence(system), Evaluator(system)
    alone, both = (
        AmpleSets(tables, evaluator),
        AmpleSets(tables, evaluator, True, find_images(tables, find_symmetry(system))),
    )
    for sets in (alone, both):
        sets.cluster(evaluator.layout.initial)
        sets.learn()
    assert alone.met < both.met, "only the first element can be taken; the other one could be called so"
    assert {step.kind for step in system.processes[0].steps} == {StepClass.PROGRESS}


@pytest.mark.parametrize("make", [twin_system, interchangeable_system])
def test_what_is_taken_from_an_image_is_met_in_the_state(make: Callable[..., System]) -> None:
    taken = exchanged = 0
    for seed in range(12):
        system = make(Random(seed), apart=False)
        symmetry, evaluator = find_symmetry(system), Evaluator(system)
        tables = independence(system, symmetry)
        images = find_images(tables, symmetry)
        exchanged += len({*symmetry.orbits}) < len(symmetry.orbits)
        for state in reached(evaluator, 40):
            sets = AmpleSets(tables, evaluator, True, images)
            sets.cluster(state)
            sets.learn()
            for image in orbit(symmetry, state):
                opened = set(open_routes(sets, image))
                assert opened <= sets.met, f"seed {seed}"
                taken += len(opened)
    assert taken > 500
    assert exchanged > 3 or make is interchangeable_system


def reached(evaluator: Evaluator, most: int) -> list[State]:
    """The first states that are found."""
    found = [evaluator.layout.initial]
    for state in found:
        new = dict.fromkeys(item.target for item in evaluator.transitions(state) if item.target is not None)
        found += [each for each in new if each not in found]
        if len(found) > most:
            break
    return found


def open_routes(sets: AmpleSets, state: State) -> Iterator[RouteKey]:
    """The routes that are open in a state, of steps that are enabled there."""
    true = sets.literals(state)
    for agent, offset in enumerate(sets.evaluator.layout.points):
        point = state[offset]
        enabled = {
            step for step in sets.evaluator.steps_at(state, agent) if sets.evaluator.outcomes(state, agent, step)
        }
        for position, route in enumerate(sets.independence.routes[agent].get(point, ())):
            holds = all(true >> 2 * number + wanted & 1 for number, wanted in route.literals)
            if holds and route.step in enabled:
                yield agent, point, position
