"""Where reports go: standard output, and files that are opened before the first search."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click

from ..record import Run
from ..report.columns import plain
from ..report.diagram import MAIL_WIDTH
from ..report.formats import FORMATS, TEXT
from ..report.text import text_report
from ..scenario.problem import did_you_mean
from . import output

STDOUT = "-"
NAMES = (TEXT, *FORMATS)

_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The file of this name is appended to: the commands of a step share it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A report wanted: its format, and the file (`-`: standard output)."""

    format: str
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of a run the text shows."""

    traces: bool | None
    verbose: bool


@dataclass(frozen=True)
class Outputs:
    """Targets, each with its open file; None: standard output."""

    targets: Sequence[tuple[str, TextIO | None]]

    def write(self, run: Run, code: int, shown: Shown) -> None:
        """Write every report; files first, so that they are there even if nobody reads standard output."""
        for format_, file in self.targets:
            if file is not None:
                output.write(_text(format_, run, code, shown), file)
        for format_, file in self.targets:
            if file is None:
                _print(format_, run, code, shown)


def targets(format_: str, given: Sequence[str]) -> list[Target]:
    """What `--format` and `--output` come to.

    An output is `FORMAT:FILE`, or a FILE for the format of `--format`. Standard output gets the text if an output has
    taken that format, else the report of that format; it gets no text that a file gets.
    """
    found = [_target(each, format_) for each in given]
    taken = any(":" not in each or each.partition(":")[0] not in NAMES for each in given)
    first = TEXT if taken else format_
    names = [target.name for target in found if target.name != STDOUT]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"--output: two reports for the file {name}")
    own = any(target.format == first and (first == TEXT or target.name == STDOUT) for target in found)
    return [*([] if own else [Target(first, STDOUT)]), *found]


def _target(given: str, format_: str) -> Target:
    head, colon, rest = given.partition(":")
    if colon and head in NAMES:
        if not rest:
            raise click.UsageError(f"--output {given}: no file behind the format: write {head}:FILE, or {head}:- ")
        return Target(head, rest)
    if colon and len(head) > 1 and head.isidentifier():
        hint = did_you_mean(head, NAMES)
        raise click.UsageError(f"--output {given}: no format '{head}' (a file of this name: ./{given}){hint}")
    return Target(format_, given)


@contextmanager
def opened(wanted: Sequence[Target], environment: Mapping[str, str] = os.environ) -> Iterator[Outputs]:
    """The targets with their files open; an OSError names the file that cannot be opened."""
    with ExitStack() as stack:
        files: list[tuple[str, TextIO | None]] = []
        for target in wanted:
            file = None
            if target.name != STDOUT:
                appended = target.name == environment.get(_SUMMARY)
                file = stack.enter_context(Path(target.name).open("a" if appended else "w", encoding="utf-8"))
            files.append((target.format, file))
        yield Outputs(files)


def _text(format_: str, run: Run, code: int, shown: Shown) -> str:
    if format_ == TEXT:
        return plain(text_report(run, width=MAIL_WIDTH, traces=shown.traces, verbose=shown.verbose)) + "\n"
    text = FORMATS[format_](run, code)
    return text if not text or text.endswith("\n") else text + "\n"


def _print(format_: str, run: Run, code: int, shown: Shown) -> None:
    if format_ != TEXT:
        sys.stdout.write(_text(format_, run, code, shown))
    elif not run.checked or not all(checked.error for checked in run.checked):
        output.show(text_report(run, width=output.width(), traces=shown.traces, verbose=shown.verbose))
