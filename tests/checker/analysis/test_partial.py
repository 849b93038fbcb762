"""What follows from part of a state, compared with the values in whole states."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import Expressions, Scope

from shootdown.checker.analysis.partial import Knowledge
from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import Const, Expr, Load, Local, Op, Operator
from shootdown.model.ir.parse import parse_expr
from shootdown.model.ir.system import Array, Mechanism, System

ARRAYS = (
    Array("flag", (2,), 0, 1, (0, 1)),
    Array("table", (2, 3), 0, 3, (0, 1, 2, 3, 0, 1)),
    Array("one", (), 0, 5, (4,)),
)
MECHANISMS = (Mechanism("m", ("off", "on"), 1),)
SYSTEM = System("s", ARRAYS, (), (), MECHANISMS)
SCOPE = Scope(ARRAYS, MECHANISMS, locals=((0, 3), (0, 1)), temps={0: (0, 3)})
VALUES = [value for array in ARRAYS for value in array.init]


def initially(varying: tuple[str, ...] = ()) -> Knowledge:
    knowledge = Knowledge({item.name: item.value for item in MECHANISMS})
    for array in ARRAYS:
        if array.name not in varying:
            knowledge.learn(array)
    return knowledge


def whole(expr: Expr, locals: list[int], temp: int) -> int:
    return Evaluator(SYSTEM).value(expr, Frame([*VALUES, *locals], len(VALUES), (), {0: temp}))


def known(random: Random, percent: int) -> Knowledge:
    cells = {
        array.name: [value if random.randrange(100) < percent else None for value in array.init] for array in ARRAYS
    }
    named = {name: values for name, values in cells.items() if any(value is not None for value in values)}
    return Knowledge({"m": 1}, {array.name: array.dims for array in ARRAYS}, named)


@given(seed=st.integers(0, 2**32 - 1), percent=st.sampled_from((0, 50, 90)))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_follows_from_part_of_a_state_is_the_value_in_the_state(seed: int, percent: int) -> None:
    random = Random(seed)
    for _ in range(10):
        expr = Expressions(random, SCOPE).integer(3)
        locals, temp = [random.randint(0, 3), random.randint(0, 1)], random.randint(0, 3)
        some = {slot: value for slot, value in enumerate(locals) if random.randrange(100) < percent}
        value = known(random, percent).value(expr, some, {0: temp} if random.randrange(100) < percent else {})
        assert value in (None, whole(expr, locals, temp))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(load flag 1)", 1),
        ("(load flag $0)", None),
        ("(load flag %0)", 0),
        ("(load table 1 (load one))", None),
        ("(load table 1 0)", 3),
        ("(way m)", 1),
        ("(and $0 (load flag 0))", 0),
        ("(or $0 (load flag 1))", 1),
        ("(and (load flag 1) $0)", None),
        ("(implies $0 (load flag 1))", 1),
        ("(implies (load flag 0) $0)", 1),
        ("(implies $0 (load flag 0))", None),
        ("(ite $0 2 (+ 1 1))", 2),
        ("(ite $0 2 3)", None),
        ("(ite (load flag 1) %0 $0)", 0),
        ("(sum (i 0 2) (load one))", 12),
        ("(all (i 0 -1) $0)", 1),
        ("(any (i 0 1) (load flag (bound i)))", None),
        ("(bit %0 31)", None),
        ("(shift -1)", None),
    ],
)
def test_what_follows(text: str, expected: int | None) -> None:
    assert initially().value(parse_expr(text), {}, {0: 0}) == expected


def test_of_an_array_that_was_not_learnt_nothing_is_known() -> None:
    assert initially(("one",)).value(Load("one")) is None
    assert initially().value(Load("one")) == 4


def test_a_write_of_another_value_gives_up_its_cell_only() -> None:
    knowledge = initially()
    assert not knowledge.write("table", (Const(1), Const(0)), 3, {}, {})
    assert knowledge.write("table", (Const(1), Local(0)), 2, {0: 0}, {})
    assert knowledge.value(Load("table", (Const(1), Const(0)))) is None
    assert knowledge.value(Load("table", (Const(1), Const(1)))) == 0


def test_a_write_to_a_place_that_is_not_known_gives_up_all_that_differ() -> None:
    knowledge = initially()
    assert knowledge.write("flag", (Local(0),), 1, {}, {})
    assert knowledge.value(Load("flag", (Const(0),))) is None
    assert knowledge.value(Load("flag", (Const(1),))) == 1
    assert not knowledge.write("flag", (Local(0),), 1, {}, {})
    assert knowledge.write("flag", (Local(0),), None, {}, {})
    assert "flag" not in knowledge.cells


def test_an_expression_too_deep_to_tell_is_not_known() -> None:
    expr: Expr = Const(1)
    for _ in range(100_000):
        expr = Op(Operator.NOT, (expr,))
    assert initially().value(expr) is None
