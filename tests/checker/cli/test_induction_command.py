"""`shootdown induction`: what is inductive, what is not, and that an unreachable state is never called a bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown.checker.cli import run

MODEL = """
from __future__ import annotations
from shootdown.model import Annotated, Between, State, Steps, always, operation

class Shared(State):
    \"\"\"Two counters.\"\"\"
    x: Annotated[int, Between(0, 7)] = 0
    y: Annotated[int, Between(0, 7)] = 0

@operation(source="none", litmus="follow")
def follow(k: Shared) -> Steps:
    \"\"\"y follows x.\"\"\"
    yield "read"
    y = k.x
    yield "write"
    k.y = y

@operation(source="none", litmus="raise")
def rise(k: Shared) -> Steps:
    \"\"\"x becomes 1.\"\"\"
    yield "set"
    k.x = 1

@always
def x_is_low(k: Shared) -> bool:
    \"\"\"x stays below 2.\"\"\"
    return k.x < 2

@always
def y_is_low(k: Shared) -> bool:
    \"\"\"y stays below 2.\"\"\"
    return k.y < 2

@always
def y_is_zero(k: Shared) -> bool:
    \"\"\"y stays 0.\"\"\"
    return k.y == 0
"""
SCENARIO = """
title = "counters"
model = "model.py"
[agents]
a = { any = ["follow"], budget = "forever" }
b = { any = ["raise"], budget = "forever" }
[expect]
x_is_low = "holds"
y_is_low = "holds"
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "counters.toml").write_text(SCENARIO)
    return str(tmp_path / "counters.toml")


def test_an_inductive_property(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["induction", scenario, "--invariant", "x_is_low"]) == 0
    assert "x_is_low is inductive" in capsys.readouterr().out


def test_an_unreachable_counterexample_is_no_bug(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["induction", scenario, "--invariant", "y_is_low"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "y_is_low is not inductive" in said
    assert "a has taken the step" in said
    assert "not reachable: this is no bug" in said


def test_a_reachable_one_is_a_violation(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["induction", scenario, "--invariant", "y_is_zero", "--given", "x_is_low"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "y_is_zero is not inductive" in said
    assert "The state is" in said


def test_unknown_names_are_one_message(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["induction", scenario, "--invariant", "x_is_lw"]) == 2
    assert "x_is_low" in capsys.readouterr().err
