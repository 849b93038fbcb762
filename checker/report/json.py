"""The JSON report; docs/reports.md describes it."""

from __future__ import annotations

import json

import shootdown

from ..record import MEMORY_MODEL, Checked, Comparison, Row, Run
from ..result import Proof
from ..trace.json import to_json
from ..verdict import Evidence, Expectation, Verdict
from .coverage import coverage_object
from .growth import growth_object
from .verdicts import problem_text

FORMAT = "shootdown-check"
VERSION = 1


def json_report(run: Run, exit_code: int) -> str:
    """The report as text, with a final newline."""
    return json.dumps(json_object(run, exit_code), indent=1, ensure_ascii=False) + "\n"


def json_object(run: Run, exit_code: int) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "shootdown": shootdown.__version__,
        "memory_model": MEMORY_MODEL,
        "exit_code": exit_code,
        "seconds": round(run.seconds, 3),
        "interrupted": run.interrupted,
        "not_run": list(run.missed),
        "results": [_result(checked, row) for checked in run.checked for row in checked.rows],
        "skipped": [_skipped(checked) for checked in run.checked if checked.skipped],
        "baseline": _baseline(run.comparison) if run.comparison else None,
        "grown": [grown for checked in run.checked for grown in growth_object(checked)],
        "coverage": coverage_object(run.coverage) if run.coverage else None,
        "errors": [_error(checked) for checked in run.checked if checked.error or checked.problem],
    }


def _result(checked: Checked, row: Row) -> dict[str, object]:
    counts = checked.counts
    return {
        "scenario": checked.scenario,
        "file": checked.file,
        "line": row.line,
        "title": checked.title,
        "source": list(checked.source),
        "property": row.prop,
        "kind": row.kind.value,
        "meaning": row.meaning,
        "expected": row.expected.verdict.value,
        "expected_at": _pinned(row.expected),
        "verdict": _verdict(row.verdict),
        "reason": _reason(row),
        "as_expected": row.as_expected,
        "evidence": row.evidence.value if row.evidence else None,
        "to_depth": row.depth if row.trace is None and row.evidence is not Evidence.SWITCHES else None,
        "within_switches": row.depth if row.evidence is Evidence.SWITCHES else None,
        "states": counts.states if counts else None,
        "transitions": counts.transitions if counts else None,
        "depth": counts.depth if counts else None,
        "saved": dict(counts.saved) if counts and counts.saved else None,
        "seconds": round(checked.seconds, 3),
        "engine": checked.engine,
        "stopped": checked.stopped,
        "cached": checked.cached,
        "split_verdict": _verdict(row.split) if row.split else None,
        "prevented_by": list(row.background.prevented_by),
        "proof": _proof(row.proof),
        "trace": to_json(row.trace) if row.trace else None,
    }


def _proof(proof: Proof | None) -> dict[str, object] | None:
    return {"steps": proof.steps, "invariants": list(proof.invariants)} if proof else None


def _verdict(verdict: Verdict) -> str:
    """The verdict's name here: a world that is too small is a kind of model error, told apart by the reason."""
    return Verdict.MODEL_ERROR.value if verdict is Verdict.WORLD_TOO_SMALL else verdict.value


def _reason(row: Row) -> str:
    return f"world too small: {row.remark}" if row.verdict is Verdict.WORLD_TOO_SMALL else row.remark


def _pinned(expected: Expectation) -> dict[str, object]:
    """Where the scenario says that a violation shows."""
    pinned = {"agent": expected.agent, "step": expected.step, "depth": expected.depth}
    return {key: value for key, value in pinned.items() if value is not None}


def _skipped(checked: Checked) -> dict[str, object]:
    return {"scenario": checked.scenario, "file": checked.file, "reason": checked.skipped}


def _baseline(comparison: Comparison) -> dict[str, object]:
    return {
        "file": comparison.file,
        "unchanged": comparison.unchanged,
        "known": [{"scenario": scenario, "property": prop or None} for scenario, prop in sorted(comparison.known)],
        "changes": [
            {
                "change": each.change.value,
                "scenario": each.scenario,
                "property": each.prop or None,
                "was": each.was or None,
                "is": each.now or None,
                "exit_code": each.exit_code,
            }
            for each in comparison.differences
        ],
    }


def _error(checked: Checked) -> dict[str, object]:
    problem = checked.problem
    message = checked.error or (problem.problem.message if problem and problem.problem else "")
    trace = to_json(problem) if problem else None
    return {
        "scenario": checked.scenario,
        "file": checked.file,
        "message": message,
        "verdict": _verdict(problem.verdict) if problem else None,
        "reason": problem_text(problem) if problem else "",
        "trace": trace,
    }
