"""The JUnit report: a suite for each file, a case for each scenario and property.

A failure is a verdict that is not as expected; an error is a model error, a mistake in the scenario, or a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ..record import Checked, Row, Run
from ..verdict import NOT_AS_EXPECTED
from .diagram import diagram_text
from .verdicts import verdict_text

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(run: Run) -> str:
    """The report as XML text."""
    report = JUnitXml("shootdown")
    files: dict[str, list[Checked]] = {}
    for checked in run.checked:
        files.setdefault(checked.file, []).append(checked)
    for file, group in files.items():
        report.add_testsuite(_suite(file, group))
    if run.missed:
        suite = TestSuite("not run")
        for name in run.missed:
            suite.add_testcase(_case(name, "all", "", 0.0, Skipped("interrupted before it ran")))
        report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    report.time = round(run.seconds, 3)
    return str(report.tostring().decode("utf-8"))  # type: ignore[no-untyped-call]


def _suite(file: str, group: Iterable[Checked]) -> TestSuite:
    suite = TestSuite(_clean(file))
    for checked in group:
        suite.add_property(_clean(f"{checked.scenario}.engine"), checked.engine or "none")
        for case in _cases(checked):
            suite.add_testcase(case)
    suite.update_statistics()  # type: ignore[no-untyped-call]
    return suite


def _cases(checked: Checked) -> Iterator[TestCase]:
    share = checked.seconds / max(1, len(checked.rows))
    for row in checked.rows:
        yield _case(checked.scenario, row.prop, checked.file, share, _result(row))
    if checked.skipped:
        yield _case(checked.scenario, "undecided", checked.file, 0.0, Skipped(_clean(checked.skipped)))
    if checked.error:
        yield _case(checked.scenario, "scenario", checked.file, 0.0, _told(Error, "mistake", checked.error))
    if checked.problem is not None:
        text = diagram_text(checked.problem, checked.background)
        error = _told(Error, checked.problem.verdict.value, text)
        yield _case(checked.scenario, "model", checked.file, 0.0, error)


def _case(scenario: str, name: str, file: str, seconds: float, result: Error | Failure | Skipped | None) -> TestCase:
    case = TestCase(_clean(name), _clean(scenario.replace("/", ".")), round(seconds, 3))
    if file:
        case._elem.set("file", _clean(file))
    if result is not None:
        case.result = [result]
    return case


def _result(row: Row) -> Error | Failure | None:
    if row.as_expected:
        return None
    expected = f"expected {row.expected.verdict.value}"
    message = f"{verdict_text(row)}, {expected}"
    if row.remark not in ("", expected):
        message += f": {row.remark}"
    text = diagram_text(row.trace, row.background) if row.trace else ""
    kind = Failure if row.exit_code == NOT_AS_EXPECTED else Error
    return _told(kind, row.verdict.value, text, message)


def _told(kind: type[Error] | type[Failure], type_: str, text: str, message: str = "") -> Error | Failure:
    result = kind(_clean(message or text.partition("\n")[0]), type_)
    result.text = _clean(text)
    return result


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)
