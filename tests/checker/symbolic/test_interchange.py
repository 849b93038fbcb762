"""What is proved of sorts against all states of random systems, and systems whose elements are told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest
from interchangeable_systems import HELD, interchangeable_system

from shootdown.checker.analysis.dead_locals import reset_dead_locals
from shootdown.checker.analysis.symmetry import Symmetry, permuted
from shootdown.checker.symbolic.interchange import TOO_LATE, find_symmetry
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.expr import TRUE, Bound, Const, Expr, Fold, FoldKind, Load, Op, Operator, Param
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assert, Assign, Block, Cell, Choose, Goto, If, Wait
from shootdown.model.ir.system import Agent, Array, LocalVariable, Point, Process, Property, PropertyKind, Step, System

MOST_STATES = 300


def states(evaluator: Evaluator) -> Iterator[State]:
    """The first states that are found."""
    found, pending = {evaluator.layout.initial}, [evaluator.layout.initial]
    while pending and len(found) < MOST_STATES:
        state = pending.pop(0)
        yield state
        new = {item.target for item in evaluator.transitions(state) if item.target is not None} - found
        found |= new
        pending += sorted(new)


def seen(transition: Transition, target: State | None) -> tuple[object, ...]:
    return transition.agent, transition.step, target, transition.problem is None, frozenset(transition.violated)


def renamings(size: int, groups: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Every way to rename elements within their groups."""
    for orders in product(*(permutations(group) for group in groups)):
        found = list(range(size))
        for group, order in zip(groups, orders, strict=True):
            for element, name in zip(group, order, strict=True):
                found[element] = name
        yield found


def check_every_renaming(system: System, symmetry: Symmetry) -> int:
    """Compare what a state and each of its images do; how many were compared."""
    evaluator, compared = Evaluator(system), 0
    for sort in symmetry.symmetric:
        for renaming in renamings(symmetry.sorts.sorts[sort].size, symmetry.classes[sort]):
            for state in states(evaluator):
                image = permuted(system, symmetry.sorts, sort, renaming, state)
                expected = {
                    seen(item, item.target and permuted(system, symmetry.sorts, sort, renaming, item.target))
                    for item in evaluator.transitions(state)
                }
                assert {seen(item, item.target) for item in evaluator.transitions(image)} == expected
                for prop in system.properties:
                    assert evaluator.holds(prop, image) == evaluator.holds(prop, state)
                compared += image != state
    return compared


@pytest.mark.parametrize("first", range(0, 40, 20))
def test_images_of_states_do_what_the_states_do(first: int) -> None:
    compared = refused = 0
    for seed in range(first, first + 20):
        system = reset_dead_locals(interchangeable_system(Random(seed)))
        symmetry = find_symmetry(system)
        refused += any(symmetry.against)
        compared += check_every_renaming(system, symmetry)
    assert compared > 100
    assert refused > 3


def whole(body: Block, *properties: Property) -> System:
    """A system of one agent that chooses an element, and then does something."""
    choose = Choose(HELD, 0, 2, Op(Operator.EQ, (Load("free", (HELD,)), TRUE)), True)
    first = Step(0, "choose", (choose, Goto(1)))
    second = Step(1, "use", (*body, Assign(HELD, Const(0)), Goto(0)))
    points = Point("at 0", False, True), Point("at 1", True, False)
    process = Process("p", 0, (LocalVariable("v", 0, 2, 0),), 1, points, (first, second))
    arrays = (
        Array("free", (3,), 0, 1, (1, 1, 1)),
        Array("data", (3,), 0, 2, (0, 0, 0)),
        Array("fixed", (3,), 0, 2, (0, 1, 0)),
        Array("of.present", (), 0, 1, (0,)),
        Array("of.it", (), 0, 2, (0,)),
        Array("count", (), 0, 5, (0,)),
    )
    return System("whole", arrays, (process,), (Agent("a", "p"), Agent("b", "p")), (), properties)


def data(index: Expr) -> Load:
    return Load("data", (index,))


def is_one(value: Expr) -> Expr:
    return Op(Operator.EQ, (value, Const(1)))


def each(index: int) -> Cell:
    return Cell("data", (Const(index),))


