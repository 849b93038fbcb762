"""A comparison tells every kind of difference between another checker and ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import comparison
import peers
import pytest
from comparison import Compared, Comparison, kept, table
from peers import Found
from random_systems import random_system
from rumur import without_unused
from toy_systems import lost_update

from shootdown.model.ir.expr import TRUE
from shootdown.model.ir.system import Property, PropertyKind

TOY = lost_update()
SYSTEM = replace(
    TOY.system, properties=tuple(each for each in TOY.system.properties if each.kind is not PropertyKind.NO_DEADLOCK)
)


def compared(monkeypatch: pytest.MonkeyPatch, states: int, finds: str) -> Compared:
    """What is told of a checker that counts so many states, and finds only violations of properties named so."""

    def checker(text: str, folder: Path, seconds: float = 600) -> Found:
        return Found(states, TOY.transitions, f'"{finds}"' in text)

    monkeypatch.setitem(peers.CHECKERS, "murphi", checker)
    return Comparison("murphi", Path(), 1).compared("toy", SYSTEM)


def test_the_same_counts_and_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    row = compared(monkeypatch, TOY.states, "no_lost_update")
    assert (row.problem, row.left) == ("", "")
    assert (row.states, row.transitions, row.verdicts, row.violated) == (12, 14, 2, ("no_lost_update",))


def test_another_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "(12, 14) is" in compared(monkeypatch, TOY.states + 1, "no_lost_update").problem


def test_a_violation_that_the_other_one_does_not_find(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(monkeypatch, TOY.states, "nothing").problem == "no_lost_update is no error there"


def test_a_violation_that_only_the_other_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "an error there" in compared(monkeypatch, TOY.states, "bounded").problem


@pytest.mark.parametrize(("language", "error"), [("murphi", False), ("promela", True), ("tla", True)])
def test_a_witness_is_an_error_but_for_rumur(language: str, error: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def checker(text: str, folder: Path, seconds: float = 600) -> Found:
        return Found(TOY.states, TOY.transitions, "witnessed" in text and error)

    monkeypatch.setitem(peers.CHECKERS, language, checker)
    witnessed = Property("witnessed", PropertyKind.SOMETIMES, TRUE)
    row = Comparison(language, Path(), 1).compared("toy", replace(SYSTEM, properties=(witnessed,)))
    assert (row.problem, row.violated) == ("", ("witnessed",))


def test_a_part_that_is_not_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def checker(text: str, folder: Path, seconds: float = 600) -> Found:
        return Found(TOY.states, TOY.transitions, False)

    monkeypatch.setitem(peers.CHECKERS, "murphi", checker)
    bare = replace(SYSTEM, properties=())
    same = Comparison("murphi", Path(), 1).compared("toy", bare, bare)
    other = Comparison("murphi", Path(), 1).compared("toy", bare, random_system(Random(1), problems=False))
    assert same.problem == ""
    assert "with all steps" in other.problem


def test_a_system_with_too_many_states_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MOST_STATES", 5)
    row = compared(monkeypatch, TOY.states, "no_lost_update")
    assert row.left == "more than 5 states"
    assert row.states > 5


def test_the_table_sums_up_what_was_compared() -> None:
    rows = [
        Compared("a", "tla", 10, 1000, 3),
        Compared("b", "tla", 5, 500, 1, ("x",), problem="differs"),
        Compared("c", "tla", left="too long"),
        Compared("a", "tla", 10, 1000, 3, reached=True),
    ]
    assert table(rows).splitlines()[2:] == [
        "| tla | all | 2 | 1 | 4 | 15 | 1,500 | 1 | 1 |",
        "| tla | reached | 1 | 0 | 3 | 10 | 1,000 | 0 | 0 |",
    ]


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    assert kept(tmp_path / "none.jsonl") == []


def test_declarations_that_a_function_does_not_mention_are_left_out() -> None:
    declared = "  const struct handle ru_{0} __attribute__((unused)) = state_handle(s, 0ull, 4ull);\n"
    both = declared.format("a") + declared.format("b")
    source = f"head\nint f() {{\n{both}  use(ru_b);\n}}\nint g() {{\n{both}  use(ru_ab, ru_a);\n}}\n"
    assert without_unused(source) == (
        f"head\nint f() {{\n{declared.format('b')}  use(ru_b);\n}}\n"
        f"int g() {{\n{declared.format('a')}  use(ru_ab, ru_a);\n}}\n"
    )
