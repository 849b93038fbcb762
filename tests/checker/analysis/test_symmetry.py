"""Which entries hold elements, and the state that stands for others, on a system whose entries are known."""

from __future__ import annotations

from itertools import permutations, product
from random import Random

import pytest
from orbits import orbit
from twin_systems import twin_system

from shootdown.checker.analysis.dead_locals import reset_dead_locals
from shootdown.checker.analysis.element_types import Kind, Types
from shootdown.checker.analysis.sorts import Elements, find_sorts
from shootdown.checker.analysis.symmetry import Symmetry, renaming_table
from shootdown.checker.symbolic.interchange import find_symmetry
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import TRUE, Const, Load, Local, Op, Operator, Temp
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.stmt import Assign, Cell, Choose, Goto, If
from shootdown.model.ir.system import Agent, Array, LocalVariable, Point, Process, Step, System

SIZE = 3


def system() -> System:
    """Two cells for each element; an element or none, a record that may not be there, and a set; a local twice used."""
    held, set_ = Local(0), Load("set")
    there = Op(Operator.NE, (Load("owner"), Const(0)))
    first = Step(
        0,
        "first",
        (
            Choose(held, 0, SIZE - 1, Op(Operator.EQ, (Load("data", (held,)), Const(0))), True),
            Assign(Cell("owner"), Op(Operator.ADD, (held, Const(1)))),
            Assign(Cell("set"), Op(Operator.BITS_OR, (set_, Op(Operator.SHIFT, (held,))))),
            Goto(1),
        ),
    )
    second = Step(
        1,
        "second",
        (
            Assign(Cell("entry.present"), TRUE),
            Assign(Cell("entry.of"), held),
            Assign(held, Const(2)),
            Goto(2),
        ),
    )
    third = Step(
        2,
        "third",
        (
            Assign(Cell("count"), held),
            If(
                there,
                (
                    Assign(Temp(0), Op(Operator.SUB, (Load("owner"), Const(1)))),
                    Assign(Cell("by", (TRUE, Temp(0))), TRUE),
                ),
            ),
            If(Load("entry.present"), (Assign(Cell("data", (Load("entry.of"),)), TRUE),)),
            Assign(held, Const(0)),
            Goto(0),
        ),
    )
    points = Point("at 0", False, True), Point("at 1", True, False), Point("at 2", True, False)
    process = Process("p", 0, (LocalVariable("v", 0, 2, 0),), 1, points, (first, second, third))
    arrays = (
        Array("data", (SIZE,), 0, 1, (0,) * SIZE),
        Array("by", (2, SIZE), 0, 1, (0,) * (2 * SIZE)),
        Array("owner", (), 0, SIZE, (0,)),
        Array("entry.present", (), 0, 1, (0,)),
        Array("entry.of", (), 0, SIZE - 1, (0,)),
        Array("set", (), 0, 7, (0,)),
        Array("count", (), 0, 2, (0,)),
    )
    return System("known", arrays, (process,), (Agent("a", "p"),))


def test_what_holds_elements_is_read_off_the_steps() -> None:
    sorts = find_sorts(system())
    (number,) = (number for number, sort in enumerate(sorts.sorts) if ("data", 0) in sort.arrays)
    assert sorts.sorts[number].arrays == (("data", 0), ("by", 1))
    assert sorts.arrays == {
        "owner": Elements(number, Kind.OPTION),
        "entry.of": Elements(number, Kind.INDEX, "entry.present"),
        "set": Elements(number, Kind.MASK),
    }
    assert sorts.locals["p"] == ({}, {0: Elements(number, Kind.INDEX)}, {})
    assert sorts.choices["p"][0] == (Elements(number, Kind.INDEX),)


OF, WRITE, THERE = Local(0), Local(1), Local(2)
"""The parts of a local record that may not be there, the truths in another order than the record has them in."""


