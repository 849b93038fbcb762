"""Engines by name."""

from __future__ import annotations

import pytest

from shootdown.checker.registry import DEFAULT, ENGINES, engine


def test_names_are_sorted_and_the_default_is_one() -> None:
    assert list(ENGINES) == sorted(ENGINES)
    assert DEFAULT in ENGINES


def test_an_engine_knows_its_name() -> None:
    assert engine("interpreter").name == "interpreter"


def test_other_names_are_refused() -> None:
    with pytest.raises(KeyError):
        engine("oracle")
