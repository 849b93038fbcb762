"""Toy systems searched and turned into the records that reports read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from toy_systems import TOYS

from shootdown.checker.options import Limits
from shootdown.checker.record import Background, Checked, Row, Run
from shootdown.checker.reductions import ALL
from shootdown.checker.searching import search
from shootdown.checker.trace.trace import Trace
from shootdown.checker.verdict import Expectation, Verdict

BACKGROUND = Background("a toy", "without a fix", ("fix: meaning (toy/safe is expected to hold)",))


def checked(
    name: str,
    expected: dict[str, Verdict] | None = None,
    limits: Limits | None = None,
    *,
    properties: Collection[str] | None = None,
) -> Checked:
    """A toy with these of its properties (None: all), searched by the interpreter; seconds are fixed."""
    whole = TOYS[name]().system
    wanted = tuple(prop for prop in whole.properties if properties is None or prop.name in properties)
    system = replace(whole, properties=wanted)
    wishes = {prop: Expectation(verdict) for prop, verdict in (expected or {}).items()}
    searched = search(system, wishes, limits or Limits(), "interpreter", ALL)
    rows = tuple(
        Row(
            each.name,
            each.prop.kind,
            each.prop.meaning,
            each.verdict,
            each.evidence,
            each.depth,
            each.expected,
            each.exit_code,
            each.remark,
            searched.trace(each),
            BACKGROUND,
        )
        for each in searched.judgement.outcomes
    )
    exploration = searched.exploration
    return Checked(
        scenario=name,
        file=f"toys/{name}.toml",
        title="a toy",
        source=("C14",),
        rows=rows,
        counts=exploration.counts,
        seconds=0.25,
        engine=exploration.engine,
        stopped=exploration.stopped,
        exit_code=searched.judgement.exit_code,
        problem=searched.problem_trace(),
        background=BACKGROUND,
    )


def run_of(*each: Checked) -> Run:
    """A run of half a second."""
    return Run(each, 0.5)


def trace_of(name: str, prop: str) -> Trace:
    """The trace of one property of a toy."""
    found = next(row.trace for row in checked(name).rows if row.prop == prop)
    assert found is not None
    return found


def renamed(item: Checked, name: str) -> Checked:
    """The same check under another name."""
    return replace(item, scenario=name)
