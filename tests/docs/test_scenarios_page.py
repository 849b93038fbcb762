"""The scenario of docs/scenarios.md is one that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import ROOT

import shootdown


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first indented block of the page as a file."""
    lines = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    "))
    after = next(number for number, line in enumerate(lines) if number > first and line and not line.startswith("    "))
    path = tmp_path_factory.mktemp("page") / "page.toml"
    path.write_text("\n".join(line.removeprefix("    ") for line in lines[first:after]) + "\n", encoding="utf-8")
    return path


def test_its_variants_come_out_as_it_says(page: Path) -> None:
    shootdown.assert_violated(f"{page}/shared", "reads_follow_writes", agent="child", step="access")
    shootdown.assert_holds(f"{page}/early_copy", "reads_follow_writes", "cow_isolation")
