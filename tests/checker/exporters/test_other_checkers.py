"""Other checkers count the same states and transitions in what is exported, and give each property the same verdict."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from commands import ROOT
from comparison import Comparison
from peers import NEEDS
from random_systems import random_system

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import System

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
WHOLE = ("fork_flush/flushed",)
REACHED = ("fork_flush/flushed", "pinned_fork/early_copy", "concurrent_zaps/store_no_nested_flush")
SOME = {"murphi": 200, "promela": 200, "tla": 4}
"""How many random systems: each is some runs of a compiler, or of a Java machine."""


def agree(language: str, folder: Path, system: System, whole: System | None = None) -> None:
    """The other checker and ours differ in nothing."""
    NEEDS[language]()
    row = Comparison(language, folder, 600).compared("", system, whole)
    assert (row.problem, row.left) == ("", "")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("language", EXPORTERS)
def test_examples(language: str, name: str, tmp_path: Path) -> None:
    agree(language, tmp_path, build(find_one(str(ROOT / "examples" / name))).system)


@pytest.mark.parametrize("name", WHOLE)
def test_bundled_scenarios(name: str, tmp_path: Path) -> None:
    agree("murphi", tmp_path, build(find_one(name)).system)


@pytest.mark.parametrize("name", REACHED)
@pytest.mark.parametrize("language", ["murphi", "promela"])
def test_what_bundled_scenarios_come_to(language: str, name: str, tmp_path: Path) -> None:
    scenario = find_one(name)
    agree(language, tmp_path, build(scenario, reached=True).system, build(scenario).system)


@pytest.mark.parametrize(("language", "seed"), [(each, seed) for each, most in SOME.items() for seed in range(most)])
def test_random_systems(language: str, seed: int, tmp_path: Path) -> None:
    agree(language, tmp_path, random_system(Random(seed), problems=False))
