"""What would have prevented a violation, told from the safe variants of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import MODEL

from shootdown.checker.scenario import find_one
from shootdown.checker.scenario.remedies import remedies

FILE = f"""
model = "{MODEL}"
world.Cpu = 2
world.Word = ["x"]
[agents]
cpu0 = ["add x"]
cpu1 = ["add x"]
[[variant]]
name = "bad"
expect = {{ no_lost_update = "violated" }}
"""


def told(folder: Path, *variants: tuple[str, str, str]) -> list[str]:
    """The remedies of `bad` beside variants with a design and an expected verdict."""
    text = "".join(
        f'[[variant]]\nname = "{name}"\n{design}\nexpect = {{ no_lost_update = "{verdict}" }}\n'
        for name, design, verdict in variants
    )
    path = folder / "case.toml"
    path.write_text(FILE + text)
    return [
        each.split(": ")[0] + each[each.index(";") :] for each in remedies(find_one(f"{path}/bad"), "no_lost_update")
    ]


LOCK, ANY = 'design.with = ["add_is_locked"]', 'design.set = { order = "any" }'


def test_every_variant_that_differs_in_one_mechanism_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, ("both", f"{LOCK}\n{ANY}", "holds"), ("locked", LOCK, "holds"), ("any", ANY, "holds"))
    assert found == [
        "add_is_locked; case/locked is expected to hold",
        "order = any; case/any is expected to hold",
    ]


def test_variants_of_the_same_design_are_told_together(tmp_path: Path) -> None:
    found = told(tmp_path, ("a", LOCK, "holds"), ("b", LOCK, "holds"))
    assert found == ["add_is_locked; case/a and case/b are expected to hold"]


def test_without_such_a_variant_all_that_the_nearest_changes_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, ("both", f"{LOCK}\n{ANY}", "holds"), ("bad_too", LOCK, "violated"))
    assert found == ["add_is_locked; case/both is expected to hold", "order = any; case/both is expected to hold"]


def test_of_many_changes_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shootdown.checker.scenario.remedies.MOST_TOLD", 1)
    (found,) = told(tmp_path, ("both", f"{LOCK}\n{ANY}", "holds"))
    assert found.startswith("with add_is_locked, order = any, 2 mechanisms away (")
    assert found.endswith("; case/both is expected to hold")
    assert told(tmp_path, ("both", f"{LOCK}\n{ANY}", "holds"), ("a", LOCK, "holds")) == [
        "add_is_locked; case/a is expected to hold"
    ]


def test_without_a_safe_variant_nothing_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, ("bad_too", LOCK, "violated")) == []
