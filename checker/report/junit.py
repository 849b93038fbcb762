"""The JUnit report: a suite for each file, a case for each scenario and property, and one for each larger world.

A failure is a verdict that is not as expected; an error is a model error, a mistake in the scenario, or a limit. What
an earlier report complains of too is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ..record import Checked, Grown, Row, Run
from ..verdict import NOT_AS_EXPECTED
from .diagram import diagram_text
from .growth import growth_text
from .verdicts import MODEL, problem_text, verdict_text

Result = Error | Failure | Skipped | None

NOT_RUN = "interrupted before it ran"

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(run: Run) -> str:
    """The report as XML text."""
    report = JUnitXml("shootdown")
    files: dict[str, list[Checked]] = {}
    for checked in run.checked:
        files.setdefault(checked.file, []).append(checked)
    for file, group in files.items():
        report.add_testsuite(_suite(run, file, group))
    if run.missed:
        suite = TestSuite("not run")
        for name in run.missed:
            suite.add_testcase(_case(name, "all", "", 0.0, Skipped(NOT_RUN)))
        report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    report.time = round(run.seconds, 3)
    return str(report.tostring().decode("utf-8"))  # type: ignore[no-untyped-call]


def _suite(run: Run, file: str, group: Iterable[Checked]) -> TestSuite:
    suite = TestSuite(_clean(file))
    for checked in group:
        suite.add_property(_clean(f"{checked.scenario}.engine"), checked.engine or "none")
        for case in _cases(run, checked):
            suite.add_testcase(case)
    suite.update_statistics()  # type: ignore[no-untyped-call]
    return suite


def _cases(run: Run, checked: Checked) -> Iterator[TestCase]:
    share = checked.seconds / max(1, len(checked.rows))
    for row in checked.rows:
        result = _beside_earlier(run, checked.scenario, row.prop, _result(row))
        case = _case(checked.scenario, row.prop, checked.file, share, result)
        case._elem.set("line", str(row.line))
        yield case
    for grown in checked.grown:
        result = _larger_world(run, checked, grown)
        yield _case(checked.scenario, f"with {grown.what}", checked.file, grown.seconds, result)
    if checked.skipped:
        yield _case(checked.scenario, "undecided", checked.file, 0.0, Skipped(_clean(checked.skipped)))
    if checked.error:
        error = _beside_earlier(run, checked.scenario, "", _told(Error, "mistake", checked.error))
        yield _case(checked.scenario, "scenario", checked.file, 0.0, error)
    if checked.problem is not None:
        text = diagram_text(checked.problem, checked.background)
        told = _told(Error, checked.problem.verdict.value, text, problem_text(checked.problem))
        yield _case(checked.scenario, MODEL, checked.file, 0.0, _beside_earlier(run, checked.scenario, "", told))


def _beside_earlier(run: Run, scenario: str, prop: str, result: Result) -> Result:
    """What is wrong, or that it was so before."""
    comparison = run.comparison
    if comparison is None or result is None or (scenario, prop) not in comparison.known:
        return result
    return Skipped(_clean(f"so in {comparison.file}: {result.message}"))


def _larger_world(run: Run, checked: Checked, grown: Grown) -> Result:
    """What is wrong with a larger world, of which an earlier report knows if it has each part of it."""
    if grown.error:
        return Skipped(_clean(f"not possible: {grown.error}"))
    if grown.missed:
        return Skipped(NOT_RUN)
    rows = [each.row for each in grown.failing]
    if not rows:
        return None
    text = "\n\n".join(diagram_text(row.trace, row.background) for row in rows if row.trace)
    told = _told(_kind(grown.exit_code), rows[0].verdict.value, text, growth_text(grown))
    beside = [_beside_earlier(run, checked.scenario, grown.named(row.prop), told) for row in rows]
    return next((each for each in beside if each is told), beside[0])


def _case(scenario: str, name: str, file: str, seconds: float, result: Result) -> TestCase:
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
    return _told(_kind(row.exit_code), row.verdict.value, text, message)


def _kind(exit_code: int) -> type[Error] | type[Failure]:
    return Failure if exit_code == NOT_AS_EXPECTED else Error


def _told(kind: type[Error] | type[Failure], type_: str, text: str, message: str = "") -> Error | Failure:
    result = kind(_clean(message or text.partition("\n")[0]), type_)
    result.text = _clean(text)
    return result


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)
