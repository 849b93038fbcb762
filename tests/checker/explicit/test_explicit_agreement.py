"""Both tiers of the native engine on random systems: counts, findings and paths of the naive search."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from native_builds import emit_together, expected, found
from random_systems import random_system
from toy_systems import TOYS

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.model.ir.system import System

CHUNK = 20
CHUNKS = 15
WORD_BITS = (64, 5, 17)
"""Few bits of a word in use make states of several words, and arrays that lie over several."""


def _limits(seed: int) -> Limits:
    match seed % 4:
        case 0:
            return Limits(max_states=1 + seed % 23)
        case 1:
            return Limits(max_depth=seed % 7)
        case _:
            return Limits()


def _system(seed: int) -> System:
    return random_system(Random(seed))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_both_tiers_find_what_the_naive_search_finds(chunk: int, tmp_path: Path) -> None:
    seeds = range(chunk * CHUNK, (chunk + 1) * CHUNK)
    systems = [_system(seed) for seed in seeds]
    emitted = emit_together(
        [(system, WORD_BITS[seed % 3]) for system, seed in zip(systems, seeds, strict=True)], tmp_path
    )
    for number, (system, seed) in enumerate(zip(systems, seeds, strict=True)):
        limits = _limits(seed)
        reference = expected(system, limits)
        machine = ExplicitEngine(tier=Tier.MACHINE, word_bits=WORD_BITS[seed % 3])
        assert found(machine.explore(system, limits)) == reference, f"machine, seed {seed}"
        assert found(emitted.explore(number, limits)) == reference, f"emitted, seed {seed}"


def test_paths_are_those_of_the_interpreter_to_the_letter() -> None:
    for seed in range(20_000, 20_040):
        native = ExplicitEngine(tier=Tier.MACHINE).explore(_system(seed), Limits())
        reference = InterpreterEngine().explore(_system(seed), Limits())
        assert native.findings == reference.findings, f"seed {seed}"
        assert native.problem == reference.problem, f"seed {seed}"


@pytest.mark.parametrize("tier", [Tier.MACHINE, Tier.EMITTED])
@pytest.mark.parametrize("name", TOYS)
def test_toys_have_the_counts_and_depths_counted_by_hand(name: str, tier: Tier) -> None:
    toy = TOYS[name]()
    explored = ExplicitEngine(tier=tier).explore(toy.system, Limits())
    assert found(explored).counts == (toy.states, toy.transitions, toy.depth)
    assert {name: len(finding.path.transitions) for name, finding in explored.findings.items()} == toy.depths
    assert (None if explored.problem is None else len(explored.problem.transitions)) == toy.problem


def test_what_is_violated_is_known_without_paths() -> None:
    violating = 0
    for seed in range(21_000, 21_060):
        system, limits = _system(seed), _limits(seed)
        names, exhausted = ExplicitEngine().violated(system, limits)
        reference = InterpreterEngine().explore(system, limits)
        assert names == reference.findings.keys() - {"no_deadlock"}, f"seed {seed}"
        assert exhausted == reference.exhausted, f"seed {seed}"
        violating += bool(names)
    assert violating > 10
