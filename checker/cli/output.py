"""Where commands write: colour and the terminal's width on a terminal, plain text for anything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from ..report.columns import Line, plain
from ..report.diagram import MAIL_WIDTH


def width() -> int:
    """The width for reports: the terminal's, or what survives a mail."""
    if not sys.stdout.isatty():
        return MAIL_WIDTH
    return max(40, os.get_terminal_size(sys.stdout.fileno()).columns)


def show(lines: Iterable[Line]) -> None:
    """Write lines to standard output."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
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
    """Write a report to a file that is open already."""
    file.write(text)
    file.flush()
