"""The interpreter on the toy systems: counts, depths, verdicts."""

from __future__ import annotations

import pytest
from toy_systems import TOYS

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.judge import judge
from shootdown.checker.options import Limits
from shootdown.checker.result import Counts


@pytest.mark.parametrize("name", TOYS)
def test_counts_and_depths_are_those_counted_by_hand(name: str) -> None:
    toy = TOYS[name]()
    found = InterpreterEngine().explore(toy.system, Limits())
    assert found.counts == Counts(toy.states, toy.transitions, toy.depth)
    assert {name: len(finding.path.transitions) for name, finding in found.findings.items()} == toy.depths
    assert (None if found.problem is None else len(found.problem.transitions)) == toy.problem
    assert found.exhausted == (toy.problem is None)
    assert found.stopped is None


@pytest.mark.parametrize("name", TOYS)
def test_verdicts_are_those_argued_by_hand(name: str) -> None:
    toy = TOYS[name]()
    judgement = judge(toy.system, InterpreterEngine().explore(toy.system, Limits()), {}, Limits())
    assert {outcome.name: outcome.verdict for outcome in judgement.outcomes} == toy.verdicts


@pytest.mark.parametrize("name", TOYS)
def test_every_toy_has_a_true_and_a_false_property(name: str) -> None:
    verdicts = {verdict.value for verdict in TOYS[name]().verdicts.values()}
    assert "violated" in verdicts
    assert verdicts & {"holds", "model_error", "world_too_small"}
