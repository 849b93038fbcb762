"""Values that never change though they are written, example by example; test_pipeline.py compares searches."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system
from reference_search import search

from shootdown.checker.analysis.unchanging import fold_unchanging
from shootdown.model.ir.expr import Const, Load, Op, Operator
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.print import print_expr, print_statement
from shootdown.model.ir.stmt import Assign, Cell, Goto, If
from shootdown.model.ir.system import Array, System
from shootdown.model.ir.verify import verify
from shootdown.model.ir.walk import rewrite_blocks

TEXT = """
(system s
  (mechanism fast 0 off on)
  (array flag (2) 0 1 (0 0))
  (array copy () 0 1 (0))
  (array set () 0 1 (0))
  (array late () 0 1 (0))
  (array x () 0 9 (0))
  (process p (params 0) (temps 1) (entry 0)
    (local l 0 9 0) (local m 0 9 0)
    (point 0 start :final) (point 1 on :inside) (point 2 off :inside) (point 3 flagged :inside)
    (step 0 begin progress (do (set (cell flag 1) 0) (set $0 4) (goto 1)))
    (step 1 copies progress (do (set %0 (load flag 1)) (set (cell copy) %0) (set (cell x) $0) (goto 2)))
    (step 1 branches progress (do (if (load copy) (then (goto 3)) (else (set $1 (+ $0 1)) (goto 2)))))
    (step 2 unknown progress (do (set (cell x) $1) (if (load set) (then (set (cell late) 1)) (else)) (goto 0)))
    (step 2 chosen progress (do (choose $1 3 3 1) (set (cell x) $1) (set (cell set) (way fast)) (goto 0)))
    (step 3 flagged progress (do (set (cell set) 1) (goto 0))))
  (agent a p ())
  (property p always (or (load flag 0) (< (load x) (load late)))))
"""


def steps(system: System) -> dict[str, list[str]]:
    return {
        step.label: [print_statement(item) for item in step.block]
        for process in system.processes
        for step in process.steps
    }


def test_a_candidate_is_asked_about_the_value_chosen_and_not_about_the_one_before() -> None:
    choice = "(pick $0 0 2 (= $0 2))"
    system = parse_system(TEXT.replace("(choose $1 3 3 1)", f"{choice} (set $0 0) {choice}"))
    found = steps(fold_unchanging(system))
    assert found["chosen"][:3] == [choice, "(set $0 0)", choice]


def test_what_is_only_written_with_its_initial_value_folds_away() -> None:
    found = steps(fold_unchanging(parse_system(TEXT)))
    assert found == {
        "begin": ["(set (cell flag 1) 0)", "(set $0 4)", "(goto 1)"],
        "copies": ["(set %0 0)", "(set (cell copy) 0)", "(set (cell x) 4)", "(goto 2)"],
        "branches": ["(set $1 5)", "(goto 2)"],
        "unknown": ["(set (cell x) $1)", "(goto 0)"],
        "chosen": ["(choose $1 3 3 1)", "(set (cell x) 3)", "(set (cell set) 0)", "(goto 0)"],
    }


def test_properties_know_it_too() -> None:
    (prop,) = fold_unchanging(parse_system(TEXT)).properties
    assert print_expr(prop.expr) == "(< (load x) 0)"


def test_a_variable_that_may_change_brings_back_what_hangs_on_it() -> None:
    changed = TEXT.replace("(mechanism fast 0 off on)", "(mechanism fast 1 off on)")
    found = steps(fold_unchanging(parse_system(changed)))
    assert found["unknown"] == ["(set (cell x) $1)", "(if (load set) (then (set (cell late) 1)))", "(goto 0)"]
    assert "flagged" not in found
    assert print_expr(fold_unchanging(parse_system(changed)).properties[0].expr) == "(< (load x) (load late))"


def test_locals_are_known_only_where_every_path_agrees() -> None:
    changed = TEXT.replace("(step 1 copies progress (do", "(step 1 copies progress (do (pick $0 4 5 1)")
    found = steps(fold_unchanging(parse_system(changed)))
    assert found["copies"][-2] == "(set (cell x) $0)"
    assert found["branches"] == ["(set $1 5)", "(goto 2)"]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=16, deadline=None, derandomize=True)
def test_code_behind_a_flag_that_nobody_sets_counts_as_if_it_were_not_there(seed: int) -> None:
    system = random_system(Random(seed), problems=False)
    sets = If(Op(Operator.EQ, (Load("flag"), Const(1))), (Assign(Cell("flag"), Const(1)),), ())
    flagged = rewrite_blocks(
        replace(system, arrays=(*system.arrays, Array("flag", (), 0, 1, (0,)))),
        lambda block: (*block[:-1], sets, block[-1]) if isinstance(block[-1], Goto) else block,
    )
    verify(flagged)
    reduced = fold_unchanging(flagged)
    verify(reduced)
    before, plain, after = search(flagged), search(system), search(reduced)
    assert (after.states, after.transitions, after.depth) == (before.states, before.transitions, before.depth)
    assert after.depths == plain.depths
    assert not any("flag" in print_statement(item) for p in reduced.processes for s in p.steps for item in s.block)


def test_a_step_that_spoils_what_it_has_just_relied_on_is_followed_again() -> None:
    text = """
    (system s
      (array a () 0 1 (0)) (array b () 0 1 (0))
      (process p (params 0) (temps 0) (entry 0)
        (point 0 start :final)
        (step 0 turn progress (do (if (load a) (then (set (cell b) 1)) (else)) (set (cell a) 1) (goto 0))))
      (agent x p ())
      (property p always (not (load b))))
    """
    assert print_expr(fold_unchanging(parse_system(text)).properties[0].expr) == "(not (load b))"
