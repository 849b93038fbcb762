"""The outcome of a check for induction, as text."""

from __future__ import annotations

from collections.abc import Iterator

from shootdown.model.ir.layout import Layout

from ..inductive import Induction, Reachability
from ..trace.state_text import Describer
from ..trace.trace import CellText
from .columns import Line, Piece, Style, fold

_SAID = {
    Reachability.REACHABLE: "The state is reachable: this is a violation, and check shows the way to it.",
    Reachability.UNREACHABLE: "The state is not reachable: this is no bug. An invariant that excludes it, given with "
    "--given, may make the property inductive.",
    Reachability.UNKNOWN: "Whether the state is reachable is not known: this is no bug unless it is.",
}


def inductive_report(outcome: Induction, width: int) -> list[Line]:
    """What is to be said, in lines of at most this width where names permit."""
    return [part for line in _lines(outcome) for part in fold(line, 2, width)]


def _lines(outcome: Induction) -> Iterator[Line]:
    name, found = outcome.prop.name, outcome.found
    if found is None:
        yield (Piece(f"{name} is inductive: it is true at first, and every step keeps it", Style.GOOD),)
        return
    yield (Piece(f"{name} is not inductive", Style.WARNING),)
    if found.transition is None:
        yield (Piece("it is false in the initial state"),)
        return
    describer, system = Describer(outcome.system), outcome.system
    agent = system.agents[found.transition.agent]
    step = system.process(agent).steps[found.transition.step]
    yield (Piece("It is true in this state (only what differs from the initial state is shown):"),)
    for change in describer.changes(Layout(system).initial, found.state):
        yield (Piece(f"  {_cell(change.cell)}"),)
    for number, other in enumerate(system.agents):
        place = describer.position(found.state, number)
        if place.inside:
            locals_ = "".join(f", {local.name} = {local.text}" for local in place.locals)
            yield (Piece(f"  {other.name} at {place.point}{locals_}"),)
    chosen = "".join(f", {choice.name} = {choice.label}" for choice in found.transition.choices)
    yield (Piece(f"and false after {agent.name} has taken the step {step.label} ({step.where}){chosen}:"),)
    assert found.transition.target is not None
    for change in describer.changes(found.state, found.transition.target):
        yield (Piece(f"  {_cell(change.cell)}"),)
    yield (Piece(_SAID[outcome.reachability]), Piece(f" ({outcome.states:,} states searched)", Style.QUIET))


def _cell(cell: CellText) -> str:
    keys = f"[{','.join(cell.keys)}]" if cell.keys else ""
    return f"{cell.name}{keys} = {cell.text}"
