"""Traces in ITF, the informal trace format of Apalache and Quint, for their viewers and readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import shootdown

from ..trace.trace import CellText, Position, Trace, TraceStep
from ..verdict import Verdict

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"
ACTION = "mbt::actionTaken"
"""Where Quint has the name of the action; ITF itself has no place for it."""
POSITIONS, LOCALS = "at", "locals"
"""Variables of ours: the control point of each agent, and its locals."""

Object = dict[str, object]


def itf_report(trace: Trace) -> str:
    """The trace as text, with a final newline."""
    return json.dumps(itf_object(trace), indent=1, ensure_ascii=False) + "\n"


def itf_object(trace: Trace) -> Object:
    """The trace as JSON values: a state before the first step and one behind each.

    A variable is a map from the labels of its keys to values. Values are truths or numbers if all of the variable's
    are, else text as diagrams show it. What the step was that led to a state stands in the state's `#meta`.
    """
    variables = _variables(trace)
    types = {each.name: each.type for each in variables}
    types |= {POSITIONS: "Str -> Str", LOCALS: "Str -> (Str -> Str)", ACTION: "Str"}
    return {
        "#meta": {
            "format": "ITF",
            "format-description": DESCRIPTION,
            "source": trace.scenario,
            "generator": f"shootdown {shootdown.__version__}",
            "status": "ok" if trace.verdict is Verdict.HOLDS else "violation",
            "description": f"{trace.prop.name}: {trace.prop.meaning}".rstrip(": "),
            "varTypes": types,
        },
        "vars": list(types),
        "states": _states(trace, variables),
    }


@dataclass(frozen=True)
class _Variable:
    """A variable: its cells by key, and what its values are: Bool, Int or Str."""

    name: str
    cells: tuple[CellText, ...]
    sort: str

    @property
    def type(self) -> str:
        """The type in the notation of Apalache."""
        keys = len(self.cells[0].keys)
        key = "Str" if keys == 1 else f"<<{', '.join(['Str'] * keys)}>>"
        return f"{key} -> {self.sort}" if keys else self.sort

    def value(self, texts: Mapping[object, str]) -> object:
        """The value in a state."""
        if not self.cells[0].keys:
            return self._scalar(texts[self.cells[0].key])
        return {"#map": [[_key(cell.keys), self._scalar(texts[cell.key])] for cell in self.cells]}

    def _scalar(self, text: str) -> object:
        if self.sort == "Bool":
            return text == "True"
        return {"#bigint": text} if self.sort == "Int" else text


def _variables(trace: Trace) -> list[_Variable]:
    cells: dict[tuple[str, str], list[CellText]] = {}
    texts: dict[tuple[str, str], set[str]] = {}
    for cell in [*trace.initial.cells, *(change.cell for step in trace.steps for change in step.changes)]:
        texts.setdefault((cell.owner, cell.variable), set()).add(cell.text)
    for cell in trace.initial.cells:
        cells.setdefault((cell.owner, cell.variable), []).append(cell)
    names = [variable for _, variable in cells]
    return [
        _Variable(
            variable if names.count(variable) == 1 and variable not in (POSITIONS, LOCALS) else f"{owner}_{variable}",
            tuple(of),
            _sort(texts[owner, variable]),
        )
        for (owner, variable), of in cells.items()
    ]


def _sort(texts: Iterable[str]) -> str:
    if all(text in ("True", "False") for text in texts):
        return "Bool"
    return "Int" if all(re.fullmatch(r"-?\d+", text) for text in texts) else "Str"


def _states(trace: Trace, variables: Sequence[_Variable]) -> list[Object]:
    texts: dict[object, str] = {cell.key: cell.text for cell in trace.initial.cells}
    positions = list(trace.initial.positions)
    states = [_state(trace, variables, texts, positions) | {"#meta": {"index": 0}, ACTION: ""}]
    for number, step in enumerate(trace.steps, 1):
        texts |= {change.cell.key: change.cell.text for change in step.changes}
        positions[step.agent] = step.position
        states.append(_state(trace, variables, texts, positions) | _action(trace, number, step))
    return states


def _state(
    trace: Trace, variables: Sequence[_Variable], texts: Mapping[object, str], positions: Sequence[Position]
) -> Object:
    agents = list(zip(trace.agents, positions, strict=True))
    return {
        **{each.name: each.value(texts) for each in variables},
        POSITIONS: {"#map": [[agent.name, position.point] for agent, position in agents]},
        LOCALS: {
            "#map": [
                [agent.name, {"#map": [[local.name, local.text] for local in position.locals]}]
                for agent, position in agents
            ]
        },
    }


def _action(trace: Trace, number: int, step: TraceStep) -> Object:
    """What the step did that led to a state."""
    meta = {
        "index": number,
        "action": step.label,
        "agent": trace.agents[step.agent].name,
        "line": step.line,
        "calls": [call.operation for call in step.calls],
        "params": {choice.name: choice.text for choice in step.choices},
        "source": str(step.where),
    }
    return {"#meta": meta, ACTION: step.label}


def _key(labels: tuple[str, ...]) -> object:
    return labels[0] if len(labels) == 1 else {"#tup": list(labels)}
