"""What docs/review.md shows is what the tool prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import ROOT, Said, Shell
from pages import Page, fits


def test_the_page_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> None:
    shell = Shell(tmp_path, capsys)

    def run(args: list[str]) -> Said:
        return shell(*args)

    page = Page(ROOT / "docs" / "review.md", tmp_path, run)
    if request.config.getoption("--update-golden"):
        page.update()

    shown = page.printed()

    assert shown
    assert [printed for block, printed in shown if not fits(block, printed)] == []
