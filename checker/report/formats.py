"""The formats of a report by name; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from ..record import Run

Format = Callable[[Run, int], str]
"""A run and its exit code as text."""


def _json(run: Run, code: int) -> str:
    from .json import json_report

    return json_report(run, code)


def _junit(run: Run, code: int) -> str:
    from .junit import junit_report

    return junit_report(run)


def _sarif(run: Run, code: int) -> str:
    from .sarif import sarif_report

    return sarif_report(run, code)


def _github(run: Run, code: int) -> str:
    from .github import github_report

    return github_report(run)


def _markdown(run: Run, code: int) -> str:
    from .markdown import markdown_report

    return markdown_report(run)


TEXT = "text"
"""The report for people, which has a width and colours: `text_report`."""

FORMATS: dict[str, Format] = {
    "github": _github,
    "json": _json,
    "junit": _junit,
    "markdown": _markdown,
    "sarif": _sarif,
}
"""Formats for programs, sorted by name."""
