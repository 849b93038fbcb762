"""The command line inside this process, and scenarios of the counter model for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from shootdown.checker.cli import run

ROOT = Path(__file__).resolve().parents[2]
COUNTER = ROOT / "tests" / "cases" / "counter" / "counter.toml"
MODEL = COUNTER.with_suffix(".py")

BASE = f"""
title = "a test"
model = "{MODEL}"
world.Cpu = 2
world.Word = ["x"]
"""
ADDERS = '[agents]\ncpu0 = ["add x"]\ncpu1 = ["add x"]\n'


@dataclass(frozen=True)
class Said:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs commands and writes scenario files."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *args: object) -> Said:
        code = run([str(arg) for arg in args])
        said = self.capture.readouterr()
        return Said(code, said.out, said.err)

    def scenario(self, text: str, name: str = "case") -> Path:
        """A file with this scenario of the counter model."""
        path = self.folder / f"{name}.toml"
        path.write_text(BASE + text)
        return path
