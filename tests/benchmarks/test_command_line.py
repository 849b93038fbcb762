"""What all benchmarks tell of a user's mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path

import bounded
import command_line
import estimates
import pytest
import saved
from command_line import file_to_write, folder_to_write, guarded, naming
from commands import COUNTER

from shootdown.checker.explicit.build import NoCompiler

BENCHMARKS = [bounded.main, estimates.main, saved.main]


@pytest.mark.parametrize("main", BENCHMARKS)
def test_a_wrong_name_is_one_message(main: Callable[[Sequence[str]], int], capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: main(["any_dsa/usr"])) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.endswith("no variant 'usr'; did you mean 'user'?\n")


@pytest.mark.parametrize(
    ("main", "args"),
    [
        (bounded.main, ["--max-seconds", "0"]),
        (bounded.main, ["--holds", "-1"]),
        (estimates.main, ["--every", "0"]),
        (estimates.main, ["--max-states", "x"]),
        (saved.main, ["--every", "0"]),
        (saved.main, ["--keep", "/"]),
    ],
)
def test_an_argument_that_cannot_be_followed_is_refused(
    main: Callable[[Sequence[str]], int], args: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*args, f"{COUNTER}/locked"])
    assert f"error: argument {args[0]}: " in capsys.readouterr().err


def test_what_is_kept_in_another_form_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    for text in ("no json", "[]", '{"scenario": "x"}'):
        keep.write_text(text)
        assert guarded(lambda: saved.main([f"{COUNTER}/locked", "--keep", str(keep)])) == 2
        assert capsys.readouterr().err.startswith(f"error: {keep}: holds what no run of this command has kept")
        assert keep.read_text() == text


def test_a_full_disk_is_told_with_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    full = Path("/dev/full")

    def main() -> int:
        with naming(full):
            full.write_text("x")
        return 0

    assert guarded(main) == 2
    assert capsys.readouterr().err == "error: /dev/full: No space left on device\n"


def test_a_file_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("earlier")
    assert (file_to_write(str(new)), file_to_write(str(old))) == (new, old)
    assert not new.exists()
    assert old.read_text() == "earlier"
    with pytest.raises(ArgumentTypeError, match="name a folder"):
        folder_to_write(str(old))


def test_how_a_command_ends(capsys: pytest.CaptureFixture[str]) -> None:
    def ends(error: BaseException) -> Callable[[], int]:
        def main() -> int:
            raise error

        return main

    assert guarded(lambda: 1) == 1
    assert guarded(ends(NoCompiler("no C compiler"))) == 2
    assert guarded(ends(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "error: no C compiler\ninterrupted\n"
    with pytest.raises(ZeroDivisionError):
        guarded(ends(ZeroDivisionError()))


def test_nothing_is_told_to_a_reader_that_has_gone() -> None:
    says = "import sys; from command_line import guarded; sys.exit(guarded(lambda: print(7) or 0))"
    reads, writes = os.pipe()
    os.close(reads)
    folder = Path(command_line.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", says], cwd=folder, stdout=writes, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (141, "")
