"""Model files mean the same to Python and to the interpreter: equal transitions along random schedules."""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_agreement import followed

from shootdown.checker.scenario import Scenario, find, find_one

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = [
    *("die_hard/die_hard.toml/5-3", "dining_philosophers/dining_philosophers.toml/3"),
    *("dining_philosophers/dining_philosophers.toml/4-right-handed", "german/german.toml/2"),
    *("leader_election/leader_election.toml/3-1", "leader_election/leader_election.toml/4-1"),
    *("mcs_lock/mcs_lock.toml/compare-and-swap-2", "mcs_lock/mcs_lock.toml/swap-only-2"),
    *("peterson/peterson.toml/2", "tlb_shootdown/tlb_shootdown.toml/2"),
    *("tlb_shootdown/tlb_shootdown.toml/answer-without-flush", "two_phase_commit/two_phase_commit.toml/2"),
]
ALL = [scenario for scenario in find([str(EXAMPLES)]) if scenario.path.stem != "large"]


@pytest.mark.parametrize("name", SMALL)
def test_a_hundred_schedules_agree_in_all_transitions_of_every_state(name: str) -> None:
    assert followed(find_one(str(EXAMPLES / name)), schedules=100, longest=30, share=1).disagreement is None


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_a_hundred_schedules_agree(scenario: Scenario) -> None:
    assert followed(scenario, schedules=100, longest=60, share=0.05).disagreement is None


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("die_hard/die_hard.toml/5-3", "k.small -= poured", "k.small -= min(poured, 2)"),
        ("mcs_lock/mcs_lock.toml/swap-only-2", "if not k.locked[cpu]", "if k.locked[cpu]"),
        ("peterson/peterson.toml/2", 'yield "give way"', 'yield "give up"'),
        ("dining_philosophers/dining_philosophers.toml/3", "wait(not k.taken[second])", "pass"),
        ("leader_election/leader_election.toml/3-1", "choose(k.inbox[node])", "min(k.inbox[node], default=0)"),
        ("tlb_shootdown/tlb_shootdown.toml/2", "return k.unmap == Unmap.FREED", "return k.mapped"),
    ],
)
@pytest.mark.parametrize("share", [1, 0.05])
def test_a_file_that_differs_is_found_out(share: float, name: str, old: str, new: str, tmp_path: Path) -> None:
    """One change to the text that Python runs, and the comparison names what only one side can do."""
    scenario = find_one(str(EXAMPLES / name))
    (source,) = (scenario.path.parent / model for model in scenario.tables.model)
    changed = tmp_path / source.name
    assert old in source.read_text()
    changed.write_text(source.read_text().replace(old, new))

    done = followed(scenario, schedules=20, longest=30, share=share, files=[changed])

    assert done.disagreement is not None
