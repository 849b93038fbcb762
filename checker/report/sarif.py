"""SARIF 2.1.0: a result for each complaint of a run, its trace as a code flow with one thread flow for each agent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from urllib.parse import quote

import shootdown
from shootdown.model.ir.source import NOWHERE, Span

from ..record import MEMORY_MODEL, Change, Run
from ..trace.trace import Trace, TraceStep
from ..verdict import BAD_INPUT
from .diagram import diagram_text
from .findings import MISTAKE, Finding, findings, repository_path
from .verdicts import MODEL

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"

_MEANINGS = {
    MISTAKE: "A scenario or its model cannot be checked.",
    MODEL: "The model itself goes wrong, or its world is too small.",
}

Object = dict[str, object]


def sarif_report(run: Run, exit_code: int) -> str:
    """The report as text, with a final newline."""
    return json.dumps(sarif_object(run, exit_code), indent=1, ensure_ascii=False) + "\n"


def sarif_object(run: Run, exit_code: int) -> Object:
    """The report as JSON values."""
    found = findings(run)
    rules = list(dict.fromkeys(each.rule for each in found))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(found, rules)},
                "invocations": [_invocation(run, exit_code)],
                "columnKind": "unicodeCodePoints",
                "properties": {"memoryModel": MEMORY_MODEL},
                "results": [*(_result(run, each, rules) for each in found), *_absent(run, rules)],
            }
        ],
    }


def _driver(found: Sequence[Finding], rules: Sequence[str]) -> Object:
    return {
        "name": "shootdown",
        "version": shootdown.__version__,
        "semanticVersion": shootdown.__version__,
        "rules": [_rule(next(each for each in found if each.rule == rule)) for rule in rules],
    }


def _rule(finding: Finding) -> Object:
    meaning = (finding.row.meaning if finding.row else "") or _MEANINGS.get(finding.rule, finding.rule)
    return {
        "id": finding.rule,
        "shortDescription": {"text": meaning},
        "fullDescription": {"text": meaning},
        "help": {"text": _help(finding)},
        "defaultConfiguration": {"level": "error"},
    }


def _help(finding: Finding) -> str:
    scenario = finding.checked.scenario
    if finding.grown is not None:
        return f"shootdown check {scenario} --grow shows the trace."
    return f"shootdown trace {scenario} shows the whole trace."


def _invocation(run: Run, exit_code: int) -> Object:
    """How the run went; one that left something undecided, or went wrong itself, was no success, whatever it found."""
    unsaid = [f"{checked.scenario} skipped: {checked.skipped}" for checked in run.checked if checked.skipped]
    unsaid += [f"{checked.scenario} stopped: {checked.stopped}" for checked in run.checked if checked.stopped]
    for checked in run.checked:
        unsaid += [f"{each.named(checked.scenario)} stopped: {each.stopped}" for each in checked.grown if each.stopped]
    unsaid += [f"{name} not run: interrupted" for name in run.missed]
    failed = run.interrupted or bool(unsaid) or any(checked.exit_code == BAD_INPUT for checked in run.checked)
    return {
        "executionSuccessful": not failed,
        "exitCode": exit_code,
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": each}} for each in unsaid],
    }


def _result(run: Run, finding: Finding, rules: Sequence[str]) -> Object:
    trace = finding.trace
    text = f"{finding.title}\n{finding.text}"
    result: Object = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level.value,
        "message": {"text": text},
        "locations": [_location(_physical(finding.file, finding.line, finding.column))],
        "partialFingerprints": {"shootdown/v1": _fingerprint(finding.where, finding.rule)},
    }
    if run.comparison is not None:
        result["baselineState"] = _state(run, finding)
    if trace is not None:
        result["message"] = {"text": f"{text}\n\n{diagram_text(trace, finding.background)}"}
        result["relatedLocations"] = _related(trace)
        result["codeFlows"] = [_code_flow(trace)] if trace.steps else []
    return result


def _state(run: Run, finding: Finding) -> str:
    """How the result stands to the earlier report's."""
    assert run.comparison is not None
    if not finding.is_known:
        return "new"
    changed = run.comparison.of(finding.checked.scenario, finding.prop)
    return "updated" if changed else "unchanged"


def _absent(run: Run, rules: Sequence[str]) -> list[Object]:
    """What an earlier report complained of and this one does not."""
    fixed = [each for each in run.comparison.differences if each.change is Change.FIXED] if run.comparison else []
    files = {checked.scenario: checked.file for checked in run.checked}
    return [
        {
            "ruleId": each.prop,
            **({"ruleIndex": rules.index(each.prop)} if each.prop in rules else {}),
            "baselineState": "absent",
            "message": {"text": f"{each.prop} in {each.scenario}: was {each.was}, is {each.now}"},
            "locations": [_location(_physical(files[each.scenario], 1, 1))],
            "partialFingerprints": {"shootdown/v1": _fingerprint(each.scenario, each.prop)},
        }
        for each in fixed
    ]


def _code_flow(trace: Trace) -> Object:
    """The run: a thread flow for each agent that acts, with the order of all their steps in common."""
    order = count(1)
    flows: dict[int, list[Object]] = {}
    for step in trace.steps:
        flows.setdefault(step.agent, []).append(_flow_location(trace, step, next(order), last=step is trace.steps[-1]))
    return {
        "message": {"text": f"{trace.depth} steps of {trace.scenario}"},
        "threadFlows": [
            {"id": trace.agents[agent].name, "message": {"text": _agent(trace, agent)}, "locations": flows[agent]}
            for agent in sorted(flows)
        ],
    }


def _agent(trace: Trace, agent: int) -> str:
    found = trace.agents[agent]
    return f"{found.name} ({found.title})" if found.title else found.name


def _flow_location(trace: Trace, step: TraceStep, order: int, *, last: bool) -> Object:
    shown = [change.cell for change in step.changes if change.cell.shown]
    parts = [*(f"{each.name} = {each.text}" for each in step.choices), *(cell.shown for cell in shown), *step.notes]
    said = f"{step.line}: {step.label}" if step.line else step.label
    text = f"{said}: {'; '.join(parts)}" if parts else said
    important = "essential" if last else "important" if parts or step.line else "unimportant"
    return {
        "location": _location(_at(step.where), f"{trace.agents[step.agent].name}: {text}"),
        "state": {change.cell.name: {"text": change.cell.text} for change in step.changes},
        "nestingLevel": len(step.calls),
        "executionOrder": order,
        "importance": important,
    }


def _related(trace: Trace) -> list[Object]:
    """Where the property stands, and the parts of it that are wrong."""
    found = [(f"{trace.prop.name}: {trace.prop.meaning}".rstrip(": "), trace.prop.where)]
    found += [(f"{'true' if blame.value else 'false'}: {blame.text}", blame.where) for blame in trace.blame]
    return [_location(_at(where), text) for text, where in found if where != NOWHERE]


def _location(physical: Object | None, text: str = "") -> Object:
    return {**({"physicalLocation": physical} if physical else {}), **({"message": {"text": text}} if text else {})}


def _at(where: Span) -> Object | None:
    if where == NOWHERE:
        return None
    return _physical(where.path, where.line, where.column, where.end_line, where.end_column)


def _physical(path: str, line: int, column: int, *end: int) -> Object:
    region: dict[str, int] = {"startLine": line, "startColumn": column}
    region |= dict(zip(("endLine", "endColumn"), end, strict=False))
    return {"artifactLocation": _artifact(repository_path(path)), "region": region}


def _artifact(path: str) -> Mapping[str, object]:
    """A file of the repository relative to its root; any other by its whole name."""
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(path), "uriBaseId": ROOT}


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
