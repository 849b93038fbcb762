"""The kernel model means the same to Python and to the interpreter, in the first variant of every bundled scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_agreement import agree

from shootdown.checker.scenario import bundled_files, find
from shootdown.checker.scenario.request import build


@pytest.mark.parametrize("name", sorted(bundled_files()))
def test_random_schedules_agree(name: str) -> None:
    built = build(find([name])[0])
    files = [Path(path) for path in built.model.files]

    assert agree(files, built.request, built.system, schedules=3, longest=50) is None
