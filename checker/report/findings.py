"""What a run has to complain of, one thing each, the most important first: for formats that show complaints only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..record import Background, Checked, Grown, Row, Run
from ..trace.trace import Trace
from ..verdict import BAD_INPUT, NOT_AS_EXPECTED, UNDECIDED
from .verdicts import MODEL, problem_text, verdict_text

MISTAKE = "mistake"

_PLACE = re.compile(r"^(?: *--> (.+?):(\d+):(\d+)$|([^\n]+?\.toml):(\d+):(\d+): )", re.MULTILINE)
"""Where a mistake is, in messages about model files and about the TOML of scenarios."""
_ORDER = (NOT_AS_EXPECTED, BAD_INPUT, UNDECIDED)
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")
"""Where CI systems say that the repository is: GitHub, GitLab, Jenkins."""


class Level(Enum):
    """How bad a finding is; the value is what SARIF and GitHub call it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint.

    `rule` is the property, `mistake` for a scenario that cannot be checked, or `model` for a model error beside decided
    properties. `title` is a short sentence, `text` goes on; `file`, `line` and `column` are the place to mend.
    `is_known`: an earlier report has it too. `grown` is the larger world in which it is found, if it is one.
    """

    level: Level
    rule: str
    title: str
    text: str
    checked: Checked
    file: str
    line: int = 1
    column: int = 1
    row: Row | None = None
    trace: Trace | None = None
    background: Background = field(default_factory=Background)
    is_known: bool = False
    grown: Grown | None = None

    @property
    def where(self) -> str:
        """The scenario, and what the world has more of."""
        return _where(self.checked, self.grown)

    @property
    def prop(self) -> str:
        """What a comparison with an earlier report calls it; empty if it is no verdict."""
        return _named(self.row, self.grown) if self.row else ""


def findings(run: Run) -> list[Finding]:
    """The complaints of a run: what is not as expected, before mistakes, before what is undecided."""
    known = run.comparison.known if run.comparison else frozenset[tuple[str, str]]()
    found = [(code, each) for checked in run.checked for code, each in _of(checked, known)]
    return [each for _, each in sorted(found, key=lambda pair: _ORDER.index(pair[0]))]


def repository_path(path: str, environment: Mapping[str, str] = os.environ) -> str:
    """A path as the repository has it, where the CI system says where that is; else as it is."""
    absolute = Path(path).resolve()
    for name in _ROOTS:
        root = environment.get(name)
        if root and absolute.is_file() and absolute.is_relative_to(Path(root).resolve()):
            return absolute.relative_to(Path(root).resolve()).as_posix()
    return Path(path).as_posix()


def last_step(trace: Trace) -> str:
    """Where a trace ends: `cpu0 at set_pte_at (mm/fork.py:12:5)`; empty for one without steps."""
    if not trace.steps:
        return ""
    last = trace.steps[-1]
    return f"{trace.agents[last.agent].name} at {last.label} ({last.where})"


def _of(checked: Checked, known: frozenset[tuple[str, str]]) -> Iterator[tuple[int, Finding]]:
    for row in checked.rows:
        if not row.as_expected:
            yield row.exit_code, _unexpected(checked, row, known)
    for grown in checked.grown:
        for each in grown.failing:
            yield each.row.exit_code, _unexpected(checked, each.row, known, grown)
    is_known = (checked.scenario, "") in known
    if checked.error:
        yield BAD_INPUT, _mistake(checked, is_known=is_known)
    if checked.problem is not None:
        yield BAD_INPUT, _model_error(checked, checked.problem, is_known=is_known)


def _where(checked: Checked, grown: Grown | None) -> str:
    return grown.named(checked.scenario) if grown else checked.scenario


def _named(row: Row, grown: Grown | None) -> str:
    return grown.named(row.prop) if grown else row.prop


def _unexpected(checked: Checked, row: Row, known: frozenset[tuple[str, str]], grown: Grown | None = None) -> Finding:
    expected = row.expected.verdict.value
    said = row.remark if row.remark not in ("", f"expected {expected}") else ""
    parts = [f"expected {expected}, found {verdict_text(row)}{f': {said}' if said else ''}"]
    parts += [row.meaning] if row.meaning else []
    parts += (
        [f"the shortest trace has {row.trace.depth} steps and ends with {last_step(row.trace)}"] if row.trace else []
    )
    parts += [f"prevented by {each}" for each in row.background.prevented_by]
    return Finding(
        level=Level.WARNING if row.exit_code == UNDECIDED else Level.ERROR,
        rule=row.prop,
        title=f"{row.prop}: {verdict_text(row)} in {_where(checked, grown)}",
        text="\n".join(parts),
        checked=checked,
        file=checked.file,
        line=row.line,
        row=row,
        trace=row.trace,
        background=row.background,
        is_known=(checked.scenario, _named(row, grown)) in known,
        grown=grown,
    )


def _mistake(checked: Checked, *, is_known: bool) -> Finding:
    place = _PLACE.search(checked.error)
    if place and place[1]:
        file, line, column = place[1], int(place[2]), int(place[3])
    else:
        file, line, column = checked.file, *((int(place[5]), int(place[6])) if place else (1, 1))
    title = f"{checked.scenario} cannot be checked"
    return Finding(Level.ERROR, MISTAKE, title, checked.error, checked, file, line, column, is_known=is_known)


def _model_error(checked: Checked, trace: Trace, *, is_known: bool) -> Finding:
    return Finding(
        level=Level.ERROR,
        rule=MODEL,
        title=f"{trace.verdict.value.replace('_', ' ')} in {checked.scenario}",
        text=problem_text(trace),
        checked=checked,
        file=checked.file,
        trace=trace,
        background=checked.background,
        is_known=is_known,
    )
