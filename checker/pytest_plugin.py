"""The pytest plugin: scenario files as tests, one for each property that a scenario expects something of.

It is loaded into every pytest run where shootdown is installed, so it does nothing, and imports nothing, until it is
asked: by `--shootdown`, or by patterns under `shootdown_scenarios` in the settings of pytest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .cache.memory import Memory
    from .record import Checked, Row
    from .scenario.document import Scenario

PATTERNS = "shootdown_scenarios"
_EXPECTS = re.compile(r"^\s*(\[\s*(variant\s*\.\s*)?expect\b|expect\b\s*[.=])", re.MULTILINE)
"""What tells a scenario from other TOML files: it expects something."""

Results = dict[tuple[Path, str], "Checked"]
_RESULTS = pytest.StashKey[Results]()
_MEMORY: pytest.StashKey[Memory | None] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option and the setting."""
    group = parser.getgroup("shootdown")
    group.addoption("--shootdown", action="store_true", help="collect the scenario files (*.toml) of shootdown")
    help_text = "patterns of scenario files of shootdown to collect, from the root folder: scenarios/*.toml"
    parser.addini(PATTERNS, help_text, type="linelist", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect a scenario file, if that was asked for."""
    if file_path.suffix != ".toml" or not _is_wanted(file_path, parent):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def _is_wanted(path: Path, parent: pytest.Collector) -> bool:
    config = parent.config
    root = config.rootpath
    inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    if any(fnmatch(inside, pattern) for pattern in config.getini(PATTERNS)):
        return True
    if not config.getoption("--shootdown"):
        return False
    return parent.session.isinitpath(path) or bool(_EXPECTS.search(path.read_text(encoding="utf-8", errors="replace")))


class ScenarioFile(pytest.File):
    """A scenario file: its variants, and what each expects."""

    def collect(self) -> Iterator[VerdictItem]:
        """A test for each variant and property."""
        from .scenario.document import read_file
        from .scenario.lines import expectation_lines
        from .scenario.problem import ScenarioError

        try:
            scenarios = read_file(self.path)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        text = self.path.read_text(encoding="utf-8-sig")
        for scenario in scenarios:
            position = scenario.position if scenario.variant else None
            lines = expectation_lines(text, position, scenario.tables.expect)
            for prop, line in lines.items():
                name = f"{scenario.variant}[{prop}]" if scenario.variant else prop
                item: VerdictItem = VerdictItem.from_parent(self, name=name)
                item.scenario, item.prop, item.line = scenario, prop, line
                item.twins = tuple(each for each in scenarios if each.story == scenario.story)
                yield item


class VerdictItem(pytest.Item):
    """The verdict on one property of one scenario."""

    scenario: Scenario
    twins: tuple[Scenario, ...]
    prop: str
    line: int

    def runtest(self) -> None:
        """Check the scenario, unless another test or an earlier run has; fail on what is not as expected."""
        checked = self._checked()
        if checked.stopped == "interrupted":
            raise KeyboardInterrupt
        if checked.error:
            raise NotAsExpected(checked.error)
        wrong = [row for row in checked.rows if not row.as_expected and self._concerns(row)]
        if wrong:
            raise NotAsExpected("\n\n".join(_complaint(checked, row) for row in wrong))
        if checked.problem is not None:
            from .report.diagram import diagram_text

            raise NotAsExpected(diagram_text(checked.problem, checked.background))
        if not any(row.prop == self.prop for row in checked.rows):
            pytest.skip(checked.skipped)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None) -> str:
        """The complaint alone: where it was raised says nothing."""
        if isinstance(excinfo.value, NotAsExpected):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line that says what is expected."""
        return self.path, self.line - 1, f"{self.scenario.name}: {self.prop}"

    def _concerns(self, row: Row) -> bool:
        """Whether a row is this test's: its own property's, or one that no test of the scenario asks for."""
        return row.prop == self.prop or row.prop not in self.scenario.tables.expect

    def _checked(self) -> Checked:
        """The check, compared with those of its twins: what is vacuous shows beside them only."""
        from .cache.memory import memory
        from .check import check_scenario
        from .options import Options
        from .vacuity import compare_twins

        results = self.config.stash.setdefault(_RESULTS, {})
        if _MEMORY not in self.config.stash:
            self.config.stash[_MEMORY] = memory()
        known = self.config.stash[_MEMORY]
        for twin in self.twins:
            if (self.path, twin.name) not in results:
                results[self.path, twin.name] = check_scenario(twin, Options(), known)
        compared = compare_twins([results[self.path, twin.name] for twin in self.twins])
        return next(each for each in compared if each.scenario == self.scenario.name)


class NotAsExpected(Exception):
    """A verdict is not the expected one; the message says so, with the race diagram."""


def _complaint(checked: Checked, row: Row) -> str:
    from .report.diagram import diagram_text
    from .report.verdicts import verdict_text

    expected = f"expected {row.expected.verdict.value}"
    said = f"{checked.scenario}: {row.prop}: {expected}, found {verdict_text(row)}"
    if row.remark not in ("", expected):
        said += f": {row.remark}"
    return f"{said}\n\n{diagram_text(row.trace, row.background)}" if row.trace else said
