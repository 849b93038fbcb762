"""Macro-steps: a step takes the invisible local steps behind it along, up to the next one that others could notice.

A step is taken along if its agent can do nothing else where it starts, if it never blocks and never fails, if it
touches no cell that another agent writes, and writes none that another agent or a checked property reads. Such a step
commutes with everything that others do and no property sees it, so running it at once keeps every verdict. It keeps
neither depths nor counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.internal import InternalError
from shootdown.model.ir.layout import Layout
from shootdown.model.ir.stmt import Block, Check, Choose, Goto, If, Stmt, Wait
from shootdown.model.ir.system import Process, Property, PropertyKind, Step, System
from shootdown.model.ir.walk import gotos, statements, steps_by_point

from ..result import Path
from ..trace.goals import property_goal
from .access import Access, AccessSets
from .points import without_unreached_points

MOST_STATEMENTS = 400
"""Statements that are taken along at most; a step that leads to more is left apart."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A system of macro-steps and what it was made from.

    `Step.origin` in `system` is the position of a macro-step's first step in `original`. `passed` are the points of
    each process of `original` at which nobody stays any more.
    """

    original: System
    system: System
    passed: Mapping[str, frozenset[int]]

    def fired(self, fired: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """The steps of the original system, as (process, number), that fired macro-steps may take."""
        found = set()
        for process, whole in zip(self.system.processes, self.original.processes, strict=True):
            pending = [step.origin for number, step in enumerate(process.steps) if (process.name, number) in fired]
            while pending:
                number = pending.pop()
                assert number is not None
                if (process.name, number) in found:
                    continue
                found.add((process.name, number))
                ends = {goto.point for goto in gotos(whole.steps[number].block)} & self.passed[process.name]
                pending += [other for other, step in enumerate(whole.steps) if step.source in ends]
        return frozenset(found)

    def decisive(self, path: Path, prop: Property) -> Path:
        """As `split`, up to the step that decides a property that the path of macro-steps decides."""
        whole, evaluator = self.split(path), Evaluator(self.original)
        goal = property_goal(evaluator, prop)
        for length, transition in enumerate(whole.transitions, 1):
            if goal(transition):
                return Path(whole.initial, whole.transitions[:length])
        return whole

    def split(self, path: Path) -> Path:
        """The path of the original system that takes the steps that a path of macro-steps stands for.

        Raises InternalError if there is none.
        """
        evaluator, state = Evaluator(self.original), Layout(self.original).initial
        taken: list[Transition] = []
        for macro in path.transitions:
            agent = self.system.agents[macro.agent]
            step = self.system.process(agent).steps[macro.step].origin
            choices = [choice.value for choice in macro.choices]
            assert step is not None
            while True:
                transition = next(
                    (item for item in evaluator.outcomes(state, macro.agent, step) if _begins(item, choices)), None
                )
                if transition is None:
                    raise InternalError(f"a macro-step of {agent.name} takes a step that is not enabled")
                taken.append(transition)
                del choices[: len(transition.choices)]
                if transition.target is None:
                    break
                state = transition.target
                if state[evaluator.layout.points[macro.agent]] not in self.passed[agent.process]:
                    break
                (step,) = evaluator.steps_at(state, macro.agent)
            if choices or (transition.problem is None) != (macro.problem is None):
                raise InternalError(f"a macro-step of {agent.name} is not the steps that it stands for")
        return Path(Layout(self.original).initial, tuple(taken))


def merge_steps(system: System) -> Merged:
    """The system of macro-steps.

    Nothing is merged where `no_deadlock` is asked for: whether an agent is stuck is seen where it stands.
    """
    if any(prop.kind is PropertyKind.NO_DEADLOCK for prop in system.properties):
        passed = {process.name: frozenset[int]() for process in system.processes}
    else:
        passed = _Local(system).passed()
    processes = tuple(_merged(process, passed[process.name]) for process in system.processes)
    return Merged(system, replace(system, processes=processes), passed)


def _begins(transition: Transition, choices: list[int]) -> bool:
    made = [choice.value for choice in transition.choices]
    return made == choices[: len(made)]


class _Local:
    """Finds the steps of a system that only their own agent can notice."""

    def __init__(self, system: System) -> None:
        sets = AccessSets(system)
        self._system = system
        self._seen = [sets.property(prop) for prop in system.properties]
        self._access = [[sets.step(agent, step) for step in system.process(agent).steps] for agent in system.agents]
        self._all = [_union(row) for row in self._access]

    def passed(self) -> dict[str, frozenset[int]]:
        """The points of each process at which such a step, and no other, starts."""
        return {process.name: self._of(process) for process in self._system.processes}

    def _of(self, process: Process) -> frozenset[int]:
        starting = steps_by_point(process)
        candidates = {
            point: process.steps[numbers[0]]
            for point, numbers in starting.items()
            if len(numbers) == 1
            and point != process.entry
            and not process.points[point].final
            and self._local(process, numbers[0])
        }
        return _short_chains(candidates)

    def _local(self, process: Process, number: int) -> bool:
        if not _always_runs(process.steps[number].block):
            return False
        return all(
            self._unnoticed(position, number)
            for position, agent in enumerate(self._system.agents)
            if agent.process == process.name
        )

    def _unnoticed(self, position: int, number: int) -> bool:
        own = self._access[position][number]
        others = chain((access for other, access in enumerate(self._all) if other != position), ())
        return not any(own.disturbs(seen) for seen in self._seen) and not any(
            own.disturbs(other) or other.disturbs(own) for other in others
        )


def _union(rows: list[Access]) -> Access:
    reads: dict[str, frozenset[int]] = {}
    writes: dict[str, frozenset[int]] = {}
    for row in rows:
        for into, cells in ((reads, row.reads), (writes, row.writes)):
            for name, found in cells.items():
                into[name] = into.get(name, frozenset()) | found
    return Access(reads, writes)


def _always_runs(block: Block) -> bool:
    """Whether the step neither blocks nor ends in a problem, whatever the state."""
    return not any(isinstance(statement, Wait | Check | Choose) for statement in statements(block))


def _short_chains(candidates: Mapping[int, Step]) -> frozenset[int]:
    """Candidates without those that close a cycle or lead to too long a macro-step."""
    sizes: dict[int, int | None] = {}
    passed: set[int] = set()
    entered: set[int] = set()
    closing: set[int] = set()

    def size(point: int) -> int | None:
        """Statements that run from here on at most; None: the point is not passed."""
        if point not in candidates:
            return None
        if point in sizes:
            if point in entered:
                closing.add(point)
            return sizes[point]
        entered.add(point)
        sizes[point] = None
        block = candidates[point].block
        total = sum(1 for _ in statements(block)) + sum(size(goto.point) or 0 for goto in gotos(block))
        entered.remove(point)
        if total <= MOST_STATEMENTS and point not in closing:
            sizes[point] = total
            passed.add(point)
        return sizes[point]

    for point in candidates:
        size(point)
    return frozenset(passed)


def _merged(process: Process, passed: frozenset[int]) -> Process:
    along = {step.source: step.block for step in process.steps if step.source in passed}
    steps = [
        replace(step, block=_block(step.block, along), origin=number)
        for number, step in enumerate(process.steps)
        if step.source not in passed
    ]
    return without_unreached_points(process, steps)


def _block(block: Block, along: Mapping[int, Block]) -> Block:
    done: list[Stmt] = []
    for statement in block:
        match statement:
            case Goto(point) if point in along:
                done += _block(along[point], along)
            case If(_, then, orelse):
                done.append(replace(statement, then=_block(then, along), orelse=_block(orelse, along)))
            case _:
                done.append(statement)
    return tuple(done)
