"""Lines of expectations in scenario files."""

from __future__ import annotations

import tomllib

import pytest

from shootdown.checker.scenario import bundled_files
from shootdown.checker.scenario.document import read_file
from shootdown.checker.scenario.lines import expectation_lines

TEXT = '''title = "a title"
argument = """
[expect]
first = "violated"
"""
expect.first = "holds"

[design]
preset = "x"

[[variant]]
name = "own"
[variant.design]
without = ["y"]
[variant.expect]
first = "violated"
"second" = { verdict = "violated", step = "z" }

[[variant]]
name = "inline"
expect = { first = "holds" }

[[variant]]
name = "of the file"

[[variant]]
name = "table"
[variant.expect.first]
verdict = "violated"
'''


@pytest.mark.parametrize(
    ("variant", "line", "text"),
    [
        (None, 6, "expect.first"),
        (0, 16, "first = "),
        (1, 21, "expect = {"),
        (2, 6, "expect.first"),
        (3, 28, "[variant.expect.first]"),
    ],
)
def test_the_line_says_what_is_expected(variant: int | None, line: int, text: str) -> None:
    tomllib.loads(TEXT)
    assert expectation_lines(TEXT, variant, ["first"]) == {"first": line}
    assert TEXT.splitlines()[line - 1].startswith(text)


def test_where_nothing_is_said_the_closest_line_stands_in() -> None:
    assert expectation_lines(TEXT, 0, ["second", "third"]) == {"second": 17, "third": 15}
    assert expectation_lines("", None, ["first"]) == {"first": 1}
    assert expectation_lines('title = "x"\n[[variant]]\nname = "a"\n', 0, ["first"]) == {"first": 2}


@pytest.mark.parametrize("name", sorted(bundled_files()))
def test_in_bundled_files_every_line_names_its_property(name: str) -> None:
    path = bundled_files()[name]
    lines = path.read_text(encoding="utf-8").splitlines()
    for scenario in read_file(path):
        position = scenario.position if scenario.variant else None
        found = expectation_lines("\n".join(lines), position, scenario.tables.expect)
        for prop, wish in scenario.tables.expect.items():
            said = lines[found[prop] - 1]
            assert prop in said
            assert wish.verdict in said or said.startswith("[")
