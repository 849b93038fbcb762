"""Intervals hold every value that evaluation gives."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import Expressions, Scope

from shootdown.model.ir.evaluate import Evaluator, Frame, apply
from shootdown.model.ir.expr import OPERATORS, Operator
from shootdown.model.ir.interval import HIGHEST_BIT, Interval, Ranges, interval, operation
from shootdown.model.ir.parse import parse_expr
from shootdown.model.ir.system import Array, System

NUMBERS = [Interval(lo, hi) for lo in range(-4, 5) for hi in range(lo, 5)]
TRUTHS = [Interval(0, 0), Interval(0, 1), Interval(1, 1)]
SMALL = [Interval(lo, hi) for lo in range(0, 3) for hi in range(lo, 4)]


def arguments(operator: Operator) -> list[list[Interval]]:
    """Intervals to try for each argument."""
    signature = OPERATORS[operator]
    match operator:
        case Operator.ITE:
            return [TRUTHS, SMALL, SMALL]
        case Operator.BIT:
            return [SMALL, SMALL]
        case Operator.SHIFT:
            return [SMALL]
        case _:
            return [TRUTHS if signature.truths else NUMBERS] * (signature.arity or 2)


@pytest.mark.parametrize("operator", Operator, ids=lambda operator: operator.name)
def test_an_operators_interval_holds_every_result(operator: Operator) -> None:
    exact = 0
    for boxes in product(*arguments(operator)):
        found = operation(operator, boxes)
        values = {apply(operator, row) for row in product(*(range(box.lo, box.hi + 1) for box in boxes))}
        assert found.lo <= min(values)
        assert max(values) <= found.hi
        exact += (found.lo, found.hi) == (min(values), max(values))
    assert exact > 0


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_an_expressions_interval_holds_its_value(seed: int) -> None:
    random = Random(seed)
    arrays = (Array("a", (3,), -1, 2, (0, 0, 0)), Array("b", (), 0, 7, (0,)))
    expr = Expressions(random, Scope(arrays, locals=((0, 2), (-2, 0)), params=((1, 2),))).integer(3)
    ranges = Ranges(
        {"a": Interval(-1, 2), "b": Interval(0, 7)}, locals=[Interval(0, 2), Interval(-2, 0)], params=[Interval(1, 2)]
    )
    found = interval(expr, ranges)
    evaluator = Evaluator(System("s", arrays, (), ()))
    for _ in range(20):
        cells = [random.randint(-1, 2) for _ in range(3)]
        state = [*cells, random.randint(0, 7), random.randint(0, 2), random.randint(-2, 0)]
        value = evaluator.value(expr, Frame(state, 4, (random.randint(1, 2),)))
        assert found.lo <= value <= found.hi


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("(mod $0 4)", 0, 3),
        ("(max 0 (min 3 $0))", 0, 3),
        ("(+ $0 (* 2 $0))", -15, 30),
        ("(sum (i 0 3) ?i)", 0, 12),
        ("(sum (i 1 0) 9)", 0, 0),
        ("(= $0 11)", 0, 0),
        ("(<= $0 10)", 1, 1),
        ("(ite (< $0 20) 1 2)", 1, 1),
        ("(shift 99)", 1 << HIGHEST_BIT, 1 << HIGHEST_BIT),
        ("(bits-or 5 2)", 5, 7),
    ],
)
def test_intervals_are_narrow_where_it_matters(text: str, lo: int, hi: int) -> None:
    assert interval(parse_expr(text), Ranges({}, locals=[Interval(-5, 10)])) == Interval(lo, hi)
