"""No set of reductions changes a verdict, or the length of a shortest path: a small part of what reductions.py does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from counting_systems import counting_system
from interchangeable_systems import interchangeable_system
from random_systems import random_system
from reduction_agreement import EVERY, NAMES, Searches, subsets

from shootdown.checker.scenario import find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import System

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def assert_all_agree(system: System, sets: list[frozenset[str]]) -> int:
    searches = Searches(system, 20_000)
    reference = searches.found(())
    if reference is None:
        return 0
    compared = 0
    for made in sets:
        count, difference = searches.differences(reference, made)
        assert not difference
        compared += count
    return compared


@pytest.mark.parametrize("make", [counting_system, random_system])
def test_every_set_on_random_systems(make: Callable[[Random], System]) -> None:
    assert sum(assert_all_agree(make(Random(seed)), list(EVERY)) for seed in (3, 4)) > 500


def test_sets_on_systems_with_interchangeable_elements() -> None:
    assert sum(assert_all_agree(interchangeable_system(Random(seed)), subsets(Random(seed))) for seed in range(4)) > 100


@pytest.mark.parametrize("name", ["peterson", "dining_philosophers", "mcs_lock"])
def test_sets_on_examples(name: str) -> None:
    found = find([str(EXAMPLES / name / f"{name}.toml")])
    assert sum(assert_all_agree(build(each).system, subsets(Random(name))) for each in found) >= 2 * len(NAMES)
