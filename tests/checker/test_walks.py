"""Random walks: the same for the same seed, and nothing that an exhaustive search does not find."""

from __future__ import annotations

from random import Random

import pytest
from random_systems import random_system
from toy_systems import embrace, lost_update, out_of_bounds

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.options import Limits
from shootdown.checker.result import NO_DEADLOCK
from shootdown.checker.trace.replay import confirm, confirm_decides
from shootdown.checker.walks import STOPPED, SimulationEngine
from shootdown.model.ir.evaluate import Evaluator


@pytest.mark.parametrize("seed", range(40))
def test_what_a_run_finds_is_there(seed: int) -> None:
    system = random_system(Random(seed))
    everything = InterpreterEngine().explore(system, Limits())
    walked = SimulationEngine(seed, runs=20, steps=15).explore(system, Limits())

    assert not walked.exhausted
    assert walked.counts.states <= everything.counts.states or not everything.exhausted
    assert walked.fired <= everything.fired or not everything.exhausted
    evaluator = Evaluator(system)
    for prop in system.properties:
        if prop.name in walked.findings:
            path = walked.findings[prop.name].path
            confirm_decides(evaluator, confirm(evaluator, path), prop)
            assert everything.problem is not None or prop.name in everything.findings
    if walked.problem is not None:
        assert confirm(evaluator, walked.problem).transitions[-1].problem is not None


def test_the_seed_of_a_run_finds_it_again() -> None:
    system = lost_update().system
    engine = SimulationEngine(seed=3, runs=200, steps=10)
    found = engine.explore(system, Limits()).findings["no_lost_update"]
    again = SimulationEngine(engine.runs_of["no_lost_update"], runs=1, steps=10).explore(system, Limits())

    assert again.findings["no_lost_update"] == found
    assert SimulationEngine(3, 200, 10).explore(system, Limits()).counts == engine.explore(system, Limits()).counts


def test_many_runs_find_what_is_wrong_with_small_systems() -> None:
    stuck = SimulationEngine(runs=200, steps=20).explore(embrace().system, Limits())
    assert NO_DEADLOCK in stuck.findings
    wrong = SimulationEngine(runs=200, steps=20).explore(out_of_bounds().system, Limits())
    assert wrong.problem is not None


def test_runs_that_find_nothing_are_no_proof() -> None:
    walked = SimulationEngine(runs=5, steps=1).explore(lost_update().system, Limits())
    assert (walked.stopped, walked.exhausted, walked.canonical) == (STOPPED, False, False)
    assert walked.counts.transitions == 5
    assert walked.counts.depth == 1
