"""Parts of documentation pages that are generated: what stands between two marks, or a whole page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

Row = tuple[str, ...]


def table(head: Row, rows: Iterable[Row]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n" for cells in lines)


def shown(page: Path, name: str, made: str, request: pytest.FixtureRequest) -> str:
    """What the page shows between the marks of this name; with --update-golden what was made is put there."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    text = page.read_text(encoding="utf-8")
    assert text.count(start) == text.count(end) == 1
    if request.config.getoption("--update-golden"):
        text = text.partition(start)[0] + start + made + end + text.partition(end)[2]
        page.write_text(text, encoding="utf-8")
    return text.partition(start)[2].partition(end)[0]
