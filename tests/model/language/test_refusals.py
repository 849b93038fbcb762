"""Every refusal of the language: a wrong program and the exact text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shootdown.model.language import Code, ModelErrors, read_model

FOLDER = Path(__file__).parent / "refusals"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py"))
OF_A_WORLD = {Code.SIZE}
"""Codes of refusals that need a world, tested with the lowering."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_wrong_program_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.chdir(FOLDER)

    with pytest.raises(ModelErrors) as refused:
        read_model([Path(f"{name}.py")])

    expected = FOLDER / f"{name}.expect"
    text = f"{refused.value}\n"
    if request.config.getoption("--update-golden"):
        expected.write_text(text)
    assert text == expected.read_text()


def test_every_code_has_a_wrong_program() -> None:
    texts = "".join(path.read_text() for path in FOLDER.glob("*.expect"))

    assert set(re.findall(r"error\[(SD\d+)\]", texts)) == {code.text for code in Code} - {c.text for c in OF_A_WORLD}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_refusal_says_what_to_write(name: str) -> None:
    if name in ("missing_file", "circular_import_other"):
        pytest.skip("nothing to write instead")

    assert "  help: " in (FOLDER / f"{name}.expect").read_text()
