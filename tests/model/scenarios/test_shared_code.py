"""Variants that share lowered code are the systems that each would be by itself."""

from __future__ import annotations

import pytest

from shootdown.checker.scenario import find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import System
from shootdown.model.language.lowering import recent


def alone(name: str) -> System:
    """The system of a variant, with nothing lowered before it."""
    recent._recent.clear()
    return build(find([name])[0]).system


@pytest.mark.parametrize("name", ["pinned_fork", "fork_divergence"])
def test_variants_that_share_code_are_as_each_alone(name: str) -> None:
    variants = find([name])

    together = {scenario.name: build(scenario).system for scenario in variants}

    assert len({repr(system) for system in together.values()}) > 1
    assert len({id(process) for system in together.values() for process in system.processes}) < sum(
        len(system.processes) for system in together.values()
    )
    for variant, system in together.items():
        assert repr(system) == repr(alone(variant))


def test_scenarios_of_other_worlds_between_them_change_nothing() -> None:
    one, other = find(["fork_divergence"]), find(["fork_flush"])
    mixed = [one[0], other[0], one[1]]

    together = {scenario.name: build(scenario).system for scenario in mixed}

    for name, system in together.items():
        assert repr(system) == repr(alone(name))