ALIKE: dict[str, Block] = {
    "an element that is held": (Assign(Cell("data", (HELD,)), Const(1)),),
    "a loop whose rounds have nothing to do with each other": tuple(
        If(is_one(data(Const(number))), (Assign(each(number), Const(2)),)) for number in range(3)
    ),
    "a record that may not be there": (
        If(
            is_one(Load("of.present")),
            (
                Assign(Cell("data", (Load("of.it"),)), Const(1)),
                Assign(Cell("of.present"), Const(0)),
                Assign(Cell("of.it"), Const(0)),
            ),
            (Assign(Cell("of.present"), TRUE), Assign(Cell("of.it"), HELD)),
        ),
    ),
    "a count": (Assign(Cell("count"), Fold(FoldKind.SUM, "e", 0, 2, data(Bound("e")))),),
}

APART: dict[str, Block] = {
    "an element is named": (Assign(each(0), Const(1)),),
    "elements are ordered": (If(Op(Operator.LT, (HELD, Const(1))), (Assign(Cell("count"), Const(1)),)),),
    "an element is compared with a number": (If(is_one(HELD), (Assign(Cell("count"), Const(1)),)),),
    "the last round of a loop wins": tuple(
        If(is_one(data(Const(number))), (Assign(Cell("of.it"), Const(number)), Assign(Cell("of.present"), TRUE)))
        for number in range(3)
    ),
    "a loop leaves one out": tuple(Assign(each(number), Const(1)) for number in range(2)),
    "a round reads what another wrote": tuple(
        Assign(each(number), data(Const((number + 1) % 3))) for number in range(3)
    ),
    "an assertion names one": (
        Assert(Op(Operator.NE, (data(Const(2)), Const(1))), "claim"),
        Assign(each(0), data(HELD)),
    ),
    "a guard names one": (Wait(is_one(Load("free", (Const(1),)))), Assign(Cell("free", (HELD,)), Const(0))),
    "a constant tells them apart": (Assign(Cell("data", (HELD,)), Load("fixed", (HELD,))),),
    "what is not there is used": (
        Assign(Cell("of.present"), Const(0)),
        Assign(Cell("data", (Load("of.it"),)), Const(1)),
    ),
}


def against(system: System) -> str:
    symmetry = find_symmetry(system)
    (number,) = (number for number, sort in enumerate(symmetry.sorts.sorts) if ("free", 0) in sort.arrays)
    return symmetry.against[number]


@pytest.mark.parametrize("name", ALIKE)
def test_elements_that_nobody_tells_apart_are_interchangeable(name: str) -> None:
    system = whole((*ALIKE[name], Assign(Cell("data", (HELD,)), Const(1))))
    assert against(system) == ""
    assert check_every_renaming(system, find_symmetry(system)) > 10


@pytest.mark.parametrize("name", APART)
def test_the_place_that_tells_elements_apart_is_named(name: str) -> None:
    system = whole((*APART[name], Assign(Cell("data", (HELD,)), Const(2))))
    assert against(system) != ""


def test_elements_that_are_not_named_stay_interchangeable() -> None:
    system = whole((Assign(each(1), Const(1)), Assign(Cell("data", (HELD,)), Const(2))))
    symmetry = find_symmetry(system)
    assert ((0, 2),) in symmetry.classes
    assert check_every_renaming(system, symmetry) > 10


def test_without_time_nothing_is_interchangeable() -> None:
    system = whole((*next(iter(ALIKE.values())), Assign(Cell("data", (HELD,)), Const(1))))
    assert find_symmetry(system).symmetric
    found = find_symmetry(system, seconds=0)
    assert not found.symmetric
    assert TOO_LATE in found.against


def test_a_property_that_names_an_element_is_named() -> None:
    named = Property("first", PropertyKind.ALWAYS, is_one(Op(Operator.ADD, (data(Const(0)), Const(1)))))
    system = whole((Assign(Cell("data", (HELD,)), Const(1)),), named)
    assert against(system).startswith("property first tells its elements apart")


def test_elements_that_agents_are_named_after_are_not_interchangeable() -> None:
    system = whole((Assign(Cell("data", (Param(0),)), Load("data", (HELD,))),))
    (process,) = system.processes
    agents = tuple(replace(agent, args=(number,)) for number, agent in enumerate(system.agents))
    system = replace(system, processes=(replace(process, params=1),), agents=agents)
    assert against(system) == "an agent is one of its elements, or works for one"
