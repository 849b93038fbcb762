"""Presets: a complete assignment, in a table of its own or on the base of another preset."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shootdown.checker.scenario.designs import Preset, read_presets
from shootdown.checker.scenario.problem import ScenarioError
from shootdown.model.language import read_model

MODEL = Path(__file__).parents[2] / "cases" / "counter" / "counter.py"

Read = Callable[[str], dict[str, Preset]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The presets that a text defines for the counter's model."""

    def presets(text: str) -> dict[str, Preset]:
        model = shutil.copy(MODEL, tmp_path)
        path = tmp_path / "designs.toml"
        path.write_text(text)
        return read_presets([path], read_model([Path(model)]))

    return presets


def test_a_preset_inherits_what_it_does_not_say(read: Read) -> None:
    presets = read(
        '[new]\nbase = "old"\norder = "first"\n[old]\nmeaning = "first"\nadd_is_locked = true\norder = "any"\n'
    )
    assert list(presets) == ["new", "old"]
    assert presets["new"].values == {"add_is_locked": "True", "order": "FIRST"}
    assert (presets["new"].meaning, presets["old"].meaning) == ("", "first")


def test_mechanisms_of_files_elsewhere_are_not_asked_for(tmp_path: Path) -> None:
    designs = tmp_path / "designs.toml"
    designs.write_text("[v1]\n")
    assert read_presets([designs], read_model([MODEL]))["v1"].values == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[v1]\nadd_is_locked = true\n", "v1: a preset is complete; it leaves out order"),
        ('[v1]\nbase = "v0"\n', "v1.base: unknown preset 'v0'; known: v1"),
        ('[v1]\nbase = "v1"\n', "v1.base: 'v1' is based on 'v1' already"),
        ('[v1]\nbase = "v2"\n[v2]\nbase = "v1"\n', "v2.base: 'v1' is based on 'v2' already"),
        ("v1 = 3\n", "v1: expected a table: write [name]"),
        ("[v1]\nadd_is_loked = true\n", "v1.add_is_loked: unknown mechanism; did you mean 'add_is_locked'?"),
        ('[v1]\norder = "fist"\n', "v1.order: 'fist' is no alternative of 'order'; did you mean 'FIRST'?"),
    ],
)
def test_a_preset_that_makes_no_sense_is_refused(read: Read, text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read(text)
    assert str(refused.value).endswith(f"designs.toml: {message}")
