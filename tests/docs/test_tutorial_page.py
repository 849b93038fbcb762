"""Every block of the tutorial runs, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import ROOT, Said, Shell
from pages import Page, fits


def test_the_tutorial_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path, capsys)

    def run(args: list[str]) -> Said:
        return shell(*args)

    page = Page(ROOT / "docs" / "tutorial.md", tmp_path, run)
    if request.config.getoption("--update-golden"):
        page.update()

    shown = page.printed()

    assert len(shown) > 4
    assert [printed for block, printed in shown if not fits(block, printed)] == []
