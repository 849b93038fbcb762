"""A shell for every test of commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Commands run here; scenario files are written to a folder of their own."""
    return Shell(tmp_path, capsys)
