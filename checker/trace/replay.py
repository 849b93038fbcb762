"""Paths executed again, transition by transition: nothing is shown that the evaluator does not confirm."""

from __future__ import annotations

from collections.abc import Iterable

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, PropertyKind

from ..result import Path
from .digest import digest
from .goals import decides
from .trace import Trace

Key = tuple[int, int, tuple[int, ...]]
"""What identifies a transition of a state: agent, step and chosen values."""


class ReplayError(Exception):
    """A saved trace does not belong to this system."""


class _Lost(Exception):
    def __init__(self, after: int) -> None:
        self.after = after


def key(transition: Transition) -> Key:
    """What identifies a transition among those of its state."""
    return transition.agent, transition.step, tuple(choice.value for choice in transition.choices)


def follow(evaluator: Evaluator, initial: State, keys: Iterable[Key]) -> Path:
    """The path that takes these transitions from `initial`; raises `ReplayError` if one of them is not enabled."""
    try:
        return _follow(evaluator, initial, keys)
    except _Lost as lost:
        raise ReplayError(f"step {lost.after + 1} of the trace is not possible there") from lost


def confirm(evaluator: Evaluator, path: Path) -> Path:
    """The path executed again from the initial state; raises `InternalError` if anything comes out different."""
    if path.initial != evaluator.layout.initial:
        raise InternalError("a path does not start in the initial state")
    try:
        again = _follow(evaluator, path.initial, map(key, path.transitions))
    except _Lost as lost:
        raise InternalError(f"step {lost.after + 1} of a path is not enabled when it is replayed") from lost
    for number, (taken, replayed) in enumerate(zip(path.transitions, again.transitions, strict=True), 1):
        outcome = (taken.target, taken.violated, taken.problem and taken.problem.failure)
        if outcome != (replayed.target, replayed.violated, replayed.problem and replayed.problem.failure):
            raise InternalError(f"step {number} of a path leads elsewhere when it is replayed")
    return again


def confirm_decides(evaluator: Evaluator, path: Path, prop: Property) -> None:
    """Raise `InternalError` unless the end of a path decides `prop`, or is a problem.

    Of a stuck state only this is confirmed: some agent is inside an operation, and no progress step is enabled.
    """
    last = path.transitions[-1] if path.transitions else None
    state = path.states[-1]
    problem = last is not None and last.problem is not None
    match prop.kind:
        case PropertyKind.ASSERTION:
            shown = last is not None and prop.name in last.violated
        case PropertyKind.NO_DEADLOCK:
            shown = evaluator.inside(state) and not evaluator.progress_enabled(state)
        case PropertyKind.ALWAYS | PropertyKind.AT_END | PropertyKind.SOMETIMES:
            shown = not problem and decides(evaluator, prop, state)
    if not shown and not problem:
        raise InternalError(f"a path does not show what it is said to show of {prop.name}")


def retrace(evaluator: Evaluator, trace: Trace) -> Path:
    """The path of a saved trace; raises `ReplayError` if the trace was made from another system."""
    if trace.digest != digest(evaluator.system):
        raise ReplayError("the trace was made from another version of the model or of the scenario")
    keys = [(step.agent, step.step, step.chosen) for step in trace.steps]
    return follow(evaluator, evaluator.layout.initial, keys)


def _follow(evaluator: Evaluator, initial: State, keys: Iterable[Key]) -> Path:
    state: State | None = initial
    taken: list[Transition] = []
    for wanted in keys:
        enabled = [] if state is None else evaluator.taking(state, *wanted)
        if not enabled:
            raise _Lost(len(taken))
        taken.append(enabled[0])
        state = enabled[0].target
    return Path(initial, tuple(taken))
