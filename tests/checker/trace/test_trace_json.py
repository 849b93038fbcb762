"""Saved traces."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from random_systems import random_system
from toy_systems import TOYS, embrace, lost_update, pairs, use_after_free

from shootdown.checker.interpreter import InterpreterEngine
from shootdown.checker.judge import judge
from shootdown.checker.options import Limits
from shootdown.checker.trace.build import build_trace
from shootdown.checker.trace.json import TraceFileError, dumps, from_json, loads, to_json
from shootdown.checker.trace.replay import ReplayError, retrace
from shootdown.checker.trace.trace import Trace
from shootdown.model.ir.evaluate import Evaluator
from shootdown.model.ir.system import System

DOCS = Path(__file__).parents[3] / "docs" / "trace-format.md"


def traces(whole: System) -> Iterator[Trace]:
    found = InterpreterEngine().explore(whole, Limits(max_states=200))
    for outcome in judge(whole, found, {}, Limits()).outcomes:
        if outcome.path is not None:
            yield build_trace(whole, outcome.prop, outcome.verdict, outcome.path)


@pytest.mark.parametrize("name", TOYS)
def test_traces_of_toys_come_back_as_they_were(name: str) -> None:
    for trace in traces(TOYS[name]().system):
        assert loads(dumps(trace)) == trace


def test_traces_of_random_systems_come_back_as_they_were() -> None:
    for seed in range(30):
        for trace in traces(dataclasses.replace(random_system(Random(seed)), variables=())):
            assert loads(dumps(trace)) == trace


@pytest.mark.parametrize("name", TOYS)
def test_a_saved_trace_replays(name: str) -> None:
    whole = TOYS[name]().system
    found = InterpreterEngine().explore(whole, Limits())
    for outcome in judge(whole, found, {}, Limits()).outcomes:
        if outcome.path is not None:
            saved = dumps(build_trace(whole, outcome.prop, outcome.verdict, outcome.path))
            assert retrace(Evaluator(whole), loads(saved)) == outcome.path


def test_a_trace_of_another_system_is_refused() -> None:
    (trace,) = traces(lost_update().system)
    with pytest.raises(ReplayError, match="another version"):
        retrace(Evaluator(pairs().system), trace)


def test_a_trace_with_an_impossible_step_is_refused() -> None:
    (trace,) = traces(lost_update().system)
    broken = dataclasses.replace(trace, steps=(trace.steps[0], trace.steps[0]))
    with pytest.raises(ReplayError, match="step 2 of the trace"):
        retrace(Evaluator(lost_update().system), broken)


def test_the_digest_ignores_what_does_not_move() -> None:
    whole = lost_update().system
    (trace,) = traces(whole)
    (other,) = traces(dataclasses.replace(whole, name="renamed", properties=whole.properties[1:], variables=()))
    assert trace.digest == other.digest
    assert re.fullmatch("[0-9a-f]{16}", trace.digest)


def test_unknown_keys_are_ignored() -> None:
    (trace,) = traces(lost_update().system)
    assert from_json({**to_json(trace), "colour": "red"}) == trace


def test_files_that_are_no_traces_are_refused() -> None:
    (trace,) = traces(lost_update().system)
    good = to_json(trace)
    (agent, *_), first = trace.agents, json.loads(dumps(trace))["steps"][0]
    wrong: dict[str, object] = {
        "not a saved trace of shootdown": {**good, "format": "itf"},
        "a saved trace of version 7": {**good, "version": 7},
        "prop: field required": {key: value for key, value in good.items() if key != "prop"},
        "scenario: input should be a valid string": {**good, "scenario": 3},
        "steps.0.agent: there are 2 agents": {**good, "steps": [{**first, "agent": 2}]},
        "initial.positions: expected one": {**good, "agents": [dataclasses.asdict(agent)]},
    }
    for message, data in wrong.items():
        with pytest.raises(TraceFileError, match=re.escape(message)):
            from_json(data)
    for text in ("", "[1, 2]", "{", "[" * 100_000):
        with pytest.raises(TraceFileError):
            loads(text)


def keys(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from keys(value)
    elif isinstance(data, list):
        for item in data:
            yield from keys(item)


def test_every_key_is_documented() -> None:
    words = set(re.findall(r"`([a-z_]+)`", DOCS.read_text(encoding="utf-8")))
    for whole in (embrace().system, use_after_free().system, pairs().system):
        for trace in traces(whole):
            assert set(keys(to_json(trace))) - words == set()
