"""`review`: its table, its other formats, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT, Shell

from shootdown.checker.explicit.engine import Prepared
from shootdown.checker.result import Counts, Exploration
from shootdown.checker.review.searching import Found, Searcher

ACCOUNT = ROOT / "tests" / "cases" / "account" / "account.toml"
PLAIN, LOCKED = f"{ACCOUNT}/plain", f"{ACCOUNT}/locked"


def without_effort(text: str) -> list[str]:
    """The lines but for the last one, which says how long it took."""
    return text.splitlines()[:-1]


def test_text_is_a_table_and_the_minimal_sets(shell: Shell) -> None:
    said = shell("review", LOCKED)
    assert (said.code, said.err) == (0, "")
    assert without_effort(said.out) == [
        "account/locked: two additions to one word",
        "with reset_clears, add_way = locked",
        "",
        "design                verdict       property  stopped by",
        "this design           holds         adds_up",
        "v1                    violated (8)  adds_up   add_way = atomic (step 1),",
        "                                              without early_unlock (step 2)",
        "v2                    holds         adds_up",
        "add_way = plain       violated (4)  adds_up   add_way = locked (step 1), add_way = atomic (step 1)",
        "early_unlock          violated (8)  adds_up   add_way = atomic (step 1),",
        "                                              without early_unlock (step 2)",
        "without reset_clears  violated (8)  adds_up   reset_clears (setup)",
        "no difference:  add_way = atomic; traced",
        "",
        "minimal unsafe combinations",
        "  without reset_clears: adds_up violated (8)",
        "  add_way = plain: adds_up violated (4)",
        "  add_way = plain or locked, early_unlock: adds_up violated (8)",
        "",
        "minimal sufficient sets",
        "  add_way = atomic, reset_clears",
        "  add_way = locked or atomic, reset_clears, without early_unlock",
        "",
        "what does harm",
        "  adding early_unlock breaks add_way = locked; for example this design is safe",
        "",
        "decides nothing here:  traced",
        "",
    ]
    assert said.out.splitlines()[-1].startswith("24 designs: 6 safe, 18 unsafe; ")


def test_no_line_ends_in_blanks_or_is_wider_than_a_mail(shell: Shell) -> None:
    for name in (PLAIN, LOCKED):
        for line in shell("review", name).out.splitlines():
            assert line == line.rstrip()
            assert len(line) <= 100


def test_markdown_is_a_matrix_of_designs_and_properties(shell: Shell) -> None:
    lines = shell("review", LOCKED, "--format", "markdown").out.splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert table[0] == "| design | adds_up | stopped by |"
    assert table[2] == "| this design | holds |  |"
    assert "| without reset_clears | violated (8) | reset_clears (setup) |" in table
    assert len({line.count("|") for line in table}) == 1
    assert "- add_way = plain or locked, early_unlock (adds_up violated (8))" in lines
    assert "- Adding early_unlock breaks add_way = locked (e.g. this design is safe)." in lines


def test_json_says_the_same_as_data(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "review.json"
    said = shell("review", PLAIN, "--format", "json", "--output", target)
    assert (said.code, said.out) == (0, "")
    data = json.loads(target.read_text())
    assert (data["format"], data["version"], data["exit_code"]) == ("shootdown-review", 1, 0)
    assert data["designs"] == {"total": 24, "safe": 6, "unsafe": 18, "impossible": 0}
    assert data["undecided"] is None
    assert {
        tuple((each["mechanism"], *each["alternatives"]) for each in one["settings"])
        for one in data["minimal_sufficient"]
    } == {
        (("add_way", "ATOMIC"), ("reset_clears", "True")),
        (("add_way", "LOCKED", "ATOMIC"), ("early_unlock", "False"), ("reset_clears", "True")),
    }
    own = data["rows"][0]["verdicts"][0]
    assert (own["property"], own["verdict"], own["depth"]) == ("adds_up", "violated", 4)
    assert {"mechanism": "add_way", "alternatives": ["LOCKED"], "step": 1, "safe": True} in own["stopped_by"]


def test_undecided_designs_make_exit_code_three(shell: Shell) -> None:
    said = shell("review", PLAIN, "--max-seconds", "0.000001")
    assert said.code == 3
    assert "stopped by max_seconds: every set below is right" in said.out
    assert "minimal sufficient sets\n  none is known\n" in said.out
    assert "None is known." in shell("review", PLAIN, "--max-seconds", "0.000001", "--format", "markdown").out


@pytest.mark.parametrize("after", [6, 12, 18])
def test_an_interrupted_review_tells_what_it_knows_and_says_so(
    after: int, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interrupt comes while designs are decided, and while the table is made; its search is the last one."""
    searches = []
    explore = Searcher.search

    def interrupted(self: Searcher, *args: Any, **options: Any) -> Found:
        searches.append(args)
        if len(searches) == after:
            raise KeyboardInterrupt
        return explore(self, *args, **options)

    monkeypatch.setattr(Searcher, "search", interrupted)
    said = shell("review", PLAIN)
    assert (said.code, len(searches), said.err) == (130, after, "")
    assert "interrupted: every set below is right" in said.out.replace("\n", " ")
    assert "minimal unsafe combinations" in said.out


def test_a_review_that_is_interrupted_before_anything_is_known_says_no_more(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Prepared, *args: Any, **options: Any) -> Exploration:
        return Exploration(Counts(1, 0, 0), False, "interrupted", {}, None, 0.0, "explicit")

    monkeypatch.setattr(Prepared, "explore", interrupted)
    said = shell("review", PLAIN)
    assert (said.code, said.out, said.err) == (130, "", "shootdown: interrupted\n")


def test_an_own_design_that_is_not_as_expected_makes_exit_code_one(shell: Shell, tmp_path: Path) -> None:
    wrong = tmp_path / "account.toml"
    text = ACCOUNT.read_text().replace('"account.py"', f'"{ACCOUNT.with_suffix(".py")}"')
    wrong.write_text(text.replace('adds_up = "holds"', 'adds_up = "violated"'))
    assert shell("review", f"{wrong}/locked").code == 1


def test_mistakes_are_told_with_what_may_have_been_meant(shell: Shell) -> None:
    said = shell("review", PLAIN, "--mechanism", "add_ways")
    assert (said.code, "no such mechanism; did you mean 'add_way'?" in said.err) == (2, True)
    assert shell("review", PLAIN, "--property", "adds").code == 2
    assert shell("review", str(ACCOUNT)).code == 2
