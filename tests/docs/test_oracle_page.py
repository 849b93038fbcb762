"""docs/oracle.md: which violated scenarios the end-to-end oracle finds by itself, and why it does not find the others.

`--update-golden` asks about the scenarios that have no row yet; delete a row, or the file, to ask again. A sample of
the rows that are there is asked again in every run.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

import pytest
from commands import ROOT
from oracle import LOADS, STORES, objects, violated

from shootdown.checker.scenario import Scenario, find

PAGE = ROOT / "docs" / "oracle.md"
FOUND = "yes"
SAMPLE = 16
"""One scenario in so many is asked again."""

STORE, WORLD = "store", "world"
CLASSES = {
    "store": "A store goes where it must not, and in no run of this program does anybody load there afterwards.",
    "world": "Some run needs more than the world has, and the search ends there. Up to there no load is wrong.",
    "wait": "Something that is waited for never comes. What is loaded until then is right.",
    "count": "A number in the kernel is wrong: a reference, a pin, a counter. Its harm comes later, to others.",
    "kernel": "The kernel works for the wrong process, or for one that is gone. What that work writes are answers and "
    "completion records, which the flat map of a process does not hold.",
    "leak": "A page is left behind. It holds what it should; it is only never given back.",
    "file": "The page in the file is wrong, and no process loads it in this program.",
}
CLASS_OF = {
    "no_deadlock": "wait",
    "every_request_is_answered": "wait",
    "every_record_is_delivered": "wait",
    "every_lost_record_is_counted": "count",
    "references_balance": "count",
    "pinned_pages_are_kept": "count",
    "exported_memory_is_not_pinned": "count",
    "records_stay_with_their_owner": "kernel",
    "records_are_whole": "kernel",
    "requests_stay_with_those_who_asked": "kernel",
    "answers_reach_those_who_asked": "kernel",
    "no_work_outlives_its_owner": "kernel",
    "nothing_outlives_its_process": "leak",
    "file_keeps_content": "file",
}
INTRODUCTION = """\
Beside the specific properties stands one that cannot be fitted to a bug: every load, of a CPU or of a device, returns a
value that the abstract memory of its process allows. That memory is a flat map from addresses to values
(`model/kernel/mm/promise.py`): fork copies it, pinned and DMA writes count, and a page that an operation takes away may
be used until that operation returns. Here it stands alone. Of everything that the model checks, only that is checked
which is checked where a load arrives."""
OWN = {"reads_follow_writes", "cow_isolation"}
"""Properties that are nothing but the oracle's."""


@lru_cache
def scenarios() -> dict[str, Scenario]:
    """The bundled scenarios that expect a violation, but for those without a program: they take minutes to search."""
    found = [each for each in find(()) if any(agent.program for agent in each.tables.agents.values())]
    return {scenario.name: scenario for scenario in found if violated(scenario)}


def answer(scenario: Scenario) -> str:
    """What the last column says."""
    found = objects(scenario)
    if found is None:
        return WORLD
    if found:
        return FOUND
    classes = [CLASS_OF.get(name) for name in violated(scenario)]
    if None in classes:
        assert objects(scenario, STORES), f"{scenario.name}: no load and no store is wrong; why?"
        return STORE
    return str(classes[0])


def rows() -> dict[str, tuple[str, str]]:
    """The properties and the answer of each scenario of the page."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    found = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| (\w+) \|$", text, re.MULTILINE)
    return {name: (properties, said) for name, properties, said in found}


def page(answers: dict[str, str]) -> str:
    """The page with these answers."""
    known = scenarios()
    found = [name for name, said in answers.items() if said == FOUND]
    others = [name for name in found if OWN.isdisjoint(violated(known[name]))]
    lines = [
        "# The oracle",
        "",
        *INTRODUCTION.splitlines(),
        "",
        f"It finds {len(found)} of the {len(answers)} scenarios that expect a violation, {len(others)} of them under",
        "properties that are not about what loads return. Scenarios without any program are left out. *yes* means that",
        "some run of the scenario ends in such a load, any other word that no run does. The table is made by",
        "`tests/docs/test_oracle_page.py`.",
        "",
        "| why not | what it means |",
        "|---|---|",
        *(f"| {name} | {text} |" for name, text in CLASSES.items() if name in answers.values()),
        "",
        "| scenario | expected to be violated | found by the oracle alone |",
        "|---|---|---|",
        *(f"| `{name}` | {', '.join(violated(known[name]))} | {said} |" for name, said in sorted(answers.items())),
    ]
    return "\n".join(lines) + "\n"


def test_the_page_has_a_row_for_every_violated_scenario(request: pytest.FixtureRequest) -> None:
    there = rows()
    if request.config.getoption("--update-golden"):
        answers = {
            name: there[name][1] if name in there else answer(scenario) for name, scenario in scenarios().items()
        }
        PAGE.write_text(page(answers), encoding="utf-8")
        return
    assert there.keys() == scenarios().keys(), "pytest --update-golden tests/docs/test_oracle_page.py asks the new ones"
    assert PAGE.read_text(encoding="utf-8") == page({name: said for name, (_, said) in there.items()})


def test_it_finds_more_than_ten_that_are_not_about_loads() -> None:
    others = [
        name for name, (properties, said) in rows().items() if said == FOUND and not OWN & {*properties.split(", ")}
    ]
    assert len(others) >= 10


def test_every_other_answer_is_a_class() -> None:
    assert {said for _, said in rows().values()} <= {FOUND, *CLASSES}
    assert set(LOADS).isdisjoint(STORES)


SAMPLED = [name for name in rows() if crc32(name.encode()) % SAMPLE == 0]


@pytest.mark.parametrize("name", SAMPLED)
def test_an_answer_is_still_given(name: str) -> None:
    assert rows()[name][1] == answer(scenarios()[name])
