"""A run beside an earlier JSON report: what has changed, and whether for the worse.

A verdict that was not as expected and still says the same fails nothing: a baseline is for those who start with known
failures. Whatever else is not as expected fails, with its own exit code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .judge import worst
from .record import Change, Checked, Comparison, Difference, Grown, Row, Run
from .report.json import FORMAT, VERSION
from .report.verdicts import by_fingerprints, problem_text, verdict_text, within_switches
from .result import NO_DEADLOCK
from .scenario import ScenarioError, find_one
from .scenario.document import Scenario
from .verdict import AS_EXPECTED, BAD_INPUT, UNDECIDED, Evidence, Verdict


class BaselineError(Exception):
    """A file is not a report that can be compared with; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an earlier report says of one property: as text, and whether that was expected."""

    scenario: str
    file: str
    prop: str
    says: str
    verdict: str
    as_expected: bool


@dataclass(frozen=True)
class Baseline:
    """An earlier report: verdicts by scenario and property, and messages of scenarios that could not be checked.

    `grown` are the larger worlds by scenario and what they have more of, each with what it says of the properties whose
    verdict there is another one, or unknown.
    """

    file: str
    entries: Mapping[tuple[str, str], Entry]
    errors: Mapping[str, str]
    grown: Mapping[tuple[str, str], Mapping[str, str]]


def read_baseline(path: Path) -> Baseline:
    """The report of a file; raises BaselineError, OSError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise BaselineError(f"{path}: not a report of shootdown check --format json")
    if data.get("version") != VERSION:
        raise BaselineError(f"{path}: a report of version {data.get('version')}; this is a reader of version {VERSION}")
    try:
        entries = [_entry(each) for each in data["results"]]
        errors = {str(each["scenario"]): str(each["message"]) for each in data["errors"]}
        grown = {(str(each["scenario"]), str(each["more"])): _entries(each) for each in data.get("grown", ())}
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BaselineError(f"{path}: a report that is not whole: {type(error).__name__}: {error}") from None
    return Baseline(str(path), {(each.scenario, each.prop): each for each in entries}, errors, grown)


def compare(run: Run, baseline: Baseline, properties: Sequence[str] | None = None) -> Comparison:
    """The run beside the earlier report; `properties` are those that were asked for, None: all."""
    differences: list[Difference] = []
    known: set[tuple[str, str]] = set()
    codes = [AS_EXPECTED] if run.rows or not any(checked.skipped for checked in run.checked) else [UNDECIDED]
    for checked in run.checked:
        for row in checked.rows:
            key = checked.scenario, row.prop
            change, before = _change(row, baseline.entries.get(key)), baseline.entries.get(key)
            fails = not row.as_expected and change in (Change.WORSE, Change.NEW)
            if change is not None:
                was, code = before.says if before else "", row.exit_code if fails else AS_EXPECTED
                differences.append(Difference(change, *key, was, _says_now(row), code))
            known |= {key} if not row.as_expected and not fails else set()
        mistake = _mistake(checked, baseline)
        differences += [mistake] if mistake else []
        known |= {(checked.scenario, "")} if _message(checked) and not mistake else set()
    unchanged = len(run.rows) - sum(1 for each in differences if each.prop)
    for checked in run.checked:
        for grown in checked.grown:
            in_larger, known_there = _in_larger(checked, grown, baseline)
            differences += in_larger
            known |= known_there
    differences += _removed(run, baseline, properties)
    codes += [each.exit_code for each in differences]
    return Comparison(baseline.file, tuple(differences), frozenset(known), unchanged, worst(codes))


def _in_larger(checked: Checked, grown: Grown, baseline: Baseline) -> tuple[list[Difference], set[tuple[str, str]]]:
    """What fails in a larger world and did not, and what failed there as it does now."""
    before = baseline.grown.get((checked.scenario, grown.what))
    differences, known = [], set()
    for each in grown.failing:
        prop, row = grown.named(each.row.prop), each.row
        was = "" if before is None else before.get(row.prop, "as expected")
        if was == each.now:
            known.add((checked.scenario, prop))
            continue
        change, now = Change.NEW if before is None else Change.WORSE, _says_now(row)
        differences.append(Difference(change, checked.scenario, prop, was, now, row.exit_code))
    return differences, known


