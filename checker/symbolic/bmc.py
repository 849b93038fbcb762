"""Bounded model checking: is there a run of so many steps that violates a property?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import z3

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Property, System

from ..interrupts import plain_interrupts
from ..options import Limits
from ..result import Counts, Exploration, Finding, Path
from ..trace.goals import decides, problem_goal, property_goal
from .goals import Undecidable, decided, problems
from .relation import Relation
from .unroll import Goal as Ready
from .unroll import Unrolling

DEFAULT_DEPTH = 30
"""Steps of a run that is looked for if nobody says how many."""
STRIDE = 4
"""Depths that one query asks about: most of the time goes into the deepest, and one query learns from another."""

_PROBLEM = ""
"""Stands for the goal of a run that ends in a problem."""


@dataclass
class BmcEngine:
    """Looks for runs of at most `max_depth` steps. What it does not find holds to that depth, and is not known beyond.

    Its paths are not canonical, and longer than the shortest by less than `STRIDE`. Once every property is decided it
    does not ask any more whether a problem comes before: a search for the shortest paths sees that.
    """

    name: str = "bmc"
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)

    def explore(self, system: System, limits: Limits) -> Exploration:
        """As `Engine.explore`, without counts; a keyboard interrupt stops the search with what it has covered."""
        with plain_interrupts():
            search = BoundedSearch(system, limits, self.clock)
        try:
            with plain_interrupts():
                stopped = search.run()
        except KeyboardInterrupt:
            stopped = "interrupted"
        return Exploration(
            counts=Counts(0, 0, max(search.covered, 0)),
            exhausted=False,
            stopped=stopped,
            findings=search.findings,
            problem=search.problem,
            seconds=self.clock() - search.started,
            engine=self.name,
            counted=False,
            canonical=False,
            bound=search.covered if search.covered >= 0 else None,
            undecidable=search.undecidable,
        )


class BoundedSearch:
    """One search. `covered` is the depth to which everything that is not found does not exist; -1: none."""

    def __init__(self, system: System, limits: Limits, clock: Callable[[], float]) -> None:
        self.system = system
        self.limits = limits
        self.clock = clock
        self.started = clock()
        self.covered = -1
        self.findings: dict[str, Finding] = {}
        self.problem: Path | None = None
        self.undecidable: dict[str, str] = {}
        self.evaluator = Evaluator(system)
        self.solver = z3.SolverFor("QF_FD")
        self.relation = Relation(system)
        self.unrolling = Unrolling(self.relation, self.solver)
        self.goals: dict[str, Ready] = {_PROBLEM: self.unrolling.goal(problems(self.relation))}
        self.properties = {prop.name: prop for prop in system.properties}
        for prop in system.properties:
            self._add_goal(prop)
        self.open: dict[str, list[z3.BoolRef]] = {name: [] for name in self.goals}

    def run(self) -> str | None:
        """Search; the reason for which it ended before everything was decided."""
        deepest = DEFAULT_DEPTH if self.limits.max_depth is None else self.limits.max_depth
        longer = True
        while True:
            depth = self.unrolling.depth
            for name, formulas in self.open.items():
                formulas.append(self.unrolling.holds(self._at(name, last=depth == deepest)))
            if depth % STRIDE == STRIDE - 1 or depth == deepest or not longer:
                stopped = self._ask()
                if stopped is not None:
                    return stopped
                self.covered = depth
                if self._all_decided() or self.problem is not None:
                    return None
            if depth == deepest:
                return "max_depth"
            longer = self.unrolling.extend()
            if not longer:
                # No run is any longer; still, never more than "to this depth" is claimed.
                self.covered = deepest
                return "max_depth" if self._ask() is None else "max_seconds"

    def _at(self, name: str, *, last: bool) -> Ready:
        """The conditions of a goal; those that take one more step do not count at the last depth."""
        return [pair for pair in self.goals[name] if pair[0] is None or not last]

    def _add_goal(self, prop: Property) -> None:
        try:
            self.goals[prop.name] = self.unrolling.goal(decided(self.relation, prop))
        except Undecidable as reason:
            self.undecidable[prop.name] = str(reason)

    def _all_decided(self) -> bool:
        return bool(self.properties) and set(self.open) == {_PROBLEM} and not self.undecidable

    def _ask(self) -> str | None:
        """Find what there is to find so far; the limit that keeps from it, if one does."""
        while True:
            formulas = {name: z3.Or(parts) for name, parts in self.open.items()}
            marks = {name: z3.Bool(f"goal.{name}@{self.unrolling.depth}") for name in formulas}
            for name, mark in marks.items():
                self.solver.add(z3.Implies(mark, formulas[name]))
            any_ = z3.Bool(f"goal@{self.unrolling.depth}.{len(self.open)}")
            self.solver.add(z3.Implies(any_, z3.Or(list(marks.values()))))
            answer = self._check(any_)
            if answer == z3.unknown:
                return "max_seconds" if self._late() else "interrupted"
            if answer == z3.unsat:
                self.solver.add([z3.Not(part) for parts in self.open.values() for part in parts])
                self.open = {name: [] for name in self.open}
                self.unrolling.drop_shorter()
                return None
            self._found(self.solver.model(), formulas)
            if self.problem is not None or self._all_decided():
                return None

    def _check(self, assumption: z3.BoolRef) -> z3.CheckSatResult:
        if self.limits.max_seconds is not None:
            left = self.limits.max_seconds - (self.clock() - self.started)
            if left <= 0:
                return z3.unknown
            self.solver.set("timeout", max(1, int(left * 1000)))
        return self.solver.check(assumption)

    def _late(self) -> bool:
        limit = self.limits.max_seconds
        return limit is not None and self.clock() - self.started >= limit

    def _found(self, model: z3.ModelRef, formulas: dict[str, z3.BoolRef]) -> None:
        """Note everything that the run of a model decides."""
        states, steps = self.unrolling.run(model)
        whole = self._path(states, steps)
        before = len(self.open)
        for name in list(self.open):
            if z3.is_true(model.eval(formulas[name], model_completion=True)):
                path = self._prefix(whole, name)
                if path is None:
                    raise InternalError(f"the solver's run does not decide {name or 'a problem'}")
                if name == _PROBLEM:
                    self.problem = path
                else:
                    self.findings[name] = Finding(name, path)
                    del self.open[name]
        if len(self.open) == before and self.problem is None:
            raise InternalError("the solver's run decides nothing")

    def _path(self, states: list[State], steps: Iterable[tuple[int, int]]) -> Path:
        """The run as the evaluator has it."""
        taken: list[Transition] = []
        for before, after, (agent, step) in zip(states, states[1:], steps, strict=False):
            outcomes = self.evaluator.outcomes(before, agent, step)
            transition = next((item for item in outcomes if item.target == after), None)
            if transition is None:
                raise InternalError(f"step {len(taken) + 1} of the solver's run does not exist")
            taken.append(transition)
        return Path(states[0], tuple(taken))

    def _prefix(self, path: Path, name: str) -> Path | None:
        """The part of a run that decides a goal, with a step from its end added where that is what does."""
        prop = self.properties.get(name)
        goal = problem_goal if prop is None else property_goal(self.evaluator, prop)
        for length, state in enumerate(path.states):
            taken = path.transitions[:length]
            if self._steps_only(name):
                last = next((item for item in self.evaluator.transitions(state) if goal(item)), None)
                if last is not None:
                    return Path(path.initial, (*taken, last))
            elif prop is not None and decides(self.evaluator, prop, state):
                return Path(path.initial, taken)
        return None

    def _steps_only(self, name: str) -> bool:
        """Whether a goal is one of transitions, not of states."""
        return any(number is not None for number, _ in self.goals[name])
