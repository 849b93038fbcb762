"""Widths of numbers."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system

from shootdown.checker.analysis.intervals import intermediate, temp_intervals, widest
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.interval import INT32, Interval, Ranges
from shootdown.model.ir.parse import parse_expr, parse_system
from shootdown.model.ir.system import System


def system_with(value: str) -> System:
    return parse_system(
        f"""
        (system s (array x () 0 1000 (0))
          (process p (params 0) (temps 2) (entry 0) (point 0 start)
            (step 0 a progress
              (do (choose %1 2 5 1) (set %0 {value}) (if (= %0 1) (then (set %0 (+ %0 %1))) (else (set %0 7)))
                  (set (cell x) (mod %0 1000)) (goto 0))))
          (agent a p ()))
        """
    )


def test_temporaries_have_the_union_of_what_is_written_to_them() -> None:
    system = system_with("(load x)")
    (process,) = system.processes
    assert temp_intervals(system, process, process.steps[0].block) == {0: Interval(0, 1005), 1: Interval(2, 5)}


def test_intermediate_results_count() -> None:
    assert widest(system_with("(load x)")) == Interval(0, 1005)
    assert widest(system_with("(mod (* (load x) (* 1000 1000)) 7)")).within(INT32)
    assert not widest(system_with("(mod (* (load x) (* 1000 (* 1000 1000))) 7)")).within(INT32)


def test_partial_sums_and_loop_variables_count() -> None:
    ranges = Ranges({}, locals=[Interval(-1, 1)])
    assert intermediate(parse_expr("(sum (i 0 9) $0)"), ranges) == Interval(-10, 10)
    assert intermediate(parse_expr("(all (i 5 8) $0)"), ranges) == Interval(-1, 9)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_every_value_of_a_run_lies_in_the_widest_interval(seed: int) -> None:
    random = Random(seed)
    system = random_system(random)
    found, evaluator = widest(system), Evaluator(system)
    state = evaluator.layout.initial
    points = set(evaluator.layout.points)
    for _ in range(20):
        assert all(found.lo <= value <= found.hi for position, value in enumerate(state) if position not in points)
        targets = [item.target for item in evaluator.transitions(state) if item.target is not None]
        if not targets:
            return
        state = random.choice(targets)
