"""Which ways through steps are met with others of their step: those that renaming may turn into them."""

from __future__ import annotations

from shootdown.checker.analysis.ample import AmpleSets
from shootdown.checker.analysis.images import find_images
from shootdown.checker.analysis.independence import independence
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import Const, Load, Local, Op, Operator
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
    assert alone.met < both.met, "only the first element can be taken; the other one could be called so"
    assert {step.kind for step in system.processes[0].steps} == {StepClass.PROGRESS}
