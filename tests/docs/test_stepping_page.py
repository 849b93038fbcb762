"""What docs/stepping.md shows is what the tool prints; what stands behind a prompt is typed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from commands import ROOT, Said, Shell
from pages import Page, fits

TYPED = re.compile(r"^\[[^\]]*\] ?(.*)$", re.MULTILINE)


def test_the_page_runs(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    shell = Shell(tmp_path, capsys)
    text = (ROOT / "docs" / "stepping.md").read_text(encoding="utf-8")
    commands = "".join(f"{command}\n" for command in TYPED.findall(text))

    def run(args: list[str]) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(commands))
        return shell(*args)

    page = Page(ROOT / "docs" / "stepping.md", tmp_path, run)
    if request.config.getoption("--update-golden"):
        page.update()

    shown = page.printed()

    assert len(shown) == 2
    assert [printed for block, printed in shown if not fits(block, printed)] == []
