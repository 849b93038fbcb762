"""Bundled scenarios are written whole, and read by checkers that are installed; many.py --texts does all of them."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from peers import READERS

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.exporters.rules import prepared, rules
from shootdown.checker.scenario import find
from shootdown.checker.scenario.request import build
from shootdown.model.ir.system import PropertyKind

PROGRAMS = {"murphi": "rumur", "promela": "spin"}
NAMES = sorted(Random(6).sample([scenario.name for scenario in find([])], 4))


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_scenario_is_written_and_read(name: str, tmp_path: Path) -> None:
    (scenario,) = find([name])
    system = build(scenario).system
    system = replace(
        system, properties=tuple(each for each in system.properties if each.kind is not PropertyKind.NO_DEADLOCK)
    )
    steps = sum(1 for _ in rules(prepared(system)))
    said = {language: EXPORTERS[language](system) for language in PROGRAMS}

    assert len(re.findall(r'^rule "', said["murphi"], re.MULTILINE)) == steps > 0
    assert len(re.findall(r"^proctype ", said["promela"], re.MULTILINE)) == len(system.agents)
    for language, program in PROGRAMS.items():
        if shutil.which(program):
            READERS[language](said[language], tmp_path)
