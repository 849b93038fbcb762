"""The benchmark: counts that other checkers and the literature agree on, and the command that measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from two_phase_commit import two_phase_commit

from shootdown.checker.explicit import ExplicitEngine, Tier
from shootdown.checker.options import Limits
from shootdown.checker.result import Counts

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
KNOWN = {2: (56, 153), 3: (288, 1_145), 4: (1_568, 8_257), 5: (8_832, 58_145), 6: (50_816, 402_305)}


@pytest.mark.parametrize("resources", KNOWN)
def test_the_register_machine_counts_as_rumur_and_tlc_do(resources: int) -> None:
    explored = ExplicitEngine(tier=Tier.MACHINE).explore(two_phase_commit(resources), Limits())
    assert (explored.counts.states, explored.counts.transitions) == KNOWN[resources]
    assert explored.exhausted
    assert not explored.findings


def test_emitted_c_counts_as_rumur_does() -> None:
    explored = ExplicitEngine(tier=Tier.EMITTED).explore(two_phase_commit(8), Limits())
    assert explored.counts == Counts(1_745_408, 18_507_777, 25)


def test_the_benchmark_runs_and_its_tools_agree(tmp_path: Path) -> None:
    output = tmp_path / "measured.json"
    options = ("--rounds", "1", "--json", str(output), "--plots", str(tmp_path))
    command = [sys.executable, str(BENCHMARKS / "run.py"), "two-phase commit 3", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (model,) = json.loads(output.read_text())["models"]
    measured = model["measurements"]
    assert {(row["states"], row["transitions"]) for row in measured} == {KNOWN[3]}
    assert [row["tool"] for row in measured[:2]] == ["emitted C", "register machine"]
    assert measured[0]["ratio"] == 1
    assert all(row["memory"] >= row["empty"] * 0.9 > 0 for row in measured)
    for name in ("rate", "memory"):
        assert ElementTree.parse(tmp_path / f"{name}.svg").getroot().tag.endswith("svg")
