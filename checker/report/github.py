"""GitHub annotations: workflow commands, which a step prints and GitHub shows beside the lines of a change.

GitHub shows ten errors and ten warnings of a step and drops the others, so these are the most important ones, and a
notice counts the rest.
"""

from __future__ import annotations

from ..record import Run
from .findings import Finding, Level, findings, repository_path
from .verdicts import counted, cut_short

MOST = 10
"""Annotations of one level that GitHub shows of a step."""

LONGEST = 255
"""Letters of a title that GitHub takes."""


def github_report(run: Run) -> str:
    """The report as workflow commands, a line each; empty if there is nothing to complain of."""
    found = [each for each in findings(run) if not each.is_known]
    shown = [each for level in Level for each in [each for each in found if each.level is level][:MOST]]
    lines = [_annotation(each) for each in shown]
    unsaid = _unsaid(run, len(found) - len(shown))
    if unsaid:
        lines.append(command("notice", {"title": "shootdown"}, "; ".join(unsaid)))
    return "".join(f"{line}\n" for line in lines)


def command(name: str, properties: dict[str, str], message: str) -> str:
    """A workflow command, escaped so that the runner reads back what is given here."""
    told = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{name}{f' {told}' if told else ''}::{_escaped(message)}"


def _annotation(finding: Finding) -> str:
    place = {"file": repository_path(finding.file), "line": str(finding.line), "col": str(finding.column)}
    title = finding.title if len(finding.title) <= LONGEST else f"{finding.title[: LONGEST - 1]}…"
    return command(finding.level.value, {"title": title, **place}, finding.text)


def _unsaid(run: Run, left: int) -> list[str]:
    skipped = [checked.scenario for checked in run.checked if checked.skipped]
    parts = [f"{left} more: GitHub shows {MOST} of a kind, the log has all"] if left else []
    parts += [f"{counted(len(skipped), 'scenario')} skipped: {', '.join(skipped)}"] if skipped else []
    return parts + cut_short(run)


def _escaped(text: str, further: str = "") -> str:
    for letter in "%\r\n" + further:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
