"""Every design of a system is decided as a search of it alone decides it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from random_systems import random_system

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.review import deciding, leading
from shootdown.checker.review.boxes import Design, Space, contains, values
from shootdown.checker.review.deciding import Decided, Decider
from shootdown.checker.review.searching import Searcher
from shootdown.checker.review.starts import Starts
from shootdown.checker.scenario.twins import under
from shootdown.model.ir.system import PropertyKind, System

SEEDS = (1, 2, 8, 13, 16, 18, 25, 31, 35, 41, 49, 53, 54)
"""Small systems with designs of both kinds."""


def space_of(system: System) -> Space:
    return Space(system.mechanisms, tuple((1 << len(item.labels)) - 1 for item in system.mechanisms))


def decide(system: System) -> Decided:
    space = space_of(system)
    searcher = Searcher(system, space)
    starts = Starts(space, system, None, searcher.relevant)
    own = tuple(item.value for item in system.mechanisms)
    return Decider(searcher, starts, Limits(), own).run()


def goes_wrong(system: System, design: Design) -> bool:
    """What the reference engine finds under one design."""
    asked = tuple(prop for prop in system.properties if prop.kind is not PropertyKind.SOMETIMES)
    whole = replace(under(system, space_of(system).settings(design)), properties=asked)
    found = InterpreterEngine().explore(whole, Limits())
    return bool(found.findings) or found.problem is not None


def differences(system: System, decided: Decided) -> list[Design]:
    """The designs that are decided differently, or not at all."""
    wrong = []
    for design in product(*(values(mask) for mask in decided.space.domain)):
        unsafe = any(contains(box, design) for box in decided.unsafe_boxes)
        safe = any(contains(box, design) for box in decided.safe)
        if unsafe == safe or unsafe != goes_wrong(system, design):
            wrong.append(design)
    return wrong


def test_random_systems_are_decided_as_design_by_design() -> None:
    kinds: Counter[str] = Counter()
    for seed in SEEDS:
        system = random_system(Random(seed), designs=True)
        decided = decide(system)
        assert differences(system, decided) == [], seed
        assert decided.safe, seed
        assert decided.unsafe, seed
        kinds["problem"] += any(each.prop is None for each in decided.unsafe)
        kinds["several at once"] += any(len(decided.space.named(box)) < 4 for box in decided.safe)
        kinds.update({each.prop.kind.value for each in decided.unsafe if each.prop})
    wanted = ("problem", "several at once", "always", "at_end", "step_assertion", "no_deadlock")
    assert all(kinds[kind] for kind in wanted), kinds


def test_a_search_that_is_too_large_for_many_designs_is_done_for_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "SMALL", 5)
    monkeypatch.setattr(deciding, "GROWTH", 1)
    for seed in SEEDS[:3]:
        system = random_system(Random(seed), designs=True)
        assert differences(system, decide(system)) == [], seed


def test_a_schedule_that_is_too_much_for_all_designs_decides_the_one_that_it_is_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leading, "MOST_PLACES", 1)
    for seed in SEEDS[3:6]:
        system = random_system(Random(seed), designs=True)
        assert differences(system, decide(system)) == [], seed
