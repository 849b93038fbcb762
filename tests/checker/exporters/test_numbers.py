"""Numbers beyond 32 bits are refused where they stand; what has 32 bits is computed as ours does."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Shell
from comparison import Comparison
from peers import NEEDS

from shootdown.checker.exporters import EXPORTERS, Inexpressible
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.system import System

MODEL = '''
"""A word that changes, and its remainder."""

from shootdown.model import Annotated, Between, State, Steps, always, nothing, operation


class S(State):
    """State."""

    word: Annotated[int, Between(0, MOST)] = 0
    rest: Annotated[int, Between(0, 6)] = 0


@operation(atomic="one rule", litmus="change")
def change(k: S) -> Steps:
    """Change it."""
    k.word = MOST - k.word
    yield from nothing()


@operation(atomic="one rule", litmus="divide")
def divide(k: S) -> Steps:
    """Take the remainder."""
    k.rest = VALUE % 7
    yield from nothing()


@always
def as_expected(k: S) -> bool:
    """True of Python's numbers."""
    return k.rest == 0 or k.rest == REST
'''
SCENARIO = """
title = "a test"
model = "model.py"
agents.both = { any = ["change", "divide"], budget = "forever" }
expect.as_expected = "holds"
"""
SQUARE = (100_000, "(k.word * k.word)", 4)
WORD = (3_000_000_000, "k.word", 1)
FITS = (2**31 - 1, "k.word", 1)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def scenario(folder: Path, most: int, value: str, rest: int) -> Path:
    """The scenario with a word up to `most`."""
    text = MODEL.replace("MOST", str(most)).replace("VALUE", value).replace("REST", str(rest))
    (folder / "model.py").write_text(text)
    (folder / "scenario.toml").write_text(SCENARIO)
    return folder / "scenario.toml"


@pytest.mark.parametrize("language", EXPORTERS)
@pytest.mark.parametrize(
    ("model", "line", "message"),
    [(SQUARE, 24, "what is computed here, from 0 to 10000000000,"), (WORD, 17, "word, from 0 to 3000000000,")],
)
def test_larger_numbers_are_refused_where_they_stand(
    language: str, model: tuple[int, str, int], line: int, message: str, shell: Shell, tmp_path: Path
) -> None:
    said = shell("export", scenario(tmp_path, *model), "--to", language)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {tmp_path / 'model.py'}:{line}:")
    assert f": {message} cannot be written in " in said.err
    assert "give variables narrower bounds" in said.err


@pytest.mark.parametrize("language", EXPORTERS)
def test_what_fits_is_written(language: str, shell: Shell, tmp_path: Path) -> None:
    assert shell("export", scenario(tmp_path, *FITS), "--to", language).code == 0


def divided(operator: str, most: int) -> System:
    """A system that divides by a number up to `most`, and by its negative."""
    divisor = f"(ite (= (load x) 0) {most} (- 0 {most}))"
    value = f"({operator} (- (load x) 1) {divisor})"
    return parse_system(
        f"""
        (system s (array x () 0 2 (0)) (array y () {-most} {most} (0))
          (process p (params 0) (temps 0) (entry 0) (point 0 start)
            (step 0 a progress (do (set (cell y) {value}) (set (cell x) (mod (+ (load x) 1) 3)) (goto 0))))
          (agent a p ())
          (property p always (<= (load y) 0)))
        """
    )


@pytest.mark.parametrize("operator", ["div", "mod"])
@pytest.mark.parametrize("language", EXPORTERS)
def test_helpers_do_not_overflow_either(language: str, operator: str, tmp_path: Path) -> None:
    """They add the divisor to a remainder, so that it has 31 bits."""
    with pytest.raises(Inexpressible, match="what is computed here"):
        EXPORTERS[language](divided(operator, 2**30 + 1))
    NEEDS[language]()
    row = Comparison(language, tmp_path, 600).compared("", divided(operator, 2**30 - 1))
    assert (row.problem, row.left) == ("", "")


def test_a_variable_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(Inexpressible) as refused:
        EXPORTERS["tla"](divided("mod", 2**31))
    assert sum(": y, from -2147483648 to 2147483648," in line for line in refused.value.lines) == 1
