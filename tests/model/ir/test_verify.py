"""Generated systems are well-formed; each way of breaking one is reported with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from random_systems import seeded_systems

from shootdown.model.ir.expr import (
    TRUE,
    Bound,
    Const,
    Expr,
    Fold,
    FoldKind,
    Load,
    Local,
    Op,
    Operator,
    Param,
    Rigid,
    Temp,
)
from shootdown.model.ir.parse import parse_expr, parse_statement, parse_system
from shootdown.model.ir.print import print_system
from shootdown.model.ir.stmt import Assert, Block, Stmt, Wait
from shootdown.model.ir.system import System
from shootdown.model.ir.verify import IllFormed, problems, verify

TEXT = """
(system small
  (mechanism way 1 off on)
  (mechanism how 2 a b c)
  (array held () 0 1 (0))
  (array pte (2 2) 0 3 (0 1 2 3))
  (view Flag (scalar 0 no yes))
  (variable held Kernel () (scalar 0) (held))
  (process cpu (params 2) (temps 2) (entry 0)
    (local mm 0 2 0)
    (local done 0 1 0)
    (point 0 idle :final)
    (point 1 lock :inside (live (0) mm Flag))
    (step 0 start spontaneous
      (do (choose $0 0 2 (= $0 @0)) (goto 1)))
    (step 1 work progress
      (do
        (set %0 (load pte @1 0))
        (if (= %0 1)
          (then (set %1 held_by) (goto 0)))
        (note "sees " (shown Flag $1))
        (set (cell held) 1)
        (goto 0))))
  (agent cpu0 cpu (0 1))
  (agent cpu1 cpu (2 0))
  (property safe always (not (load held)))
  (property claim step_assertion 1))
