"""What a user is told of the errors that are not the checker's fault."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable

import click

from shootdown.model.language.errors import ModelErrors, RequestError

from ..baseline import BaselineError
from ..exporters.refuse import Inexpressible
from ..record import Run
from ..scenario import ScenarioError
from ..trace.json import TraceFileError
from ..trace.replay import ReplayError


def complaint(error: Exception) -> str | None:
    """The message for a user's mistake, or for a machine that has run out of something; None for a defect."""
    match error:
        case ModelErrors():
            return str(error)
        case ScenarioError():
            return "\n".join(f"error: {line}" for line in _merged(error.lines))
        case Inexpressible():
            return "\n".join(f"error: {line}" for line in error.lines)
        case BaselineError() | RequestError() | TraceFileError() | ReplayError():
            return f"error: {error}"
        case MemoryError():
            return "error: out of memory: set --max-memory or --max-states, or make the world smaller"
        case OSError():
            where = f"{error.filename}: " if error.filename else _unnamed(error)
            return f"error: {where}{error.strerror or error}"
        case _:
            return None


def complain(run: Run) -> None:
    """Tell on standard error what of a run could not be checked; a mistake that variants of a file share, once."""
    errors = [checked.error for checked in run.checked if checked.error]
    if errors:
        click.echo(_all_told(errors), err=True)


def _all_told(errors: Iterable[str]) -> str:
    """The mistakes of scenarios, each of which may have several: those that are all over the file, once."""
    lines: list[str] = []
    for text in dict.fromkeys(errors):
        where = text.partition(": ")[0]
        # What a compiler says has lines too.
        starts = [number for number, line in enumerate(text.split("\n")) if line.startswith(f"{where}: ")]
        several = len(starts) > 1 and len(starts) == text.count("\n") + 1
        lines += text.split("\n") if several else [text]
    return "\n".join(line if line.startswith("error") else f"error: {line}" for line in _merged(lines))


def _merged(lines: Iterable[str]) -> list[str]:
    """Each line once; what is wrong in several variants of a file, with the names of them all."""
    variants: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        found = re.fullmatch(r"(.*?): variant ('[^']+'): (.*)", line)
        names = variants.setdefault((found[1], found[3]) if found else (line, ""), [])
        if found and found[2] not in names:
            names.append(found[2])
    return [
        f"{where}: variant{'s' if len(names) > 1 else ''} {', '.join(names)}: {said}" if names else where
        for (where, said), names in variants.items()
    ]


def _unnamed(error: OSError) -> str:
    """What an error without a file's name is about: a write to standard output, if it says that a disk is full."""
    return "standard output: " if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO) else ""