def says(row: Row) -> str:
    """A verdict in words, and of a trace how long it is and where it ends."""
    trace = row.trace
    last = trace.steps[-1] if trace and trace.steps else None
    end = f"{trace.agents[last.agent].name} at {last.label}" if trace and last else ""
    return _said(verdict_text(row), trace.depth if trace else 0, end)


def _says_now(row: Row) -> str:
    return says(row) if row.as_expected else f"{says(row)}; expected {row.expected.verdict.value}"


def _said(verdict: str, depth: int, end: str) -> str:
    return f"{verdict} at depth {depth}, by {end}" if end else verdict


def _entry(result: Mapping[str, Any]) -> Entry:
    trace, depth = result["trace"], 0
    end = ""
    if trace and trace["steps"]:
        last, depth = trace["steps"][-1], len(trace["steps"])
        end = f"{trace['agents'][last['agent']]['name']} at {last['label']}"
    verdict = _verdict(result)
    return Entry(
        scenario=str(result["scenario"]),
        file=str(result["file"]),
        prop=str(result["property"]),
        says=_said(verdict, depth, end),
        verdict=verdict,
        as_expected=bool(result["as_expected"]),
    )


def _entries(grown: Mapping[str, Any]) -> Mapping[str, str]:
    """By property what a larger world says."""
    unknown = dict.fromkeys(map(str, grown.get("unknown", ())), Verdict.UNKNOWN.value)
    return unknown | {str(each["property"]): str(each["is"]) for each in grown["changes"]}


def _verdict(result: Mapping[str, Any]) -> str:
    """The verdict in the words of `verdict_text`."""
    if result["evidence"] == Evidence.BOUNDED.value:
        return f"holds to depth {result['to_depth']}"
    if result["evidence"] == Evidence.SWITCHES.value:
        return within_switches(int(result["within_switches"]))
    if result["evidence"] == Evidence.FINGERPRINT.value:
        return by_fingerprints(str(result["verdict"]))
    if str(result["reason"]).startswith("world too small"):
        return "world too small"
    return str(result["verdict"]).replace("_", " ")


def _change(row: Row, before: Entry | None) -> Change | None:
    """How a verdict stands to the earlier one.

    That nothing is stuck is judged by the way where a search happens to be exhaustive: it comes and goes unchanged.
    """
    if before is None:
        return None if row.prop == NO_DEADLOCK and row.as_expected else Change.NEW
    if row.as_expected != before.as_expected:
        return Change.FIXED if row.as_expected else Change.WORSE
    if not row.as_expected and verdict_text(row) != before.verdict:
        return Change.WORSE
    return None if says(row) == before.says else Change.CHANGED


def _message(checked: Checked) -> str:
    problem = checked.problem.problem if checked.problem else None
    return checked.error or (problem.message if problem else "")


def _mistake(checked: Checked, baseline: Baseline) -> Difference | None:
    """A scenario that cannot be checked any more, or for another reason than before."""
    message, before = _message(checked), baseline.errors.get(checked.scenario, "")
    if not message or message == before:
        return None
    now = problem_text(checked.problem) if checked.problem and not checked.error else message.partition("\n")[0]
    return Difference(Change.WORSE, checked.scenario, "", before.partition("\n")[0], now, BAD_INPUT)


def _removed(run: Run, baseline: Baseline, properties: Sequence[str] | None) -> Iterator[Difference]:
    """What the earlier report has and nobody can check any more; what was merely not asked for is left out."""
    present = {(checked.scenario, row.prop) for checked in run.checked for row in checked.rows}
    broken = {checked.scenario for checked in run.checked if not checked.rows} | set(run.missed)
    known: dict[str, Scenario | None] = {}
    for (name, prop), entry in baseline.entries.items():
        if (name, prop) in present or name in broken or (properties is not None and prop not in properties):
            continue
        if name not in known:
            known[name] = _still_there(entry)
        scenario = known[name]
        if scenario is None or prop not in (*scenario.tables.expect, NO_DEADLOCK):
            yield Difference(Change.REMOVED, name, prop, entry.says, "")


def _still_there(entry: Entry) -> Scenario | None:
    """The scenario of an entry: in the file that the report names, or bundled."""
    variant = entry.scenario.rpartition("/")[2]
    for name in (f"{entry.file}/{variant}", entry.file, entry.scenario):
        try:
            return find_one(name)
        except (ScenarioError, OSError):
            continue
    return None
