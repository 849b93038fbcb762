"""What the commands beside it share: arguments that are looked at before anything is measured, and what users are told.

A user's mistake is one message and exit code 2. An interrupt ends with exit code 130, a reader that has gone with 141.
"""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Failed

from shootdown.checker.cli import BROKEN_PIPE, INTERRUPTED
from shootdown.checker.cli.complaints import complaint
from shootdown.checker.explicit.build import NoCompiler
from shootdown.checker.verdict import BAD_INPUT


class Mistake(Exception):
    """A user's mistake; the message says where, what is wrong and what to do."""


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an argument that is a whole number between these."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least or (most is not None and value > most):
            asked = f"of {least} or more" if most is None else f"from {least} to {most}"
            raise ArgumentTypeError(f"'{text}' is not a whole number {asked}")
        return value

    return number


def file_to_write(text: str) -> Path:
    """The type of an argument that is a file to be written later; what it holds stays until then."""
    path = Path(text)
    try:
        new = not os.path.lexists(path)
        path.open("a").close()
        if new:
            path.unlink()
    except OSError as error:
        raise ArgumentTypeError(f"{text}: {error.strerror}: name a file that can be written") from error
    return path


def folder_to_write(text: str) -> Path:
    """The type of an argument that is a folder to write files into; it is made if there is none."""
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise ArgumentTypeError(f"{text}: {error.strerror}: name a folder that can be written to") from error
    return path


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Errors of the system inside name this file: that a disk is full says by itself not where."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(file)
        raise


def told(error: Exception) -> str | None:
    """The message for what is not a defect of the benchmarks; None for what is."""
    if isinstance(error, Mistake | Failed | NoCompiler):
        return f"error: {error}"
    return complaint(error)


def guarded(main: Callable[[], int]) -> int:
    """The exit code of a command, whose mistakes and interrupts are one message on standard error."""
    try:
        code = main()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more, and the interpreter's own flush at exit would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        said = told(error)
        if said is None:
            raise
        print(said, file=sys.stderr)
        return BAD_INPUT
