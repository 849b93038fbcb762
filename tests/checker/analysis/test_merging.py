"""Macro-steps: the same verdicts, paths that are runs of the original system, and only steps that nobody can notice."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from random_systems import random_system
from reference_search import search
from toy_systems import ALWAYS, DONE, INSIDE, START, array, equal, op, points, step

from shootdown.checker.analysis.merging import merge_steps
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import NO_DEADLOCK
from shootdown.checker.trace.replay import confirm, confirm_decides
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.expr import Const, Load, Operator
from shootdown.model.ir.stmt import Assign, Cell, Wait
from shootdown.model.ir.system import Agent, Process, Property, PropertyKind, Step, System
from shootdown.model.ir.verify import verify


def without_deadlock(system: System) -> System:
    kept = tuple(prop for prop in system.properties if prop.kind is not PropertyKind.NO_DEADLOCK)
    return replace(system, properties=kept)


def test_random_systems_keep_what_is_decided_and_their_paths_split_into_runs_of_the_original() -> None:
    merged_somewhere = 0
    for seed in range(500, 800):
        original = without_deadlock(random_system(Random(seed), problems=False))
        merged = merge_steps(original)
        if not any(merged.passed.values()):
            continue
        merged_somewhere += 1
        verify(merged.system)
        before, after = search(original), search(merged.system)
        assert set(before.decided) - {NO_DEADLOCK} == set(after.decided) - {NO_DEADLOCK}, f"seed {seed}"
        assert after.states <= before.states or not (before.exhausted and after.exhausted), f"seed {seed}"
        found = InterpreterEngine().explore(merged.system, Limits()).findings
        for name, finding in found.items():
            if name == NO_DEADLOCK:
                continue
            (prop,) = [prop for prop in original.properties if prop.name == name]
            path = merged.decisive(finding.path, prop)
            confirm(Evaluator(original), path)
            confirm_decides(Evaluator(original), path, prop)
            assert len(path.transitions) >= before.decided[name].depth
    assert merged_somewhere >= 20


def test_random_systems_with_problems_keep_whether_there_is_one() -> None:
    for seed in range(900, 1100):
        original = replace(random_system(Random(seed), problems=True), properties=())
        before, after = search(original), search(merge_steps(original).system)
        assert (before.problem is None) == (after.problem is None), f"seed {seed}"


def _two(steps: tuple[Step, ...], *, seen: str = "y") -> System:
    """Two agents: one with these steps over x and y, one that increments y."""
    first = Process("p", 0, (), 0, points(START, INSIDE, INSIDE, DONE), steps)
    rise = step(0, "rise", Assign(Cell("y"), Const(1)), to=1)
    second = Process("q", 0, (), 0, points(START, DONE), (rise,))
    prop = Property("low", ALWAYS, equal(Load(seen), 0))
    agents = (Agent("a", "p"), Agent("b", "q"))
    return System("two", (array("x", 3), array("y", 3)), (first, second), agents, properties=(prop,))


def _x(value: int) -> Assign:
    return Assign(Cell("x"), Const(value))


def test_steps_that_nobody_notices_are_taken_along() -> None:
    merged = merge_steps(
        _two((step(0, "one", _x(1), to=1), step(1, "two", _x(2), to=2), step(2, "three", _x(3), to=3)))
    )
    assert merged.passed["p"] == {1, 2}
    assert [each.label for each in merged.system.processes[0].steps] == ["one"]
    assert search(replace(merged.system, properties=())).states == 4


def test_what_others_or_properties_read_blocks_or_waits_is_left_apart() -> None:
    one, three = step(0, "one", _x(1), to=1), step(2, "three", _x(3), to=3)
    for second in (
        step(1, "others write it", Assign(Cell("x"), Load("y")), to=2),
        step(1, "it waits", Wait(op(Operator.LE, Load("x"), Const(2))), to=2),
        step(1, "it goes round", _x(2), to=1),
    ):
        assert 1 not in merge_steps(_two((one, second, three))).passed["p"], second.label
    seen = merge_steps(_two((one, step(1, "two", _x(2), to=2), three), seen="x"))
    assert not any(seen.passed.values())


def test_a_choice_of_steps_is_left_apart() -> None:
    steps = (step(0, "one", _x(1), to=1), step(1, "two", _x(2), to=2), step(1, "other", _x(3), to=2))
    assert 1 not in merge_steps(_two(steps)).passed["p"]


def test_nothing_is_merged_where_being_stuck_matters() -> None:
    steps = (step(0, "one", _x(1), to=1), step(1, "two", _x(2), to=3))
    asked = _two(steps)
    stuck = Property("no_deadlock", PropertyKind.NO_DEADLOCK, Const(1))
    asked = replace(asked, properties=(*asked.properties, stuck))
    merged = merge_steps(asked)
    assert not any(merged.passed.values())
    assert search(merged.system).states == search(asked).states
