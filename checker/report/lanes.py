"""A trace as entries in columns: who acts, in which call, with what effect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ..trace.trace import CallFrame, Trace, TraceAgent, TraceStep
from .columns import Entry, Piece, Style

STEP_IN = 2


@dataclass(frozen=True, slots=True)
class Lanes:
    """Column heads, and what happens in the columns in order."""

    heads: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """An entry, and whether a reader can do without it; `frame` is the call that a heading opens."""

    entry: Entry
    dull: bool
    frame: int | None = None
    inside: tuple[int, ...] = ()


def lanes(trace: Trace, *, full: bool) -> Lanes:
    """The columns of the agents that act; unless `full`, stretches of steps that show nothing become one line.

    A unit of an element (`tlb.cpu0`) acts in the element's column, its lines headed by the unit's name.
    """
    acting = {step.agent for step in trace.steps}
    names = _column_names(trace.agents, acting)
    rows: list[_Row] = []
    open_calls: dict[int, tuple[int, ...]] = {}
    for step in trace.steps:
        before = () if step.starts else open_calls.get(step.agent, ())
        column = names.index(_column(trace.agents[step.agent]))
        rows += _rows(trace, step, column, before)
        open_calls[step.agent] = tuple(call.number for call in step.calls)
    shown = [row.entry for row in rows] if full else _shortened(rows)
    return Lanes(tuple(_head(name, trace.agents) for name in names), tuple(shown))


def _column(agent: TraceAgent) -> str:
    _, dot, element = agent.name.partition(".")
    return element if agent.hardware and dot else agent.name


def _column_names(agents: Sequence[TraceAgent], acting: set[int]) -> list[str]:
    """Columns in the order of the programs, then of the hardware that has none."""
    order = sorted(acting, key=lambda position: (_column(agents[position]) not in _programs(agents), position))
    by_program = {agent.name: position for position, agent in enumerate(agents) if not agent.hardware}
    columns = dict.fromkeys(_column(agents[position]) for position in order)
    return sorted(columns, key=lambda name: by_program.get(name, len(agents)))


def _programs(agents: Sequence[TraceAgent]) -> set[str]:
    return {agent.name for agent in agents if not agent.hardware}


def _head(name: str, agents: Sequence[TraceAgent]) -> str:
    title = next((agent.title for agent in agents if agent.name == name and agent.title), "")
    return f"{name} ({title})" if title else name


def _rows(trace: Trace, step: TraceStep, column: int, before: tuple[int, ...]) -> list[_Row]:
    agent = trace.agents[step.agent]
    unit = agent.name.partition(".")[0] if agent.hardware and "." in agent.name else ""
    calls = step.calls
    remarks = _remarks(trace, step)
    rows: list[_Row] = []
    if step.starts:
        merged = len(calls) <= 1 and step.label == step.starts
        text = f"{unit}: {step.line or step.starts}" if unit else step.line or step.starts
        label = Piece(text, Style.QUIET if unit else Style.LINE)
        rows.append(_Row(Entry(column, 0, label, remarks if merged else ()), dull=False))
        if merged:
            return rows
    inside = tuple(call.number for call in calls)
    opened = [depth for depth, call in enumerate(calls) if depth and call.number not in before]
    last = opened[-1] if opened else None
    enters = last == len(calls) - 1 and step.label == calls[-1].operation
    for depth in opened[:-1] if enters else opened:
        rows.append(_heading(column, depth, calls[depth], inside))
    indent = STEP_IN * (len(calls) - 1 if enters else max(len(calls), 1))
    frame = calls[-1].number if enters else None
    entry = Entry(column, indent, Piece(step.label, Style.STEP), remarks)
    rows.append(_Row(entry, not remarks, frame, inside))
    return rows


def _heading(column: int, depth: int, call: CallFrame, inside: tuple[int, ...]) -> _Row:
    entry = Entry(column, STEP_IN * depth, Piece(call.operation, Style.FRAME))
    return _Row(entry, dull=True, frame=call.number, inside=inside)


def _remarks(trace: Trace, step: TraceStep) -> tuple[Piece, ...]:
    remarks = [
        Piece(f"{choice.name} = {choice.text}" if choice.name else choice.text, Style.CHOICE)
        for choice in step.choices
        if not _in_line(choice.text, step.line)
    ]
    remarks += [Piece(change.cell.shown, Style.CHANGE) for change in step.changes if change.cell.shown]
    remarks += [Piece(note, Style.NOTE) for note in step.notes if note]
    remarks += [Piece(f"violates {name}", Style.BAD) for name in step.violated]
    if trace.problem is not None and step is trace.steps[-1]:
        remarks.append(Piece(f"{trace.verdict.value.replace('_', ' ')}: {trace.problem.message}", Style.BAD))
    return tuple(remarks)


def _in_line(text: str, line: str) -> bool:
    return bool(line) and re.search(rf"(?<![\w.]){re.escape(text)}(?![\w.])", line) is not None


def _shortened(rows: Sequence[_Row]) -> list[Entry]:
    """The entries, dull stretches of one column replaced by an ellipsis; headings of calls that matter stay."""
    needed = {number for row in rows if not row.dull for number in row.inside}
    kept: list[Entry] = []
    for (column, dull), group in groupby(
        rows, key=lambda row: (row.entry.column, row.dull and row.frame not in needed)
    ):
        entries = [row.entry for row in group]
        if dull and len(entries) > 1:
            kept.append(Entry(column, min(entry.indent for entry in entries), Piece("...", Style.QUIET)))
        else:
            kept += entries
    return kept
