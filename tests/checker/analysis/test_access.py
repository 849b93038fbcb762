"""Access sets: examples, and runs in which nothing else is touched."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from random_systems import random_system

from shootdown.checker.analysis.access import Access, AccessSets
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.system import System

SYSTEM = parse_system(
    """
    (system s
      (mechanism way 1 off on)
      (array tlb (2 3) 0 1 (0 0 0 0 0 0))
      (array pte (3) 0 1 (0 0 0))
      (array x () 0 2 (0))
      (view V (scalar 0))
      (process p (params 1) (temps 1) (entry 0)
        (local va 0 2 0)
        (point 0 start)
        (step 0 fill progress (do (set (cell tlb @0 $0) (load pte (- 2 @0))) (note (shown V (load x))) (goto 0)))
        (step 0 flush progress
          (do (if (= @0 0) (then (set (cell x) 1)) (else (set (cell pte (load x)) 0)))
              (if (way way) (then) (else (set (cell x) 2)))
              (wait (all (i 0 1) (load tlb ?i (+ ?i 1))))
              (goto 0))))
      (agent zero p (0))
      (agent one p (1))
      (property p always (any (i 1 2) (load pte ?i))))
    """
)


def test_parameters_and_bound_variables_decide_cells() -> None:
    sets = AccessSets(SYSTEM)
    zero, one = SYSTEM.agents
    fill, flush = SYSTEM.processes[0].steps
    assert sets.step(zero, fill) == Access({"pte": frozenset({2})}, {"tlb": frozenset({0, 1, 2})})
    assert sets.step(one, fill) == Access({"pte": frozenset({1})}, {"tlb": frozenset({3, 4, 5})})
    assert sets.step(zero, flush) == Access({"tlb": frozenset({1, 5})}, {"x": frozenset({0})})
    assert sets.step(one, flush).writes == {"pte": frozenset({0, 1, 2})}
    assert sets.property(SYSTEM.properties[0]) == Access({"pte": frozenset({1, 2})})


def test_a_step_disturbs_another_if_it_writes_what_that_one_touches() -> None:
    sets = AccessSets(SYSTEM)
    zero, one = SYSTEM.agents
    fill, flush = SYSTEM.processes[0].steps
    assert sets.step(one, flush).disturbs(sets.step(zero, fill))
    assert not sets.step(zero, fill).disturbs(sets.step(one, fill))


def cells(system: System, access: dict[str, frozenset[int]]) -> set[int]:
    return {Layout(system).arrays[name] + position for name, found in access.items() for position in found}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_step_changes_only_what_it_writes_and_depends_only_on_what_it_reads(seed: int) -> None:
    random = Random(seed)
    system = random_system(random)
    sets, evaluator, layout = AccessSets(system), Evaluator(system), Layout(system)
    shared = sum(array.size for array in system.arrays)
    state = layout.initial
    for _ in range(12):
        found = list(evaluator.transitions(state))
        targets = [item.target for item in found if item.target is not None]
        if not targets:
            return
        item = random.choice([item for item in found if item.target is not None])
        assert item.target is not None
        access = sets.step(system.agents[item.agent], evaluator.step(item))
        reads, writes = cells(system, dict(access.reads)), cells(system, dict(access.writes))
        assert all(state[cell] == item.target[cell] for cell in range(shared) if cell not in writes)
        free = [cell for cell in range(shared) if cell not in reads]
        for _ in range(3):
            other = scrambled(random, state, free, layout)
            twins = [
                twin for twin in evaluator.transitions(other) if (twin.agent, twin.step) == (item.agent, item.step)
            ]
            same = [twin for twin in found if (twin.agent, twin.step) == (item.agent, item.step)]
            assert [outcome(twin) for twin in twins] == [outcome(twin) for twin in same]
            for one, two in zip(same, twins, strict=True):
                if one.target is not None and two.target is not None:
                    assert one.target[shared:] == two.target[shared:]
                    assert all(two.target[cell] in (one.target[cell], other[cell]) for cell in range(shared))
        state = item.target


def outcome(transition: Transition) -> object:
    return transition.choices, transition.violated, transition.problem


def scrambled(random: Random, state: State, free: list[int], layout: Layout) -> State:
    values = list(state)
    for cell in free:
        values[cell] = random.randint(*layout.bounds[cell])
    return tuple(values)
