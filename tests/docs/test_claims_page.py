"""docs/claims.md is what the bundled scenarios cite, and what they expect."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from commands import ROOT
from generated import Row, shown, table

from shootdown.checker.scenario import Scenario, find
from shootdown.checker.scenario.remedies import design_text
from shootdown.checker.scenario.schema import ExpectTable

PAGE = ROOT / "docs" / "claims.md"
SOURCES = ROOT / "docs" / "sources.md"
SHORT = re.compile(r"(negative control )?[A-Z]?\d+")
KINDS = {"C": "Claims", "B": "Bugs", "L": "Litmus tests", "M": "Mutants", "n": "Negative controls"}


def meanings() -> dict[str, str]:
    """What the tables and lists of docs/sources.md say of each short name."""
    text = SOURCES.read_text(encoding="utf-8")
    cells = re.findall(r"\| ([CBLM]\d+) \| ([^|]*?) (?=\|)", text)
    listed = re.findall(r"\b(L\d+), ([^;.]*)[;.]", text)
    controls = re.findall(
        r"(?<!\w)(\d+): (.*?)\.(?= \d+:|\s*$|\n\n)", " ".join(text.partition("**Negative")[2].split())
    )
    return {**dict(cells), **dict(listed), **{f"negative control {number}": said for number, said in controls}}


def citing() -> dict[str, list[Scenario]]:
    """The scenarios by the short names that they cite."""
    found: dict[str, list[Scenario]] = {}
    for scenario in find([]):
        for name in scenario.tables.source:
            if SHORT.fullmatch(name):
                found.setdefault(name, []).append(scenario)
    return found


def verdicts(scenario: Scenario) -> str:
    """The properties and what is expected of them, violations first."""
    expected = sorted(scenario.tables.expect.items(), key=lambda item: item[1].verdict != "violated")
    return "; ".join(f"{name} {_verdict(wish)}" for name, wish in expected)


def _verdict(wish: ExpectTable) -> str:
    where = [f"by {wish.agent}"] * (wish.agent is not None) + [f"at {wish.step}"] * (wish.step is not None)
    return " ".join([f"**{wish.verdict}**" if wish.verdict == "violated" else wish.verdict, *where])


def rows(scenarios: list[Scenario]) -> Iterator[Row]:
    """A row for each scenario."""
    for scenario in scenarios:
        yield f"`{scenario.name}`", design_text(scenario), verdicts(scenario)


def _order(name: str) -> tuple[int, int]:
    return list(KINDS).index(name[0]), int(re.sub(r"\D", "", name))


def page() -> str:
    """The generated part."""
    known, text, kind = meanings(), "", ""
    cited = citing()
    for name in sorted(cited, key=_order):
        if name[0] != kind:
            kind = name[0]
            text += f"\n## {KINDS[kind]}\n"
        text += f"\n### {name}\n\n{' '.join(known[name].split())}\n\n" + table(
            ("scenario", "design", "verdicts"), rows(cited[name])
        )
    return text + "\n"


def test_the_page_is_what_the_scenarios_say(request: pytest.FixtureRequest) -> None:
    made = page()

    assert shown(PAGE, "claims", made, request) == made


def test_every_short_name_has_a_meaning() -> None:
    assert [name for name in citing() if not meanings().get(name)] == []
