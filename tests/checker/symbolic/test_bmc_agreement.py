"""Bounded model checking on random systems: it finds what the naive search finds, and nothing else."""

from __future__ import annotations

from random import Random

import pytest
from random_systems import random_system
from reference_search import search

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.searching import search as checked_search
from shootdown.checker.symbolic.bmc import BmcEngine
from shootdown.checker.trace.replay import confirm, confirm_decides
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import PropertyKind

CHUNK, CHUNKS = 20, 10
DEPTH = 6


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_it_finds_what_the_naive_search_finds(chunk: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        system = random_system(Random(seed), problems=False)
        found = BmcEngine().explore(system, Limits(max_depth=DEPTH))
        evaluator = Evaluator(system)
        # A state shows that it is an end when it is expanded.
        reference = search(system, max_depth=DEPTH + 1)
        kinds = {prop.name: prop for prop in system.properties}
        for name, decision in reference.decided.items():
            asked = name in kinds and kinds[name].kind is not PropertyKind.NO_DEADLOCK
            if asked and decision.depth <= DEPTH:
                assert name in found.findings, f"seed {seed}: {name}"
        for name, finding in found.findings.items():
            confirm(evaluator, finding.path)
            confirm_decides(evaluator, finding.path, kinds[name])
            if name in reference.decided:
                assert len(finding.path.transitions) >= reference.decided[name].depth


def test_it_finds_problems() -> None:
    seen = 0
    for seed in range(60):
        system = random_system(Random(seed), problems=True)
        reference = search(system, max_depth=DEPTH)
        found = checked_search(system, {}, Limits(max_depth=DEPTH), "bmc").exploration
        if reference.problem is not None:
            seen += 1
            assert found.problem is not None, f"seed {seed}"
            assert len(found.problem.transitions) == reference.problem.depth
        if found.problem is not None:
            confirm(Evaluator(system), found.problem)
            assert found.problem.transitions[-1].problem is not None
    assert seen > 5


def test_a_check_shows_the_canonical_paths() -> None:
    seen = 0
    for seed in range(40):
        system = random_system(Random(seed), problems=False)
        reference = InterpreterEngine().explore(system, Limits(max_depth=DEPTH))
        found = checked_search(system, {}, Limits(max_depth=DEPTH), "bmc")
        for name, finding in found.exploration.findings.items():
            assert finding.shortest
            if name in reference.findings:
                seen += 1
                assert finding.path == reference.findings[name].path, f"seed {seed}: {name}"
    assert seen > 10
