"""The search behind bounded model checking: what a solver is asked about runs, and what its answers decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import z3

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import System

from ..options import Limits
from ..result import Finding, Path
from ..trace.goals import decides, problem_goal, property_goal
from .goals import Undecidable, decided, problems
from .refuting import milliseconds
from .relation import Relation
from .rounds import Rounds
from .runs import Conditions, Runs
from .unroll import Unrolling

DEFAULT_DEPTH = 30
"""Steps of a run that is looked for if nobody says how many."""
MOST_ROUNDS = 6
"""Rounds after which the search goes on by steps."""
STRIDE = 4
"""Numbers of steps that one query asks about: most of the time goes into the largest, and one query learns from
another."""

ROUNDS_SHARE = 0.5
"""Of the time there is, what goes to rounds before what holds is looked at by steps."""

_PROBLEM = ""
"""Stands for the goal of a run that ends in a problem."""


class BoundedSearch:
    """One search.

    `covered` is the depth to which everything that is not found does not exist; -1: none. `complete`: no run is longer
    than those that have been looked at.
    """

    def __init__(self, system: System, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.clock = clock
        self.started = clock()
        self.covered = -1
        self.findings: dict[str, Finding] = {}
        self.problem: Path | None = None
        self.undecidable: dict[str, str] = {}
        self.complete = False
        self._known = -1
        """The depth to which no run shows a property that is not found."""
        self._share = 1.0
        """Of the time there is, what may be gone when what is being done ends."""
        self._evaluator = Evaluator(system)
        self._relation = Relation(system)
        self._properties = {prop.name: prop for prop in system.properties}
        self._goals: dict[str, Conditions] = {_PROBLEM: problems(self._relation)}
        for prop in system.properties:
            try:
                self._goals[prop.name] = decided(self._relation, prop)
            except Undecidable as reason:
                self.undecidable[prop.name] = str(reason)

    def run(self) -> str | None:
        """Search; the reason for which it ended before everything was decided."""
        deepest = DEFAULT_DEPTH if self.limits.max_depth is None else self.limits.max_depth
        stopped = self._by_rounds(min(deepest, MOST_ROUNDS))
        if stopped is None and not self._decided() and not self.complete:
            stopped = self._by_steps(deepest)
        if stopped is not None or self._decided():
            return stopped
        # Never more than "to this depth" is claimed.
        self.covered = deepest
        return "max_depth"

    def _by_rounds(self, most: int) -> str | None:
        """Look for properties in runs of so many rounds, and for problems if there are no others."""
        if not self._open():
            return None
        self._share = ROUNDS_SHARE
        runs = Rounds(self._relation, z3.SolverFor("QF_FD"))
        goals = {name: runs.goal(self._goals[name]) for name in self._open()}
        while not self.complete:
            stopped = self._ask(runs, {name: [runs.holds(goals[name])] for name in self._open()})
            if stopped is not None or self._decided():
                return None if stopped == "max_seconds" else stopped
            self._known = runs.depth
            if runs.depth == most or not self._open():
                return None
            self.complete = not runs.extend() or self._check(runs.solver, runs.newest) == z3.unsat
        self._share = 1.0
        return self._ask(runs, {_PROBLEM: [runs.holds(runs.goal(self._goals[_PROBLEM]))]})

    def _by_steps(self, deepest: int) -> str | None:
        """Look for properties and problems in runs of so many steps; the limit that keeps from it."""
        self._share = 1.0
        runs = Unrolling(self._relation, z3.SolverFor("QF_FD"))
        goals = {name: runs.goal(self._goals[name]) for name in (_PROBLEM, *self._open())}
        asked: dict[str, list[z3.BoolRef]] = {name: [] for name in goals}
        longer = True
        while True:
            depth = runs.depth
            for name in asked:
                formula = runs.holds(goals[name])
                if name != _PROBLEM and depth <= self._known:
                    runs.solver.add(z3.Not(formula))
                else:
                    asked[name].append(formula)
            if depth % STRIDE == STRIDE - 1 or depth == deepest or not longer:
                stopped = self._ask(runs, asked)
                if stopped is not None or self._decided():
                    return stopped
                self.covered = depth
                asked = {name: [] for name in (_PROBLEM, *self._open())}
                runs.drop_shorter()
            if depth == deepest or not longer:
                return None
            longer = runs.extend()

    def _open(self) -> list[str]:
        """Properties that are not decided."""
        return [name for name in self._goals if name not in self.findings and name != _PROBLEM]

    def _decided(self) -> bool:
        """Whether nothing is left to ask."""
        every = bool(self._properties) and not self._open() and not self.undecidable
        return every or self.problem is not None

    def _ask(self, runs: Runs, asked: Mapping[str, list[z3.BoolRef]]) -> str | None:
        """Find what there is to find so far; the limit that keeps from it, if one does."""
        solver, formulas = runs.solver, {name: z3.Or(parts) for name, parts in asked.items()}
        marks = {name: z3.Bool(f"goal.{name}@{runs.depth}") for name in formulas}
        for name, mark in marks.items():
            solver.add(z3.Implies(mark, formulas[name]))
        while marks:
            any_ = z3.Bool(f"goal@{runs.depth}.{'.'.join(marks)}")
            solver.add(z3.Implies(any_, z3.Or([*marks.values()])))
            answer = self._check(solver, any_)
            if answer == z3.unknown:
                return "max_seconds" if self._left() <= 0 else "interrupted"
            if answer == z3.unsat:
                solver.add([z3.Not(part) for name in marks for part in asked[name]])
                return None
            self._found(runs, solver.model(), {name: formulas[name] for name in marks})
            if self._decided():
                return None
            marks = {name: mark for name, mark in marks.items() if name not in self.findings}
        return None

    def _check(self, solver: z3.Solver, assumption: z3.BoolRef) -> z3.CheckSatResult:
        if self.limits.max_seconds is not None:
            left = self._left()
            if left <= 0:
                return z3.unknown
            solver.set("timeout", milliseconds(left))
        return solver.check(assumption)

    def _left(self) -> float:
        """Seconds that are left for what is being done."""
        limit = self.limits.max_seconds
        return float("inf") if limit is None else limit * self._share - (self.clock() - self.started)

    def _found(self, runs: Runs, model: z3.ModelRef, formulas: Mapping[str, z3.BoolRef]) -> None:
        """Note everything that the run of a model decides."""
        states, steps = runs.run(model)
        whole = self._path(states, steps)
        before = len(self.findings)
        for name in formulas:
            if z3.is_true(model.eval(formulas[name], model_completion=True)):
                path = self._prefix(whole, name)
                if path is None:
                    raise InternalError(f"the solver's run does not decide {name or 'a problem'}")
                if name == _PROBLEM:
                    self.problem = path
                else:
                    self.findings[name] = Finding(name, path)
        if len(self.findings) == before and self.problem is None:
            raise InternalError("the solver's run decides nothing")

    def _path(self, states: list[State], steps: Iterable[tuple[int, int]]) -> Path:
        """The run as the evaluator has it."""
        taken: list[Transition] = []
        for before, after, (agent, step) in zip(states, states[1:], steps, strict=False):
            outcomes = self._evaluator.outcomes(before, agent, step)
            transition = next((item for item in outcomes if item.target == after), None)
            if transition is None:
                raise InternalError(f"step {len(taken) + 1} of the solver's run does not exist")
            taken.append(transition)
        return Path(states[0], tuple(taken))

    def _prefix(self, path: Path, name: str) -> Path | None:
        """The part of a run that decides a goal, with a step from its end added where that is what does."""
        prop = self._properties.get(name)
        goal = problem_goal if prop is None else property_goal(self._evaluator, prop)
        for length, state in enumerate(path.states):
            taken = path.transitions[:length]
            if self._steps_only(name):
                last = next((item for item in self._evaluator.transitions(state) if goal(item)), None)
                if last is not None:
                    return Path(path.initial, (*taken, last))
            elif prop is not None and decides(self._evaluator, prop, state):
                return Path(path.initial, taken)
        return None

    def _steps_only(self, name: str) -> bool:
        """Whether a goal is one of transitions, not of states."""
        return any(number is not None for number, _ in self._goals[name])
