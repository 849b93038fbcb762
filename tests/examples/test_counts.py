"""The classic models have the states, transitions and depths that other model checkers found.

Two-phase commit, Peterson, German, dining philosophers, leader election, Die Hard and the TLB toy were counted with
rumur and TLC; the MCS locks with Murphi, which does not say how deep they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from plain_agreement import Comparison
from plain_search import search

from shootdown.checker.explicit.build import NoCompiler
from shootdown.checker.options import Limits
from shootdown.checker.registry import engine
from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.request import build

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
INTERPRETED = 3_000
"""Transitions up to which the interpreter counts, too."""
PLAIN = 1_000
"""Transitions up to which plain Python counts, too."""


@dataclass(frozen=True)
class Known:
    """A published count; `depth` is one less than TLC's levels."""

    scenario: str
    states: int
    transitions: int
    depth: int | None = None


KNOWN = [
    Known("die_hard/die_hard.toml/5-3", 16, 96, 7),
    Known("two_phase_commit/two_phase_commit.toml/2", 56, 153),
    Known("two_phase_commit/two_phase_commit.toml/3", 288, 1_145, 10),
    Known("two_phase_commit/two_phase_commit.toml/4", 1_568, 8_257),
    Known("two_phase_commit/two_phase_commit.toml/5", 8_832, 58_145, 16),
    Known("two_phase_commit/large.toml/6", 50_816, 402_305),
    Known("peterson/peterson.toml/2", 47, 94, 9),
    Known("peterson/peterson.toml/3", 882, 2_646, 25),
    Known("peterson/peterson.toml/4", 22_281, 89_124, 46),
    Known("peterson/large.toml/5", 628_868, 3_144_340, 73),
    Known("german/german.toml/2", 1_461, 3_864, 18),
    Known("german/german.toml/3", 27_513, 109_728, 26),
    Known("german/large.toml/4", 544_617, 2_912_544, 34),
    Known("dining_philosophers/dining_philosophers.toml/3", 45, 111, 6),
    Known("dining_philosophers/dining_philosophers.toml/4", 161, 532, 8),
    Known("dining_philosophers/dining_philosophers.toml/5", 573, 2_365, 10),
    Known("dining_philosophers/dining_philosophers.toml/6", 2_041, 10_110, 12),
    Known("dining_philosophers/large.toml/7", 7_269, 42_007, 14),
    Known("dining_philosophers/large.toml/8", 25_889, 170_984, 16),
    Known("leader_election/leader_election.toml/3-1", 51, 98, 7),
    Known("leader_election/leader_election.toml/4-1", 275, 723, 11),
    Known("leader_election/leader_election.toml/5-1", 1_701, 5_762, 16),
    Known("leader_election/leader_election.toml/5-2", 1_155, 3_703, 16),
    Known("leader_election/leader_election.toml/5-4", 918, 2_832, 16),
    Known("leader_election/leader_election.toml/6-1", 11_949, 50_039, 22),
    Known("tlb_shootdown/tlb_shootdown.toml/2", 20, 42, 4),
    Known("tlb_shootdown/tlb_shootdown.toml/3", 62, 168, 5),
    Known("tlb_shootdown/tlb_shootdown.toml/4", 192, 652, 6),
    Known("tlb_shootdown/tlb_shootdown.toml/5", 602, 2_510, 7),
    Known("tlb_shootdown/tlb_shootdown.toml/6", 1_912, 9_606, 8),
    Known("mcs_lock/mcs_lock.toml/compare-and-swap-2", 159, 318),
    Known("mcs_lock/mcs_lock.toml/compare-and-swap-3", 7_597, 22_791),
    Known("mcs_lock/large.toml/compare-and-swap-4", 554_221, 2_216_884),
    Known("mcs_lock/mcs_lock.toml/swap-only-2", 1_098, 2_196),
]


def up_to(transitions: int) -> list[Known]:
    """The models with at most so many transitions."""
    return [known for known in KNOWN if known.transitions <= transitions]


@pytest.mark.parametrize("known", up_to(PLAIN), ids=lambda known: known.scenario)
def test_plain_python_counts_the_same(known: Known) -> None:
    built = build(find_one(str(EXAMPLES / known.scenario)), properties=[])
    comparison = Comparison([Path(path) for path in built.model.files], built.request, built.system)

    found = search(comparison.plain)

    assert (found.states, found.transitions) == (known.states, known.transitions)
    assert known.depth is None or found.depth == known.depth


def counted(known: Known, name: str) -> None:
    """Assert what an engine counts."""
    system = build(find_one(str(EXAMPLES / known.scenario)), properties=[]).system

    found = engine(name).explore(system, Limits())

    assert found.exhausted
    assert (found.counts.states, found.counts.transitions) == (known.states, known.transitions)
    assert known.depth is None or found.counts.depth == known.depth


@pytest.mark.parametrize("known", up_to(INTERPRETED), ids=lambda known: known.scenario)
def test_the_interpreter_counts_what_was_published(known: Known) -> None:
    counted(known, "interpreter")


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.scenario)
def test_the_native_engine_counts_what_was_published(known: Known) -> None:
    try:
        counted(known, "explicit")
    except NoCompiler as reason:
        pytest.skip(str(reason))
