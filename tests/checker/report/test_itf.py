"""ITF traces, as the reader of the format's authors has them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from commands import ADDERS, COUNTER, Shell
from consumers import consumer
from reports import trace_of

from shootdown.checker.report.itf import ACTION, itf_report
from shootdown.checker.trace.trace import Trace


def read(text: str) -> Any:
    """The trace as itf-py has it, after it has written it and read it again."""
    reader = consumer("itf_py")
    found = reader.trace_from_json(json.loads(text))
    again = reader.trace_from_json(json.loads(json.dumps(reader.trace_to_json(found))))
    assert [state.values for state in again.states] == [state.values for state in found.states]
    return found


@pytest.fixture
def trace() -> Trace:
    return trace_of("lost_update", "no_lost_update")


def test_states_are_those_of_the_trace(trace: Trace) -> None:
    found = read(itf_report(trace))
    assert len(found.states) == trace.depth + 1
    for number, state in enumerate(found.states):
        expected = trace.state(number)
        for cell in expected.cells:
            value = state.values[cell.variable]
            for_key = cell.keys[0] if len(cell.keys) == 1 else cell.keys
            assert str(value[for_key] if cell.keys else value) == cell.text
        points = {agent.name: place.point for agent, place in zip(trace.agents, expected.positions, strict=True)}
        assert dict(state.values["at"]) == points
        locals_ = [{each.name: each.text for each in place.locals} for place in expected.positions]
        assert [dict(each) for each in state.values["locals"].values()] == locals_


def test_every_state_says_which_step_led_to_it(trace: Trace) -> None:
    found = read(itf_report(trace))
    assert [state.values[ACTION] for state in found.states] == ["", *(step.label for step in trace.steps)]
    assert [state.meta["index"] for state in found.states] == list(range(trace.depth + 1))
    for step, state in zip(trace.steps, found.states[1:], strict=True):
        assert state.meta["agent"] == trace.agents[step.agent].name
        assert state.meta["source"] == str(step.where)
    assert (found.meta["format"], found.meta["status"], found.meta["source"]) == ("ITF", "violation", "lost_update")


def test_types_name_every_variable_and_fit_its_values(trace: Trace) -> None:
    found = read(itf_report(trace))
    types = found.meta["varTypes"]
    assert list(types) == found.vars
    sorts = {"Int": int, "Bool": bool, "Str": str}
    for state in found.states:
        assert set(state.values) == set(found.vars)
        for name, value in state.values.items():
            key, arrow, last = types[name].partition(" -> ")
            if not arrow:
                assert type(value) is sorts[key]
            elif last in sorts:
                assert {type(each) for each in value.values()} <= {sorts[last]}
                assert {type(each) for each in value} == {str if key == "Str" else tuple}


def test_the_command_writes_one_trace_and_says_which_there_are(shell: Shell) -> None:
    found = read(shell("trace", f"{COUNTER}/unlocked", "--engine", "interpreter", "--format", "itf").out)
    assert len(found.states) == 5
    path = shell.scenario(ADDERS + "[expect]\nno_lost_update = 'violated'\ntwo_is_seen = 'holds'\n")
    said = shell("trace", path, "--engine", "interpreter", "--format", "itf")
    assert said.code == 2
    assert "an ITF file holds one trace; 2 traces, say which with --property: no_lost_update, two_is_seen" in said.err
    one = shell("trace", path, "--engine", "interpreter", "--format", "itf", "--property", "two_is_seen")
    assert read(one.out).meta["status"] == "ok"
    nothing = shell("trace", path, "--engine", "interpreter", "--format", "itf", "--property", "small")
    assert (nothing.code, "there is no trace" in nothing.err) == (2, True)
