"""Random programs: the front-end and mypy accept them, all engines agree on them, plain Python sees what they mean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from program_agreement import agree_plainly, check_front_end, check_many
from random_programs import IMPORTS, prepared, random_program

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 25
CHUNKS = 12
PLAIN = 76
TYPED = 6


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_engines_agree_with_and_without_the_analyses(chunk: int, tmp_path: Path) -> None:
    check_many(range(chunk * CHUNK, (chunk + 1) * CHUNK), tmp_path)


@pytest.mark.parametrize("part", range(2))
def test_plain_python_sees_what_the_interpreter_sees(part: int, tmp_path: Path) -> None:
    compared = 0
    for seed in range(4_000 + part, 4_000 + PLAIN, 2):
        item = prepared(seed, tmp_path)
        compared += item.program.loud
        assert agree_plainly(item, schedules=10) is None, f"seed {seed}"
    assert compared >= 20


def test_the_text_of_every_system_says_all_of_it(tmp_path: Path) -> None:
    for seed in range(5_000, 5_040):
        check_front_end(prepared(seed, tmp_path))


def test_programs_are_well_typed_python(tmp_path: Path) -> None:
    folder = tmp_path / "typed"
    folder.mkdir()
    for seed in range(TYPED):
        random_program(Random(seed)).write(folder, f"program_{seed}")
    cache = ROOT / ".mypy_cache" / "samples"
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache)]
    done = subprocess.run([*command, str(folder)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_seed_determines_its_program() -> None:
    assert random_program(Random(7)) == random_program(Random(7))


def test_programs_use_the_whole_language() -> None:
    bodies = [random_program(Random(seed)).text.partition("\n)\n")[2] for seed in range(300)]
    words = [*IMPORTS, "break", "continue", "elif", "while True", "return (yield from", "frozenset(e", " in (", "|= {"]
    words += [".push(", ".pop()", ".head", ".full", ".empty", "len(", "max(", "sum(", "all(", "any(", "assert ", " // "]
    words += ["ghost=True", "ordered=True", "per=", "device=", "owed=True", "spontaneous=True", "litmus=", "needs="]

    rare = {word for word in words if sum(word in body for body in bodies) < 3}
    assert not rare
