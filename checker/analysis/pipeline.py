"""The order of the passes, and the way back: from a path of the reduced system to the whole one.

A pass keeps agents, the order of steps and the choices of every transition. Passes before the last keep the number of
each step or note it in `Step.origin`, so that a path lifts by replaying agent, step and choices.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import Layout, State
from shootdown.model.ir.system import PropertyKind, System

from ..result import Exploration, Path
from .dead_locals import reset_dead_locals
from .following import Facts
from .select import drop_unselected_assertions
from .slicing import slice_system
from .unchanging import fold_unchanging


@dataclass(frozen=True, slots=True)
class Pass:
    """One rewrite. `exact`: it keeps the counts of states and transitions, not only verdicts and shortest lengths."""

    name: str
    meaning: str
    run: Callable[[System], System]
    exact: bool


PASSES: tuple[Pass, ...] = (
    Pass("fold", "compute what always has the same value, leave out what that excludes", fold_unchanging, True),
    Pass("select", "drop step assertions of properties that are not checked", drop_unselected_assertions, True),
    Pass("slice", "drop state that no guard, check or property depends on", slice_system, False),
    Pass("dead-locals", "reset locals that are not read again", reset_dead_locals, False),
)


def reduce_system(system: System, without: Collection[str] = (), facts: Facts | None = None) -> System:
    """The system after all passes but those named in `without`; raises KeyError for a name that is no pass.

    `facts` are those of the system, if they are known.
    """
    unknown = set(without) - {step.name for step in PASSES}
    if unknown:
        raise KeyError(f"no pass {', '.join(sorted(unknown))}")
    for step in PASSES:
        if step.name not in without:
            system = step.run(system) if step is not PASSES[0] else fold_unchanging(system, facts=facts)
    return system


def lift(original: System, reduced: System, path: Path) -> Path:
    """The path of the original system that takes the same agents, steps and choices as a path of the reduced one.

    Raises InternalError where the original cannot, or arrives somewhere else.
    """
    lifting = _Lifting(original, reduced)
    state = Layout(original).initial
    lifting.compare(state, path.initial, 0)
    transitions = []
    for number, transition in enumerate(path.transitions, 1):
        taken = lifting.taken(state, transition, number)
        transitions.append(taken)
        if taken.target is not None and transition.target is not None:
            lifting.compare(taken.target, transition.target, number)
            state = taken.target
    return Path(Layout(original).initial, tuple(transitions))


def lift_exploration(original: System, reduced: System, exploration: Exploration) -> Exploration:
    """The outcome of a search of the reduced system, its paths and steps being those of the original.

    Counts stay those of the search.
    """
    origins = {
        (process.name, number): (process.name, number if step.origin is None else step.origin)
        for process in reduced.processes
        for number, step in enumerate(process.steps)
    }
    findings = {
        name: replace(finding, path=lift(original, reduced, finding.path))
        for name, finding in exploration.findings.items()
    }
    problem = None if exploration.problem is None else lift(original, reduced, exploration.problem)
    fired = frozenset(origins[key] for key in exploration.fired)
    return replace(exploration, findings=findings, problem=problem, fired=fired)


class _Lifting:
    """Replays transitions of the reduced system on the original one."""

    def __init__(self, original: System, reduced: System) -> None:
        self._evaluator = Evaluator(original)
        self._reduced = reduced
        self._asserted = {prop.name for prop in reduced.properties if prop.kind is PropertyKind.ASSERTION}
        self._layouts = Layout(original), Layout(reduced)

    def taken(self, state: State, transition: Transition, number: int) -> Transition:
        """The transition of the original system; raises InternalError if there is not exactly one, or it differs."""
        agent = self._reduced.agents[transition.agent]
        step = self._reduced.process(agent).steps[transition.step]
        index = transition.step if step.origin is None else step.origin
        values = [choice.value for choice in transition.choices]
        place = f"step {number} of the path, '{step.label}' of {agent.name}"
        found = self._evaluator.taking(state, transition.agent, index, values)
        if len(found) != 1:
            raise InternalError(f"{place}: the whole system has {len(found)} such transitions")
        (taken,) = found
        if taken.problem != transition.problem:
            raise InternalError(f"{place}: ends in {taken.problem}, reduced in {transition.problem}")
        if set(taken.violated) & self._asserted != set(transition.violated) & self._asserted:
            raise InternalError(f"{place}: violates {taken.violated}, reduced {transition.violated}")
        return taken

    def compare(self, state: State, reduced: State, number: int) -> None:
        """Raises InternalError if the reduced state has a shared variable with another value."""
        whole, small = self._layouts
        for array in self._reduced.arrays:
            expected = reduced[small.arrays[array.name] :][: array.size]
            found = state[whole.arrays[array.name] :][: array.size]
            if found != expected:
                raise InternalError(f"step {number} of the path: {array.name} is {found}, reduced {expected}")
