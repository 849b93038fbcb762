"""Live locals and their resets, example by example."""

from __future__ import annotations

from reference_search import search

from shootdown.checker.analysis.dead_locals import live_locals, reset_dead_locals
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.print import print_statement
from shootdown.model.ir.verify import verify

SYSTEM = parse_system(
    """
    (system s
      (array x () 0 3 (0))
      (process p (params 0) (temps 0) (entry 0)
        (local old 0 3 2)
        (local frame 0 3 0)
        (local kept 0 1 1)
        (point 0 idle :final) (point 1 chosen) (point 2 used)
        (step 0 choose spontaneous (do (choose $1 0 3 (!= $1 $0)) (set $0 2) (goto 1)))
        (step 1 use progress
          (do (if (= $1 3) (then (set $2 0) (goto 2))) (set (cell x) $1) (set $1 (load x)) (set $0 $1) (goto 2)))
        (step 2 end progress (do (wait $2) (set (cell x) 0) (goto 0)))
        (step 2 other progress (do (set $2 1) (set $0 1) (set $0 2) (goto 0))))
      (agent a p ()))
    """
)


def test_a_local_is_live_while_some_path_reads_it_before_writing_it() -> None:
    assert [set(slots) for slots in live_locals(SYSTEM.processes[0])] == [{0, 2}, {0, 1, 2}, {0, 2}]


def test_dead_locals_that_may_differ_from_their_initial_value_are_reset() -> None:
    system = reset_dead_locals(SYSTEM)
    verify(system)
    blocks = [[print_statement(item) for item in step.block] for step in system.processes[0].steps]
    assert blocks[0][-2:] == ["(set $0 2)", "(goto 1)"]
    assert blocks[1] == [
        "(if (= $1 3) (then (set $2 0) (set $1 0) (goto 2)))",
        "(set (cell x) $1)",
        "(set $1 (load x))",
        "(set $0 $1)",
        "(set $1 0)",
        "(goto 2)",
    ]
    assert blocks[2] == ["(wait $2)", "(set (cell x) 0)", "(goto 0)"]
    assert blocks[3] == ["(set $2 1)", "(set $0 1)", "(set $0 2)", "(goto 0)"]


def test_resets_merge_states() -> None:
    before, after = search(SYSTEM), search(reset_dead_locals(SYSTEM))
    assert after.states < before.states
    assert after.fired == before.fired


def test_resetting_twice_changes_nothing_more() -> None:
    once = reset_dead_locals(SYSTEM)
    assert reset_dead_locals(once) == once


def test_a_local_that_is_only_counted_up_is_read_by_that() -> None:
    system = parse_system(
        """
        (system s
          (array x () 0 4 (0))
          (process p (params 0) (temps 0) (entry 0)
            (local n 0 3 0) (local m 0 1 0)
            (point 0 start) (point 1 next) (point 2 last)
            (step 0 a progress (do (choose $0 0 3 1) (choose $1 0 1 1) (goto 1)))
            (step 1 b progress (do (set $0 (min 3 (+ $0 1))) (if (= $0 2) (then (goto 0)) (else (set $1 $1))) (goto 2)))
            (step 2 c progress (do (set (cell x) (+ $0 $1)) (goto 0))))
          (agent a p ()) (property low always (< (load x) 3)))
        """
    )
    assert [set(slots) for slots in live_locals(system.processes[0])] == [set(), {0, 1}, {0, 1}]
    before, after = search(system), search(reset_dead_locals(system))
    assert after.decided == before.decided
