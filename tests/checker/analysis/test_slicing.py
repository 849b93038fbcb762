"""Slicing and selection, example by example."""

from __future__ import annotations

import pytest

from shootdown.checker.analysis.select import select_properties
from shootdown.checker.analysis.slicing import slice_system
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.print import print_statement
from shootdown.model.ir.system import System
from shootdown.model.ir.verify import verify

SYSTEM = parse_system(
    """
    (system memory
      (array lock () 0 1 (0))
      (array pte (2) 0 3 (0 0))
      (array promised (2) 0 3 (0 0) :ghost)
      (array counter () 0 7 (0))
      (view V (scalar 0))
      (variable pte Kernel ((a b)) (scalar 0) (pte))
      (variable promised Kernel ((a b)) (scalar 0) (promised) :ghost)
      (process p (params 0) (temps 2) (entry 0)
        (local seen 0 3 0)
        (local mm 0 1 0)
        (local tries 0 3 0)
        (point 0 start :final)
        (point 1 locked :inside (live (0) seen V) (live (1) mm V) (live (2) tries V))
        (step 0 lock spontaneous
          (do (wait (not (load lock))) (choose $1 0 1 1) (set (cell lock) 1) (note "locks " (shown V $2)) (goto 1)))
        (step 1 set progress
          (do (set %0 (load counter)) (set (cell counter) (mod (+ %0 1) 8))
              (set $2 (mod (+ $2 1) 4))
              (set %1 (load pte $1))
              (set (cell promised $1) %1)
              (if (= (load promised 0) 1)
                (then (set (cell promised 1) 0) (goto 0)))
              (goto 0)))
        (step 1 check progress
          (do (set $0 (load pte $1)) (assert agrees (= $0 (load promised $1)))
              (if (= (load pte 0) 2) (then (set (cell pte 0) 1)) (else (set (cell counter) 0)))
              (set (cell lock) 0) (goto 0))))
      (agent a p ())
      (agent b p ())
      (property agrees step_assertion 1)
      (property small always (< (load pte 0) 3))
      (property no_deadlock no_deadlock 1))
    """
)


def arrays(system: System) -> list[str]:
    verify(system)
    return [array.name for array in system.arrays]


def texts(system: System, step: int) -> list[str]:
    process = system.processes[0]
    return [print_statement(item, process.locals) for item in process.steps[step].block]


def test_only_what_guards_need_is_left_for_deadlocks() -> None:
    sliced = slice_system(select_properties(SYSTEM, ["no_deadlock"]))
    assert arrays(sliced) == ["lock"]
    assert [local.name for local in sliced.processes[0].locals] == ["mm"]
    assert texts(sliced, 0) == ["(wait (not (load lock)))", "(choose $0:mm 0 1 1)", "(set (cell lock) 1)", "(goto 1)"]
    assert texts(sliced, 1) == ["(goto 0)"]
    assert texts(sliced, 2) == ["(set (cell lock) 0)", "(goto 0)"]
    assert sliced.variables == ()
    assert [live for point in sliced.processes[0].points for live in point.live] == [((0,), "mm", "V")]


def test_a_state_property_keeps_what_its_variables_depend_on() -> None:
    sliced = slice_system(select_properties(SYSTEM, ["small"]))
    assert arrays(sliced) == ["lock", "pte"]
    assert [variable.name for variable in sliced.variables] == ["pte"]
    assert texts(sliced, 2)[0] == "(if (= (load pte 0) 2) (then (set (cell pte 0) 1)))"


def test_a_selected_assertion_keeps_ghost_state_and_the_branch_that_writes_it() -> None:
    sliced = slice_system(select_properties(SYSTEM, ["agrees"]))
    assert arrays(sliced) == ["lock", "pte", "promised"]
    assert [local.name for local in sliced.processes[0].locals] == ["seen", "mm"]
    assert "(if (= (load promised 0) 1) (then (set (cell promised 1) 0) (goto 0)))" in texts(sliced, 1)
    assert texts(sliced, 2)[1] == "(assert agrees (= $0:seen (load promised $1:mm)))"


def test_agents_points_and_steps_stay() -> None:
    sliced = slice_system(select_properties(SYSTEM, ["no_deadlock"]))
    assert sliced.agents == SYSTEM.agents
    assert sliced.processes[0].points == SYSTEM.processes[0].points
    assert [step.label for step in sliced.processes[0].steps] == ["lock", "set", "check"]


def test_a_check_keeps_its_operands() -> None:
    text = "(set (cell counter) (mod (+ %0 1) 8))"
    process = SYSTEM.processes[0]
    with_check = parse_system(
        """
        (system s (array x () 0 3 (0)) (array y () 0 3 (0))
          (process p (params 0) (temps 0) (entry 0) (point 0 start)
            (step 0 a progress (do (set (cell y) (load x)) (set (cell x) 1) (goto 0)))
            (step 0 b progress (do (check (< (load x) 2) model_error "too large") (goto 0))))
          (agent a p ()))
        """
    )
    assert arrays(slice_system(with_check)) == ["x"]
    assert text in [print_statement(item) for item in process.steps[1].block]


def test_selecting_an_unknown_property_is_refused() -> None:
    with pytest.raises(KeyError, match="no property smal"):
        select_properties(SYSTEM, ["smal", "small"])


def test_selection_drops_assertions_inside_branches() -> None:
    system = parse_system(
        """
        (system s (process p (params 0) (temps 0) (entry 0) (local l 0 1 0) (point 0 start)
            (step 0 a progress (do (if $0 (then (assert one 0) (assert two 0))) (goto 0))))
          (agent a p ()) (property one step_assertion 1) (property two step_assertion 1))
        """
    )
    assert texts(select_properties(system, ["two"]), 0)[0] == "(if $0:l (then (assert two 0)))"
