"""Where commands write: colour and the terminal's width on a terminal, plain text for anything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from ..report.columns import Line, plain
from ..report.diagram import MAIL_WIDTH


def width() -> int:
    """The width for reports: the terminal's, or what survives a mail."""
    return terminal_width(sys.stdout) if on_terminal() else MAIL_WIDTH


def on_terminal() -> bool:
    """Whether a person reads along."""
    return sys.stdout.isatty()


def terminal_width(stream: TextIO) -> int:
    """The columns of the terminal that a stream writes to; never less than a diagram needs."""
    return max(40, os.get_terminal_size(stream.fileno()).columns)


def show(lines: Iterable[Line]) -> None:
    """Write lines to standard output."""
    if not on_terminal() or "NO_COLOR" in os.environ:
        print(plain(lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((piece.text, piece.style.value) for piece in line)))


def warn(text: str) -> None:
    """Say something on standard error."""
    print(f"warning: {text}", file=sys.stderr)


def write(text: str, file: TextIO) -> None:
    """Write a report to a file that is open already; an OSError names it."""
    try:
        file.write(text)
        file.flush()
    except OSError as error:
        with suppress(OSError):
            file.close()
        raise OSError(error.errno, error.strerror, file.name) from None
