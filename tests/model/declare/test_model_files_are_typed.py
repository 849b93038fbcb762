"""Model files written as docs/language.md shows pass mypy --strict, and mistakes in them do not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = Path(__file__).parent / "typed"


def mypy(folder: Path) -> list[str]:
    """The lines that mypy prints about a folder, notes left out."""
    cache = ROOT / ".mypy_cache" / "samples"
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache)]
    done = subprocess.run(
        [*command, "--no-error-summary", str(folder)], cwd=folder.parent, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if ": note: " not in line]


def test_samples_pass_and_every_marked_line_fails(tmp_path: Path) -> None:
    """Errors stand exactly where `mistakes.txt` says, with the code that it says; the other samples have none."""
    folder = tmp_path / "typed"
    folder.mkdir()
    for sample in SAMPLES.iterdir():
        if sample.is_file():
            (folder / sample.with_suffix(".py").name).write_text(sample.read_text())
    mistakes = (SAMPLES / "mistakes.txt").read_text().splitlines()
    marked = {
        number: {match[1]}
        for number, line in enumerate(mistakes, 1)
        if (match := re.search(r"# mistake: ([\w-]+)$", line))
    }

    found: dict[int, set[str]] = {}
    for line in mypy(folder):
        match = re.search(r"mistakes\.py:(\d+): error: .*\[([\w-]+)\]$", line)
        assert match, line
        found.setdefault(int(match[1]), set()).add(match[2])

    assert found == marked
    assert len(marked) > 20