def recording() -> System:
    """A program that copies a record, or makes one, looks whether it is there, and only then goes on with its parts."""
    parts = (("of", OF), ("write", WRITE), ("present", THERE))
    copied = tuple(Assign(local, Load(f"entry.{name}")) for name, local in parts)
    held = Local(3)
    steps = (
        Step(0, "copy", (*copied, Goto(1))),
        Step(0, "make", (Choose(held, 0, SIZE - 1, TRUE, True), Assign(OF, held), Assign(WRITE, TRUE), Goto(2))),
        Step(1, "lose", (*(Assign(local, Const(0)) for _, local in parts), Goto(1))),
        Step(1, "look", (If(THERE, (Goto(2),), (Goto(0),)),)),
        Step(2, "use", (Assign(Cell("data", (OF,)), WRITE), Goto(3))),
        Step(3, "drop", (*(Assign(Cell(f"entry.{name}"), Const(0)) for name, _ in parts), Goto(0))),
        Step(
            3,
            "put",
            (
                Choose(held, 0, SIZE - 1, TRUE, True),
                Assign(Cell("entry.of"), held),
                Assign(Cell("entry.write"), Const(0)),
                Assign(Cell("entry.present"), TRUE),
                Goto(0),
            ),
        ),
    )
    locals_ = (*(LocalVariable("p.record", 0, hi, 0) for hi in (SIZE - 1, 1, 1)), LocalVariable("p.held", 0, 2, 0))
    points = tuple(Point(f"at {number}", number > 0, number == 0) for number in range(4))
    arrays = (
        Array("data", (SIZE,), 0, 1, (0,) * SIZE),
        *(Array(f"entry.{name}", (), 0, hi, (0,)) for name, hi in (("of", SIZE - 1), ("write", 1), ("present", 1))),
    )
    process = Process("p", 0, locals_, 0, points, steps)
    return reset_dead_locals(System("recording", arrays, (process,), (Agent("a", "p"),)))


def test_the_guard_of_a_local_is_what_is_given_along_with_it() -> None:
    sorts = find_sorts(recording())
    (number,) = (number for number, sort in enumerate(sorts.sorts) if ("data", 0) in sort.arrays)
    at_one, at_two = Elements(number, Kind.INDEX, THERE.slot), Elements(number, Kind.INDEX)
    assert sorts.locals["p"] == ({}, {OF.slot: at_one}, {OF.slot: at_two}, {})
    assert find_symmetry(recording()).against[number] == ""


def symmetry() -> Symmetry:
    """As if all elements were interchangeable."""
    sorts = find_sorts(system())
    classes = tuple((tuple(range(sort.size)),) if ("data", 0) in sort.arrays else () for sort in sorts.sorts)
    return Symmetry(system(), sorts, classes, tuple("" for _ in sorts.sorts))


@pytest.mark.parametrize("point", range(3))
def test_all_images_of_a_state_have_one_representative(point: int) -> None:
    found = symmetry()
    (sort,) = found.symmetric
    layout = Layout(system())
    states = [
        (*data, *by, owner, present, of, set_, 1, point, local)
        for data in product((0, 1), repeat=SIZE)
        for by in ((0,) * 6, (0, 0, 0, 0, 1, 0))
        for owner, present, of, set_, local in product((0, 2), (0, 1), (0, 2), (0, 1, 6), (0, 1))
    ]
    assert len(states[0]) == len(layout.initial)
    for state in states:
        one = found.representative(state)
        images = {
            renaming_table(system(), found.sorts, sort, order).renamed(state, order)
            for order in permutations(range(SIZE))
        }
        assert one in images
        assert {found.representative(image) for image in images} == {one}


def test_the_representative_is_an_image_and_mostly_the_same_for_all_of_them() -> None:
    orbits = representatives = 0
    for seed in range(20):
        made = twin_system(Random(seed), apart=False)
        found, evaluator = find_symmetry(made), Evaluator(made)
        states, left = {evaluator.layout.initial}, [evaluator.layout.initial]
        while left and len(states) < 200:
            new = {item.target for item in evaluator.transitions(left.pop(0)) if item.target is not None} - states
            states |= new
            left += sorted(new)
        for images in {frozenset(orbit(found, state)) for state in states}:
            standing = {found.representative(image) for image in images}
            assert standing <= images
            orbits, representatives = orbits + 1, representatives + len(standing)
    assert orbits > 300
    assert representatives < 1.2 * orbits


def test_a_record_that_is_not_there_holds_no_element() -> None:
    found = symmetry()
    (sort,) = found.symmetric
    state = (1, 0, 0, *(0,) * 6, 1, 0, 0, 1, 0, 0, 0)
    assert renaming_table(system(), found.sorts, sort, (2, 1, 0)).renamed(state, (2, 1, 0)) == (
        0,
        0,
        1,
        *(0,) * 6,
        3,
        0,
        0,
        4,
        0,
        0,
        0,
    )


def test_a_set_of_what_indexes_nothing_does_not_keep_the_reader_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    sort = Types.sort

    def counted(self: Types) -> int:
        nonlocal made
        made += 1
        assert made < 100, "each reading finds something new"
        return sort(self)

    monkeypatch.setattr(Types, "sort", counted)
    added = Op(Operator.BITS_OR, (Op(Operator.SHIFT, (Const(1),)), Load("set")))
    step = Step(0, "add", (Assign(Cell("set"), added), Goto(0)))
    process = Process("p", 0, (), 0, (Point("at 0", True, False),), (step,))
    searched = System("sets", (Array("set", (), 0, 7, (0,)),), (process,), (Agent("a", "p"),))
    assert find_sorts(searched).sorts == ()
