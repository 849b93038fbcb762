"""Ways through a step: what must hold where it starts, and what it then does."""

from __future__ import annotations

from shootdown.checker.analysis.ways import Way, ways
from shootdown.model.ir.expr import TRUE, Const, Expr, Load, Local, Op, Operator, Temp
from shootdown.model.ir.stmt import Assign, Block, Cell, Choose, Goto, If, Wait
from shootdown.model.ir.walk import subexpressions


def load(name: str, *indices: Expr) -> Expr:
    return Load(name, indices)


def same(left: Expr, right: int) -> Expr:
    return Op(Operator.EQ, (left, Const(right)))


def askable(expr: Expr) -> bool:
    return not any(isinstance(part, Temp) for part in subexpressions(expr))


def cut(block: Block) -> tuple[Way, ...]:
    return ways(block, askable)


def test_a_guard_is_a_literal_and_a_conjunction_several() -> None:
    guard = Op(Operator.AND, (same(load("a"), 0), same(load("b"), 1)))
    (way,) = cut((Wait(guard), Goto(1)))
    assert way.literals == ((same(load("a"), 0), True), (same(load("b"), 1), True))


def test_a_branch_makes_two_ways_that_end_alike() -> None:
    set_b = Assign(Cell("b"), Const(1))
    then, orelse = cut((If(same(load("a"), 0), (set_b,)), Goto(1)))
    assert then.literals == ((same(load("a"), 0), True),)
    assert orelse.literals == ((same(load("a"), 0), False),)
    assert set_b in then.block
    assert set_b not in orelse.block
    assert then.block[-1] == orelse.block[-1] == Goto(1)


def test_what_the_step_has_changed_says_nothing_of_where_it_started() -> None:
    changed = Assign(Cell("a"), Const(1))
    for guard in (Wait(same(load("a"), 0)), If(same(load("a"), 0), (Assign(Cell("b"), Const(1)),))):
        (way,) = cut((changed, guard, Goto(1)))
        assert way.literals == ()
        assert guard in way.block


def test_what_cannot_be_asked_is_no_literal() -> None:
    pick = Choose(Temp(0), 0, 1, TRUE, blocking=False)
    (way,) = cut((pick, Wait(same(Temp(0), 0)), Goto(1)))
    assert way.literals == ()


def test_each_value_of_a_choice_has_a_way_up_to_where_it_is_overwritten() -> None:
    choose = Choose(Local(0), 0, 1, same(load("free", Local(0)), 1), blocking=True)
    store = Assign(Cell("x", (Local(0),)), Const(1))
    found = cut((choose, store, Assign(Local(0), Const(0)), Assign(Cell("y", (Local(0),)), Const(1)), Goto(1)))
    assert [way.literals for way in found] == [((same(load("free", Const(value)), 1), True),) for value in (0, 1)]
    for value, way in enumerate(found):
        assert Assign(Cell("x", (Const(value),)), Const(1)) in way.block
        assert Assign(Cell("y", (Local(0),)), Const(1)) in way.block


def test_a_choice_that_must_exist_is_not_cut() -> None:
    choose = Choose(Local(0), 0, 1, TRUE, blocking=False)
    (way,) = cut((choose, Goto(1)))
    assert way.block[0] == choose


def test_a_local_that_the_step_has_read_stands_for_what_it_read() -> None:
    read = Assign(Local(0), load("a"))
    then, orelse = cut((read, If(same(Local(0), 0), (Assign(Cell("b"), Const(1)),)), Goto(1)))
    assert then.literals == ((same(load("a"), 0), True),)
    assert orelse.literals == ((same(load("a"), 0), False),)


def test_a_local_that_was_set_again_does_not() -> None:
    branch = If(same(Local(0), 0), (Assign(Cell("b"), Const(1)),))
    again = If(same(Temp(2), 0), (Assign(Local(0), load("b")),))
    for between in (Assign(Local(0), Temp(1)), Assign(Cell("a"), Const(1)), again):
        for way in cut((Assign(Local(0), load("a")), between, branch, Goto(1))):
            assert (same(load("a"), 0), True) not in way.literals
            assert (same(Local(0), 0), True) not in way.literals