""".replace("held_by", "(load held)")
SMALL = parse_system(TEXT)


@given(seeded_systems())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_generated_systems_are_well_formed(system: System) -> None:
    verify(system)


def test_the_small_system_is_well_formed() -> None:
    verify(SMALL)


def with_block(*texts: str) -> System:
    """The small system with another block for its second step."""
    return with_statements(tuple(parse_statement(text) for text in texts))


def with_statements(block: Block) -> System:
    (process,) = SMALL.processes
    first, second = process.steps
    changed = replace(process, steps=(first, replace(second, block=block)))
    return replace(SMALL, processes=(changed,))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("(array held", "(array pte (4) 0 3 (0 1 2 3)) (array held", "array pte: defined twice"),
        ("(agent cpu1", "(agent cpu0", "agent cpu0: defined twice"),
        ("(mechanism how", "(mechanism way", "mechanism way: defined twice"),
        ("(property claim", "(property safe", "property safe: defined twice"),
        ("(view Flag", "(view Flag (scalar 1)) (view Flag", "view Flag: defined twice"),
        (
            "(process cpu",
            "(process cpu (params 2) (temps 0) (entry 0) (point 0 a)) (process cpu",
            "process cpu: defined twice",
        ),
        ("way 1 off on", "way 2 off on", "mechanism way: value 2 without a label"),
        ("held () 0 1 (0)", "held () 1 0 (0)", "array held: empty bounds 1..0"),
        ("held () 0 1 (0)", "held () 0 1 (2)", "array held: initial value 2 not in 0..1"),
        ("(0 1 2 3)", "(0 1 2)", "array pte: 3 initial values for 4 cells"),
        ("pte (2 2)", "pte (-2 2)", "array pte: dimensions (-2, 2)"),
        ("pte (2 2)", "pte (0 2)", "array pte: 4 initial values for 0 cells"),
        ("(entry 0)", "(entry 2)", "process cpu: no entry point 2"),
        ("mm 0 2 0", "mm 0 2 3", "process cpu, local 0: initial value 3 not in 0..2"),
        ("(live (0)", "(live (2)", "process cpu, point 1: mm lives in slots (2,)"),
        ("mm Flag", "mm Flog", "process cpu, point 1: no view Flog"),
        ("(step 1 work", "(step 5 work", "process cpu, step 1 (work): no source point 5"),
        ("cpu1 cpu (2 0)", "cpu1 gpu (2 0)", "agent cpu1: no process gpu"),
        ("cpu1 cpu (2 0)", "cpu1 cpu (2)", "agent cpu1: 1 arguments for 2 parameters"),
        ("(scalar 0) (held)", "(scalar 0) (hold)", "variable held: no array hold"),
        ("step_assertion 1", "step_assertion 0", "property claim: step_assertion with an expression"),
        ("always (not (load held))", "always (load pte 0 0)", "property safe: no truth: (load pte 0 0)"),
        ("always (not (load held))", "always (= $0 1)", "property safe: reads local 0 of an agent"),
        ("always (not (load held))", "always (= %0 1)", "property safe: reads temp 0 of an agent"),
        ("always (not (load held))", "always (= @0 1)", "property safe: reads param 0 of an agent"),
        ("always (not (load held))", "always (load hold)", "property safe: no array hold in (load hold)"),
    ],
)
def test_a_broken_declaration_is_reported(old: str, new: str, expected: str) -> None:
    assert TEXT.count(old) >= 1
    assert expected in set(problems(parse_system(TEXT.replace(old, new, 1))))


def test_an_array_over_a_sort_that_the_world_has_none_of_has_no_cells() -> None:
    verify(parse_system(TEXT.replace("(2 2) 0 3 (0 1 2 3)", "(0 2) 0 3 ()")))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("(set $1 1)",), ": a path without a goto"),
        (("(if (= $0 1) (then (goto 0)))",), ": a path without a goto"),
        (("(goto 0)", "(set $1 1)"), ", statement 1: follows a goto"),
        (("(if 1 (then (goto 0)) (else (goto 1)))", "(goto 0)"), ", statement 1: follows a goto"),
        (("(if 1 (then (goto 0) (goto 1)))", "(goto 0)"), ", statement 0, then, statement 1: follows a goto"),
        (("(goto 2)",), ", statement 0: no point 2"),
        (("(set (cell held) 1)", "(wait 1)", "(goto 0)"), ", statement 1: wait behind a store to shared state"),
        (
            ("(if $1 (then (set (cell held) 1)))", "(wait 1)", "(goto 0)"),
            ", statement 1: wait behind a store to shared state",
        ),
        (
            ("(set (cell held) 1)", "(choose $0 0 1 1)", "(goto 0)"),
            ", statement 1: choose behind a store to shared state",
        ),
        (("(set $1 %0)", "(goto 0)"), ", statement 0: temporary 0 read before it is written in %0"),
        (
            ("(if $1 (then (set %0 1)))", "(set $1 %0)", "(goto 0)"),
            ", statement 1: temporary 0 read before it is written in %0",
        ),
        (("(set %2 1)", "(goto 0)"), ", statement 0: no temporary 2"),
        (("(set $2 1)", "(goto 0)"), ", statement 0: no local 2"),
        (("(set (cell hold) 1)", "(goto 0)"), ", statement 0: no array hold"),
        (("(set (cell pte 0) 1)", "(goto 0)"), ", statement 0: 1 indices into pte of 2 dimensions"),
        (("(wait (load pte 0 0))", "(goto 0)"), ", statement 0: no truth: (load pte 0 0)"),
        (("(if $0 (then))", "(goto 0)"), ", statement 0: no truth: $0"),
        (("(check $0 model_error no)", "(goto 0)"), ", statement 0: no truth: $0"),
        (("(assert claim $0)", "(goto 0)"), ", statement 0: no truth: $0"),
        (("(assert safe 1)", "(goto 0)"), ", statement 0: asserts safe, which is no step assertion"),
        (("(choose $0 0 2 $0)", "(goto 0)"), ", statement 0: no truth: $0"),
        (("(choose $0 0 3 1)", "(goto 0)"), ", statement 0: chooses 0..3 for a local of 0..2"),
        (("(pick %0 0 1 1 :labels (a))", "(goto 0)"), ", statement 0: 1 labels for 0..1"),
        (("(note (shown Flog 1))", "(goto 0)"), ", statement 0: no view Flog"),
        (("(note (shown Flag 1 2))", "(goto 0)"), ", statement 0: 2 values for view Flag"),
    ],
)
def test_a_broken_block_is_reported(texts: tuple[str, ...], expected: str) -> None:
    found = set(problems(with_block(*texts)))
    assert f"process cpu, step 1 (work){expected}" in found


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (Const(True), "constant True is no integer"),
        (Load("hold"), "no array hold"),
        (Load("pte", (Const(0),)), "1 indices into pte of 2 dimensions"),
        (Local(7), "no local 7"),
        (Param(2), "no parameter 2"),
        (Temp(0), "temporary 0 read before it is written"),
        (Rigid("hwo"), "no mechanism hwo"),
        (Bound("f"), "variable f is not bound"),
        (Op(Operator.NOT, (Rigid("how"),)), "argument of not is no truth"),
        (Op(Operator.AND, (TRUE, Param(0))), "argument of and is no truth"),
        (Op(Operator.ITE, (Const(2), TRUE, TRUE)), "argument of ite is no truth"),
        (Op(Operator.LT, (TRUE,)), "< with 1 arguments"),
        (Op(Operator.BIT, (Const(1), Const(31))), "bit of bit 31"),
        (Op(Operator.SHIFT, (Const(-1),)), "shift of bit -1"),
        (Fold(FoldKind.ALL, "f", 0, 2, Bound("f")), "all of no truth"),
        (Fold(FoldKind.SUM, "f", 0, 2, Fold(FoldKind.SUM, "f", 0, 1, Bound("f"))), "variable f is bound twice"),
        (
            Op(
                Operator.ADD,
                (Fold(FoldKind.SUM, "f", 0, 2, Bound("f")), Fold(FoldKind.SUM, "f", 0, 1, Bound("f"))),
            ),
            "variable f is bound twice",
        ),
    ],
)
def test_a_broken_expression_is_reported(expr: Expr, expected: str) -> None:
    wait: Stmt = Wait(Op(Operator.EQ, (expr, Const(0))))
    found = list(problems(with_statements((wait, parse_statement("(goto 0)")))))
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    "text",
    [
        "(mod $0 2)",
        "(min 1 $0)",
        "@1",
        "(way way)",
        "(sum (i 0 0) $1)",
        "(any (i 0 1) ?i)",
        "(ite $1 (load held) 0)",
        "(bits-and 1 $0)",
        "(and (= 1 (sum (i 0 1) ?i)) (< 0 (sum (i 0 1) ?i)))",
    ],
)
def test_what_is_always_0_or_1_is_a_truth(text: str) -> None:
    verify(with_statements((Wait(parse_expr(text)), parse_statement("(goto 0)"))))


def test_the_error_lists_every_problem() -> None:
    broken = with_statements((Assert(Const(2), "claim"),))
    with pytest.raises(IllFormed) as caught:
        verify(broken)
    assert len(caught.value.problems) == 2
    assert str(caught.value).startswith(
        "the IR of 'small' is ill-formed:\n  process cpu, step 1 (work), statement 0: no truth: 2"
    )


def test_a_local_that_several_variables_share_may_hold_a_truth_whatever_its_bounds() -> None:
    alone = with_block("(wait $0)", "(goto 0)")
    assert list(problems(alone))
    shared = print_system(alone).replace("(live (0) mm Flag)", "(live (0) mm Flag) (live (0) busy Flag)")
    verify(parse_system(shared))
