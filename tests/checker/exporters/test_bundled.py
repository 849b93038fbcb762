"""Every bundled scenario can be written, and checkers read it: a sample here, all of them by many.py --texts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from peers import NEEDS, READERS

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.exporters.rules import prepared, rules
from shootdown.checker.scenario import find, find_one
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import PropertyKind, System

NAMES = Random(6).sample(sorted(scenario.name for scenario in find([])), 10)
READ = NAMES[:3]
"""Those that checkers have to read: rumur takes longer for that than ours for all the rest."""


def stated(system: System) -> System:
    """The system without what no other language can say."""
    kept = tuple(each for each in system.properties if each.kind is not PropertyKind.NO_DEADLOCK)
    return replace(system, properties=kept)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_scenario_is_written(name: str) -> None:
    system = stated(build(find_one(name)).system)
    steps = sum(1 for _ in rules(prepared(system)))
    murphi, promela = EXPORTERS["murphi"](system), EXPORTERS["promela"](system)

    assert len(re.findall(r'^rule "', murphi, re.MULTILINE)) == steps > 0
    assert len(re.findall(r"^proctype (?!property_)", promela, re.MULTILINE)) == len(system.agents)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("language", READERS)
def test_what_is_written_is_read(language: str, name: str, tmp_path: Path) -> None:
    NEEDS[language]()
    READERS[language](EXPORTERS[language](stated(build(find_one(name), reached=True).system)), tmp_path)
