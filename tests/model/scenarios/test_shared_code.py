"""Variants that share lowered code are the systems that each would be by itself."""

from __future__ import annotations

import pytest

from shootdown.checker.scenario import find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import System
from shootdown.model.language.lowering import system as lowering


def alone(name: str) -> System:
    """The system of a variant, with nothing lowered before it."""
    lowering._RECENT.clear()
    return build(find([name])[0]).system


@pytest.mark.parametrize("name", ["pinned_fork", "fork_divergence"])
def test_variants_that_share_code_are_as_each_alone(name: str) -> None:
    variants = find([name])

    together = {scenario.name: build(scenario).system for scenario in variants}

    assert len({repr(system) for system in together.values()}) > 1
    for variant, system in together.items():
        assert repr(system) == repr(alone(variant))
