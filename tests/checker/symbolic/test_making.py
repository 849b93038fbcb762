"""Terms made directly are those that z3py makes."""

from __future__ import annotations

import pytest
import z3

from shootdown.checker.symbolic.making import all_of, any_of, equality, if_else, inverse, same

P, Q = z3.Bools("p q")
A, B = z3.BitVecs("a b", 5)
ONE = z3.BitVecVal(1, 5)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (equality(A, ONE), A == 1),
        (equality(P, Q), P == Q),
        (if_else(P, A, B), z3.If(P, A, B)),
        (if_else(P, ONE, B), z3.If(P, ONE, B)),
        (if_else(P, Q, P), z3.If(P, Q, P)),
        (all_of([P, Q, P]), z3.And(P, Q, P)),
        (any_of([P, Q]), z3.Or(P, Q)),
        (inverse(P), z3.Not(P)),
        (inverse(z3.And(P, Q)), z3.Not(z3.And(P, Q))),
        (inverse(z3.Not(P)), P),
        (inverse(z3.BoolVal(True)), z3.Not(z3.BoolVal(True))),
    ],
)
def test_the_term_and_its_class_are_those_of_z3py(made: z3.ExprRef, expected: z3.ExprRef) -> None:
    assert made.eq(expected)
    assert type(made) is type(expected)


def test_only_one_term_is_the_same() -> None:
    assert same(A + B, A + B)
    assert not same(A + B, B + A)


def test_parts_of_other_sorts_are_refused() -> None:
    with pytest.raises(z3.Z3Exception):
        equality(A, z3.BitVec("c", 6))
