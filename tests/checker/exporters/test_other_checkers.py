"""Other checkers count the same states and transitions in what is exported, and find the same verdicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

import pytest
from commands import ROOT
from peers import CHECKERS, NEEDS, Found
from random_systems import random_system

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.registry import engine
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import PropertyKind, System

EXAMPLES = (
    "die_hard/die_hard.toml/5-3",
    "two_phase_commit/two_phase_commit.toml/3",
    "peterson/peterson.toml/3",
    "german/german.toml/2",
    "dining_philosophers/dining_philosophers.toml/3",
    "leader_election/leader_election.toml/5-4",
    "tlb_shootdown/tlb_shootdown.toml/2",
    "mcs_lock/mcs_lock.toml/compare-and-swap-2",
)
SCENARIOS = ("fork_flush/flushed", "pinned_fork/early_copy", "concurrent_zaps/store_no_nested_flush")
SOME = {"murphi": 24, "promela": 12, "tla": 6}
"""How many random systems: each is a run of a compiler, or of a Java machine."""


def counted(system: System) -> Found:
    """What our explorer reports of the steps alone."""
    counts = engine().explore(replace(system, properties=()), Limits()).counts
    return Found(counts.states, counts.transitions, False)


def exported(system: System, language: str, folder: Path) -> Found:
    """What the other checker reports of the steps alone."""
    return CHECKERS[language](EXPORTERS[language](replace(system, properties=())), folder)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("language", EXPORTERS)
def test_examples(language: str, name: str, tmp_path: Path) -> None:
    NEEDS[language]()
    system = build(find_one(str(ROOT / "examples" / name))).system

    assert exported(system, language, tmp_path) == counted(system)


@pytest.mark.parametrize("name", SCENARIOS)
def test_bundled_scenarios_in_murphi(name: str, tmp_path: Path) -> None:
    NEEDS["murphi"]()
    system = build(find_one(name)).system

    assert exported(system, "murphi", tmp_path) == counted(system)


@pytest.mark.parametrize(("language", "seed"), [(each, seed) for each, most in SOME.items() for seed in range(most)])
def test_random_systems(language: str, seed: int, tmp_path: Path) -> None:
    NEEDS[language]()
    system = random_system(Random(seed), problems=False)

    assert exported(system, language, tmp_path) == counted(system)


@pytest.mark.parametrize(
    ("language", "seed"), [(each, seed) for each, most in SOME.items() for seed in range(most // 2)]
)
def test_verdicts_of_random_systems(language: str, seed: int, tmp_path: Path) -> None:
    NEEDS[language]()
    system = asked(seed)
    violated = system.properties[0].name in InterpreterEngine().explore(system, Limits()).findings

    assert CHECKERS[language](EXPORTERS[language](system), tmp_path).error == violated


def asked(number: int) -> System:
    """The random system of this number among those that have a property that may be violated, with only that one."""
    kinds = (PropertyKind.ALWAYS, PropertyKind.AT_END, PropertyKind.ASSERTION)
    for seed in count(1000):
        system = random_system(Random(seed), problems=False)
        found = [each for each in system.properties if each.kind in kinds]
        number -= bool(found)
        if number < 0:
            return replace(system, properties=(found[0],))
    raise AssertionError
