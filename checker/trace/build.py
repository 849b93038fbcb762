"""From a path to the trace that reports show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from shootdown.model.ir.evaluate import Evaluator, Frame, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assert
from shootdown.model.ir.system import Call, Property, PropertyKind, Step, System

from ..result import Path
from ..verdict import Verdict
from .blame import Blamer
from .digest import digest
from .excerpt import Excerpts
from .replay import confirm, confirm_decides
from .rerun import executed
from .state_text import Describer
from .stuck import explain_stuck
from .trace import Blame, CallFrame, Named, Stuck, Trace, TraceAgent, TraceProblem, TraceProperty, TraceStep


def build_trace(system: System, prop: Property, verdict: Verdict, path: Path) -> Trace:
    """The trace of a path that decides `prop`, or that ends in a problem.

    The path is executed again first: raises `InternalError` if it does not do, or not show, what it is said to.
    """
    evaluator, describer = Evaluator(system), Describer(system)
    path = confirm(evaluator, path)
    confirm_decides(evaluator, path, prop)
    blamer = Blamer(evaluator, describer, Excerpts())
    problem = path.transitions[-1].problem if path.transitions else None
    violated = verdict is Verdict.VIOLATED
    return Trace(
        scenario=system.name,
        digest=digest(system),
        prop=TraceProperty(prop.name, prop.kind, prop.meaning, prop.where),
        verdict=verdict,
        design=tuple(Named(item.name, _label(item.labels, item.value)) for item in system.mechanisms),
        agents=tuple(TraceAgent(agent.name, agent.title, agent.hardware) for agent in system.agents),
        initial=describer.state(path.initial),
        steps=tuple(_Steps(evaluator, describer).of(path)),
        blame=_blame(blamer, prop, path) if violated else (),
        stuck=_stuck(blamer, prop, path) if violated else None,
        problem=None if problem is None else TraceProblem(problem.message, problem.where),
    )


class _Steps:
    """Numbers the calls of a run while it tells its steps."""

    def __init__(self, evaluator: Evaluator, describer: Describer) -> None:
        self._evaluator = evaluator
        self._describer = describer
        self._numbers = count()
        self._running: dict[int, list[tuple[Call, CallFrame]]] = {}

    def of(self, path: Path) -> Iterator[TraceStep]:
        """The steps of a path."""
        state = path.initial
        for transition in path.transitions:
            yield self._step(transition, state)
            state = transition.target or state

    def _step(self, transition: Transition, before: State) -> TraceStep:
        step = self._evaluator.step(transition)
        after = transition.target or before
        return TraceStep(
            agent=transition.agent,
            step=transition.step,
            chosen=tuple(choice.value for choice in transition.choices),
            label=step.label,
            kind=step.kind,
            calls=self._calls(transition.agent, step),
            starts=step.starts,
            line=transition.line,
            choices=tuple(Named(choice.name, choice.label) for choice in transition.choices),
            notes=transition.notes,
            changes=self._describer.changes(before, after),
            violated=transition.violated,
            position=self._describer.position(after, transition.agent),
            where=step.where,
        )

    def _calls(self, agent: int, step: Step) -> tuple[CallFrame, ...]:
        """The call frames of a step: those of the agent's step before as far as they are the same calls."""
        kept: list[tuple[Call, CallFrame]] = []
        for call, (running, frame) in zip(step.calls, self._running.get(agent, []), strict=False):
            if step.starts is not None or not _same(call, running):
                break
            kept.append((call, frame))
        # A step that bears the operation's name is its first: the call is entered anew, as in a loop.
        if len(kept) == len(step.calls) and kept and step.label == step.calls[-1].operation:
            kept.pop()
        fresh = [(call, CallFrame(call.operation, next(self._numbers), call.where)) for call in step.calls[len(kept) :]]
        self._running[agent] = kept + fresh
        return tuple(frame for _, frame in self._running[agent])


def _same(one: Call, other: Call) -> bool:
    return (one.operation, one.where, one.instance) == (other.operation, other.where, other.instance)


def _blame(blamer: Blamer, prop: Property, path: Path) -> tuple[Blame, ...]:
    match prop.kind:
        case PropertyKind.ALWAYS | PropertyKind.AT_END:
            return blamer.explain(prop.expr, Frame(list(path.states[-1])), prop.where)
        case PropertyKind.ASSERTION:
            return _failed_assertion(blamer, prop.name, path)
        case PropertyKind.SOMETIMES | PropertyKind.NO_DEADLOCK:
            return ()


def _stuck(blamer: Blamer, prop: Property, path: Path) -> Stuck | None:
    return explain_stuck(blamer, path.states[-1]) if prop.kind is PropertyKind.NO_DEADLOCK else None


def _failed_assertion(blamer: Blamer, name: str, path: Path) -> tuple[Blame, ...]:
    """Why the first failing assertion of that name in the last transition is false."""
    last = path.transitions[-1]
    before = path.states[-2] if last.target is not None else path.states[-1]
    chosen = [choice.value for choice in last.choices]
    evaluator = blamer.evaluator
    for statement, frame in executed(evaluator, before, last.agent, evaluator.step(last).block, chosen):
        match statement:
            case Assert(cond, asserted, where) if asserted == name and not evaluator.value(cond, frame):
                return blamer.explain(cond, frame, where)
            case _:
                continue
    return ()


def _label(labels: tuple[str, ...], value: int) -> str:
    return labels[value] if value < len(labels) else str(value)
