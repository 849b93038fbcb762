"""Constant folding, example by example."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import Expressions, Scope

from shootdown.checker.analysis.fold import fold_constants
from shootdown.model.ir.evaluate import Evaluator, Frame
from shootdown.model.ir.expr import Const, Fold, Rigid
from shootdown.model.ir.parse import parse_expr, parse_system
from shootdown.model.ir.print import print_expr, print_statement
from shootdown.model.ir.simplify import simplify
from shootdown.model.ir.system import Array, Mechanism, System
from shootdown.model.ir.walk import Rewriter, block_expressions, subexpressions


def folded(text: str) -> str:
    return print_expr(Rewriter(simplify)(parse_expr(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(+ 1 (* 2 3))", "7"),
        ("(and 1 $0 (and 1 $1))", "(and $0 $1)"),
        ("(and $0 0 (load a))", "0"),
        ("(or 0 $0)", "$0"),
        ("(or)", "0"),
        ("(and (or))", "0"),
        ("(not (not $0))", "$0"),
        ("(implies 0 $0)", "1"),
        ("(implies 1 $0)", "$0"),
        ("(implies $0 0)", "(not $0)"),
        ("(implies (not $0) 0)", "$0"),
        ("(implies $0 1)", "1"),
        ("(ite 1 $0 $1)", "$0"),
        ("(ite $0 1 0)", "$0"),
        ("(ite $0 %1 %1)", "%1"),
        ("(ite $0 0 1)", "(ite $0 0 1)"),
        ("(+ $0 0)", "$0"),
        ("(- 0 $0)", "(- 0 $0)"),
        ("(* $0 (+ 1 -1))", "0"),
        ("(div $0 0)", "(div $0 0)"),
        ("(div 4 0)", "0"),
        ("(mod -7 4)", "1"),
        ("(bit 1 31)", "0"),
        ("(shift -1)", "0"),
        ("(all (i 0 -1) 0)", "1"),
        ("(any (i 0 2) (= 1 2))", "0"),
        ("(sum (i 0 2) 5)", "15"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_an_expression_keeps_its_value(seed: int) -> None:
    random = Random(seed)
    array = Array("a", (2,), 0, 3, (0, 0))
    way = Mechanism("way", ("a", "b", "c"), random.randrange(3))
    system = System("s", (array,), (), (), (way,))
    expr = Expressions(random, Scope((array,), (way,), locals=((-1, 2),))).integer(3)
    new = Rewriter(lambda part: Const(way.value) if isinstance(part, Rigid) else simplify(part))(expr)
    evaluator = Evaluator(system)
    for _ in range(10):
        state = [random.randint(0, 3), random.randint(0, 3), random.randint(-1, 2)]
        assert evaluator.value(new, Frame(state, 2)) == evaluator.value(expr, Frame(state, 2))


TEXT = """
(system design
  (mechanism notify 0 off on)
  (array given (3) 0 9 (4 5 6))
  (array same (3) 0 9 (7 7 7))
  (array x () 0 9 (0))
  (process p (params 1) (temps 1) (entry 0)
    (local l 0 2 0)
    (point 0 start :final) (point 1 on :inside) (point 2 off :inside) (point 3 nowhere :inside)
    (step 0 notify progress (do (wait (way notify)) (goto 1)))
    (step 0 silent progress (do (wait (not (way notify))) (if (way notify) (then (goto 1)) (else (goto 2))) ))
    (step 1 unreached progress (do (goto 3)))
    (step 2 sums progress
      (do (check 1 model_error never)
          (set (cell x) (sum (i 1 1) (load given ?i)))
          (set $0 (sum (i 0 1) (load same $0)))
          (set (cell x) (load given $0))
          (goto 0)))
    (step 2 fails progress (do (check $0 model_error first) (wait 0) (goto 0)))
    (step 2 never progress (do (choose $0 0 2 (way notify)) (goto 0)))
    (step 2 neither progress
      (do (if (= $0 1) (then (wait (way notify))) (else (choose $0 0 1 0))) (pick %0 0 1 1) (goto 0)))
    (step 2 either progress
      (do (if (= $0 1) (then (wait 0)) (else (set $0 1))) (wait 0) (pick %0 0 1 1) (goto 0)))
    (step 2 perhaps progress (do (if (= $0 1) (then (wait 0)) (else (pick %0 0 1 1))) (wait 0) (goto 0))))
  (agent a p (0))
  (property p always (or (way notify) (< (load x) (load given 1)))))
"""


def test_what_the_design_excludes_is_left_out_and_steps_remember_where_they_were() -> None:
    (process,) = fold_constants(parse_system(TEXT)).processes
    assert [(step.label, step.source, step.origin) for step in process.steps] == [
        ("silent", 0, 1),
        ("sums", 1, 3),
        ("fails", 1, 4),
        ("perhaps", 1, 8),
    ]
    assert [point.name for point in process.points] == ["start", "off"]
    assert [print_statement(item) for item in process.steps[0].block] == ["(goto 1)"]


def test_shared_variables_that_nobody_writes_are_constants() -> None:
    system = fold_constants(parse_system(TEXT))
    sums = [print_statement(item) for item in system.processes[0].steps[1].block]
    assert sums == ["(set (cell x) 5)", "(set $0 14)", "(set (cell x) (load given $0))", "(goto 0)"]
    assert print_expr(system.properties[0].expr) == "(< (load x) 5)"


def test_a_cell_of_a_constant_table_is_found_by_row_and_column() -> None:
    system = parse_system(
        "(system s (array t (2 3) 0 9 (0 1 2 3 4 5)) (property p sometimes (= (load t 1 2) (load t 0 1))))"
    )
    constant = replace(system.properties[0], expr=parse_expr("(+ (* 10 (load t 1 2)) (load t 0 1))"))
    folded_system = fold_constants(replace(system, properties=(*system.properties, constant)))
    assert [print_expr(prop.expr) for prop in folded_system.properties] == ["0", "51"]


def test_an_index_out_of_range_stays_behind_the_check_that_stops_it() -> None:
    system = parse_system("(system s (array t (2) 0 9 (0 1)) (property p always (or 1 (load t 2))))")
    exprs = [replace(system.properties[0], expr=parse_expr("(+ $0 (load t 2))"))]
    (prop,) = fold_constants(replace(system, properties=tuple(exprs))).properties
    assert print_expr(prop.expr) == "(+ $0 (load t 2))"


def test_folding_twice_keeps_the_original_positions() -> None:
    once = fold_constants(parse_system(TEXT))
    twice = fold_constants(once)
    assert repr(twice) == repr(once)


def test_no_mechanism_is_left() -> None:
    system = fold_constants(parse_system(TEXT))
    exprs = [part for step in system.processes[0].steps for part in block_expressions(step.block)]
    exprs += subexpressions(*(prop.expr for prop in system.properties))
    assert not [part for part in exprs if isinstance(part, Rigid | Fold)]
