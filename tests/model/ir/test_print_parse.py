"""The printed IR reads back as the same IR, and bad text is refused."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system, seeded_systems

from shootdown.model.ir.expr import Bound, Const, Expr, Fold, FoldKind, Load, Local, Op, Operator
from shootdown.model.ir.parse import parse_expr, parse_statement, parse_system
from shootdown.model.ir.print import print_expr, print_statement, print_system
from shootdown.model.ir.sexpr import Form, ReadError, Symbol, read, write
from shootdown.model.ir.stmt import Choose, Goto, If, Wait
from shootdown.model.ir.system import LocalVariable, System

FORMS: st.SearchStrategy[Form] = st.recursive(
    st.integers() | st.text() | st.sampled_from([Symbol("a"), Symbol("bits-or"), Symbol("<="), Symbol(":show")]),
    lambda inner: st.lists(inner).map(tuple),
)


@given(FORMS)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_form_reads_back(form: Form) -> None:
    assert read(write(form)) == form


@given(seeded_systems())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_printed_system_reads_back_with_everything_but_source_places(system: System) -> None:
    read_back = parse_system(print_system(system))
    assert read_back == system
    assert repr(read_back) == repr(system)


def test_printing_what_was_read_gives_the_same_text() -> None:
    text = print_system(random_system(Random(7)))
    assert print_system(parse_system(text)) == text


def test_the_text_is_readable() -> None:
    held = Load("Kernel.ptl.held", (Local(0), Const(1)))
    step = If(Op(Operator.NOT, (held,)), (Goto(2),), (Wait(Const(0)), Goto(0)))
    names = (LocalVariable("mm", 0, 1, 0),)
    assert print_expr(held) == "(load Kernel.ptl.held $0 1)"
    assert print_statement(step, names) == (
        "(if (not (load Kernel.ptl.held $0:mm 1)) (then (goto 2)) (else (wait 0) (goto 0)))"
    )


def test_long_forms_break_after_their_leading_atoms_and_keep_options_together() -> None:
    candidate = Op(Operator.AND, tuple(Load("Kernel.frame.free", (Local(0),)) for _ in range(4)))
    text = print_statement(Choose(Local(0), 0, 2, candidate, False, "f", "frame", ("frame0", "frame1", "frame2")))
    assert text.splitlines()[0] == "(pick $0 0 2"
    assert '  :labels ("frame0" "frame1" "frame2"))' in text.splitlines()
    assert parse_statement(text) == Choose(Local(0), 0, 2, candidate, False)


@pytest.mark.parametrize(
    "expr",
    [
        Bound("odd name"),
        Load("a b"),
        Fold(FoldKind.SUM, "f g", -1, 2, Bound("f g"), ("x y", "1", "(", "z")),
        Op(Operator.AND, ()),
        Const(-(1 << 40)),
    ],
)
def test_unusual_names_and_values_read_back(expr: Expr) -> None:
    assert repr(parse_expr(print_expr(expr))) == repr(expr)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(system x", "missing closing parenthesis at 1:10"),
        ("(a)\n)", "closing parenthesis without an opening one at 2:1"),
        ('(a "b', "quoted text without an end at 1:4"),
        ('(a "\\q")', "bad quoted text at 1:4: Invalid \\escape"),
        ("1 2", "expected one form, found 2 at 1:4"),
        ("; nothing", "expected one form, found 0 at 1:10"),
        ("(process p)", "expected a system, found (process ...)"),
        ("7", "expected a list with a head, found 7"),
        ("(system s (bird b))", "expected a part of a system, found (bird b)"),
        ("(system s (array a () 0 1))", "too short: (array a () 0 1)"),
        ("(system s (process p (params 0) (temps 0)))", "expected one (entry ...) in process p"),
        ("(system s (property p never 1))", "expected a PropertyKind, found never"),
        ("(system s (view v (set (set (scalar 0)))))", "expected a view, found (set (set (scalar 0)))"),
    ],
)
def test_bad_systems_are_refused(text: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_system(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(jump 1)", "expected a statement, found (jump 1)"),
        ("(set 1 2)", "expected a place, found 1"),
        ("(choose (cell a) 0 1 1)", "expected a local or temporary, found (cell a)"),
        ("(if 1 (else (goto 0)))", "expected (if cond (then ...) (else ...)), found (if 1 (else (goto 0)))"),
        ("(check 1 oops text)", "expected a Failure, found oops"),
        ("(note (seen x))", "expected text or a shown value, found (seen x)"),
        ("(goto x)", "expected an integer, found x"),
        ("(wait (frob 1))", "expected an expression, found (frob 1)"),
        ("(wait $x)", "expected an expression, found $x"),
        ("(wait (all 1 2))", "expected a list, found 1"),
        ("(wait (all (i 0) 2))", "expected (name lo hi), found (i 0)"),
        ("(pick $0 0 1 1 :labels)", "nothing behind :labels: (pick $0 0 1 1 :labels)"),
    ],
)
def test_bad_statements_are_refused(text: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_statement(text)
    assert str(caught.value).startswith(message)
