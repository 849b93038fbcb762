"""A preset of a release has what the release had: no mechanism of mm/ before the release that brought it.

Devices are refused where the release lacks what they need: what their drivers do does not matter there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.models import library

KERNEL = library(find_one("concurrent_zaps/store"))
NEWEST = "linux-6.12"
SAME = {"pasid_freed_last"}
"""Mechanisms in whose place older releases had code to the same effect; designs.toml says which."""


def version(text: str) -> tuple[int, ...]:
    """The numbers of a release."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


@pytest.mark.parametrize("name", sorted(KERNEL.presets))
def test_nothing_comes_before_the_release_that_brought_it(name: str) -> None:
    values, newest = KERNEL.presets[name].values, KERNEL.presets[NEWEST].values
    early = [
        mechanism.name
        for mechanism in KERNEL.model.mechanisms.values()
        if mechanism.since
        and mechanism.name not in SAME
        and "mm" in Path(mechanism.where.path).parts
        and version(mechanism.since) > version(name)
        and (
            values[mechanism.name] == "True"
            if "True" in mechanism.labels
            else values[mechanism.name] == newest[mechanism.name]
        )
    ]

    assert early == []


def test_there_are_presets_of_several_releases_and_no_two_are_equal() -> None:
    rows = [tuple(sorted(preset.values.items())) for preset in KERNEL.presets.values()]

    assert len(set(rows)) == len(rows) >= 8
