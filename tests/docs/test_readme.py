"""What the README shows is what the tool does."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from commands import ROOT

import shootdown
from shootdown.checker.cli import run

README = ROOT / "README.md"
FIRST = "    $ shootdown trace concurrent_zaps/store_no_nested_flush\n"


def block(start: str) -> str:
    """The indented block of the README that begins with a line starting so, unindented."""
    lines = README.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"    {start}"))
    rest = lines[first:]
    length = next((number for number, line in enumerate(rest) if line and not line.startswith("    ")), len(rest))
    return textwrap.dedent("\n".join(rest[:length])).strip() + "\n"


def test_the_first_screen_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    code = run(["trace", "concurrent_zaps/store_no_nested_flush"])
    printed = capsys.readouterr().out
    if request.config.getoption("--update-golden"):
        shown = textwrap.indent(printed, "    ", lambda line: line.strip() != "")
        text = README.read_text(encoding="utf-8")
        before, rest = text.split(FIRST)
        README.write_text(before + FIRST + shown + "\n" + rest[rest.index("Columns are agents") :], encoding="utf-8")

    shown = block("$ shootdown trace")

    assert code == 0
    assert shown.split("\n", 1)[1].strip() == printed.strip()


def test_the_scenario_of_the_readme_is_violated_as_it_says(tmp_path: Path) -> None:
    scenario = tmp_path / "readme.toml"
    scenario.write_text(block("title ="), encoding="utf-8")

    checked = shootdown.assert_violated(scenario, "no_lost_write", agent="cpu1", step="access")

    assert [row.trace is not None for row in checked.rows] == [True]


def test_the_python_of_the_readme_runs() -> None:
    names: dict[str, object] = {}
    exec(compile(block("import shootdown"), "README.md", "exec"), names)
    test = names["test_fork_copies_pinned_pages"]

    assert callable(test)
    test()


def test_every_link_of_the_readme_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8"))

    assert targets
    assert [target for target in targets if target[0] != "#" and not (ROOT / target).exists()] == []
