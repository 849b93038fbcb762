"""A system with its mechanisms in cells behaves as the system does under each design."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from random_systems import random_system

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.review.boxes import Space, point
from shootdown.checker.review.freeing import chosen_mechanism, drop_idle_choices, free, guard_reads
from shootdown.checker.review.searching import Searcher
from shootdown.checker.review.starts import Start, arrays_of
from shootdown.checker.scenario.twins import under
from shootdown.model.ir.expr import Const, Load, Rigid, Temp
from shootdown.model.ir.stmt import Assign, Cell, Choose, Goto, If, Wait
from shootdown.model.ir.system import PropertyKind, System
from shootdown.model.ir.verify import verify
from shootdown.model.ir.walk import statements


def space_of(system: System) -> Space:
    return Space(system.mechanisms, tuple((1 << len(item.labels)) - 1 for item in system.mechanisms))


@pytest.mark.parametrize("seed", range(12))
def test_one_design_violates_the_same_at_the_same_depth(seed: int) -> None:
    system = random_system(Random(seed), designs=True)
    space = space_of(system)
    verify(free(system).system)
    searcher = Searcher(system, space)
    random = Random(seed)
    for _ in range(2):
        design = tuple(random.randrange(len(item.labels)) for item in system.mechanisms)
        whole = replace(under(system, space.settings(design)), properties=searcher.reviewed)
        expected = InterpreterEngine().explore(whole, Limits())
        found = searcher.search(Start(arrays_of(system, searcher.relevant)), point(design), (), Limits(), first=False)
        depths = {hit.prop.name: len(hit.keys) for hit in found.hits if hit.prop}
        assert depths == {name: len(finding.path.transitions) for name, finding in expected.findings.items()}
        assert any(hit.prop is None for hit in found.hits) == (expected.problem is not None)


def test_sometimes_is_not_reviewed() -> None:
    for seed in range(20):
        system = random_system(Random(seed), designs=True)
        searcher = Searcher(
            system, Space(system.mechanisms, tuple((1 << len(m.labels)) - 1 for m in system.mechanisms))
        )
        assert all(prop.kind is not PropertyKind.SOMETIMES for prop in searcher.reviewed)


A, B, C = Rigid("a"), Rigid("b"), Rigid("c")


def test_what_a_step_reads_up_to_its_last_guard_decides_whether_it_is_enabled() -> None:
    block = (If(A, (Wait(Load("x")),)), Wait(B), Assign(Cell("x"), C), Goto(0))
    assert guard_reads(block) == {"a", "b"}
    assert guard_reads((If(A, (Assign(Cell("x"), Const(1)),)), Goto(0))) == frozenset()


def test_a_choice_that_nothing_reads_is_dropped_with_what_remembers_it() -> None:
    for seed in range(20):
        freed = free(random_system(Random(seed), designs=True)).system
        process = freed.processes[0]
        step = next((step for step in process.steps if any(map(_is_choice, statements(step.block)))), None)
        if step is None:
            continue
        made = [item for item in statements(step.block) if _is_choice(item)]
        assert isinstance(made[0], Choose)
        alone = replace(step, block=(made[0], _remembering(step.block, made[0]), Goto(0)))
        read = replace(step, block=(*alone.block[:2], Wait(Temp(made[0].target.slot)), Goto(0)))
        for kept, blocks in ((1, (alone,)), (4, (read,))):
            small = replace(freed, processes=(replace(process, steps=blocks),))
            assert len(drop_idle_choices(small).processes[0].steps[0].block) == kept


def _is_choice(statement: object) -> bool:
    return isinstance(statement, Choose) and chosen_mechanism(statement.name) is not None


def _remembering(block: tuple[object, ...], choice: Choose) -> If:
    for statement in statements(block):  # type: ignore[arg-type]
        match statement:
            case If(_, (Assign(Cell(name)),)) if name == choice.name:
                return statement
            case _:
                continue
    raise AssertionError
