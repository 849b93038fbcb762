"""The interpreter, agent by agent, as an observer sees it.

What a step does is remembered with the values of all cells that the step names, so that it is worked out once for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

from plain_cells import SharedCells
from plain_run import Boundary

from shootdown.model.declare.cells import Address
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.stmt import Assign, Block, Cell, If, Note, Stmt
from shootdown.model.ir.system import Process, Property, Step
from shootdown.model.ir.walk import block_expressions, loads, rewrite_blocks, statements


@dataclass(frozen=True)
class Seen:
    """What one transition looks like from outside."""

    agent: str
    step: Boundary
    choices: tuple[str, ...]
    changed: frozenset[tuple[Address, object]]
    inside: bool
    problem: str | None
    violated: tuple[str, ...]

    def __str__(self) -> str:
        calls, label = self.step
        return f"{self.agent}: {' > '.join(calls)}: {label} {' '.join(self.choices)}".strip()


@dataclass(frozen=True)
class Outcome:
    """A transition: how it looks, and the entries of the state that it changes, with their new values."""

    seen: Seen
    entries: tuple[tuple[int, int], ...]

    def after(self, state: State) -> State:
        """The state that it leads to."""
        values = list(state)
        for place, value in self.entries:
            values[place] = value
        return tuple(values)


class Reference:
    """What the interpreter says; to be used while the run of `cells` is active."""

    def __init__(self, cells: SharedCells) -> None:
        self.cells = cells
        self.system = rewrite_blocks(cells.system, without_notes)
        self.evaluator = Evaluator(self.system)
        self._processes = [self.system.process(agent) for agent in self.system.agents]
        self._known: dict[tuple[int, int], tuple[Callable[[State], object], dict[object, tuple[Outcome, ...]]]] = {}

    def outcomes(self, state: State, agent: int) -> list[Outcome]:
        """The transitions of an agent, remembered."""
        found: list[Outcome] = []
        for step in self.evaluator.steps_at(state, agent):
            if (agent, step) not in self._known:
                self._known[agent, step] = itemgetter(*sorted(self._touched(agent, step))), {}
            key, known = self._known[agent, step]
            values = key(state)
            if values not in known:
                known[values] = tuple(self._outcomes(state, agent, step))
            found += known[values]
        return found

    def fresh(self, state: State, agent: int) -> Iterator[Outcome]:
        """The transitions of an agent, evaluated now."""
        for step in self.evaluator.steps_at(state, agent):
            yield from self._outcomes(state, agent, step)

    def holds(self, prop: Property, state: State) -> bool:
        """Whether a property holds in a state."""
        return self.evaluator.holds(prop, state)

    def _outcomes(self, state: State, agent: int, step: int) -> Iterator[Outcome]:
        for transition in self.evaluator.outcomes(state, agent, step):
            after = transition.target or state
            entries = tuple((place, value) for place, value in enumerate(after) if value != state[place])
            yield Outcome(self._seen(state, transition), entries)

    def _seen(self, state: State, transition: Transition) -> Seen:
        target, agent = transition.target, transition.agent
        inside = False
        if target is not None:
            inside = self._processes[agent].points[target[self.evaluator.layout.points[agent]]].inside
        return Seen(
            self.system.agents[agent].name,
            boundary_of(self.evaluator.step(transition)),
            tuple(choice.label for choice in transition.choices),
            frozenset() if target is None else frozenset(self.cells.changed(state, target).items()),
            inside,
            None if transition.problem is None else transition.problem.failure.value,
            tuple(sorted(transition.violated)) if transition.problem is None else (),
        )

    def _touched(self, agent: int, step: int) -> set[int]:
        """The entries of a state that decide what a step does and how it looks."""
        process, point = self._processes[agent], self.evaluator.layout.points[agent]
        block = process.steps[step].block
        places = {place for name in touched(block) for place in self._array(name)}
        return self.cells.closed(places) | set(range(point, point + 1 + len(process.locals)))

    def _array(self, name: str) -> Iterable[int]:
        first = self.evaluator.layout.arrays[name]
        return range(first, first + next(array.size for array in self.system.arrays if array.name == name))


def touched(block: Block) -> frozenset[str]:
    """The arrays that a block reads or writes."""
    targets = [statement.target for statement in statements(block) if isinstance(statement, Assign)]
    return loads(block_expressions(block)) | {target.array for target in targets if isinstance(target, Cell)}


def without_notes(block: Block) -> Block:
    """The block without what it says to diagrams."""
    return tuple(_branches_without_notes(each) for each in block if not isinstance(each, Note))


def _branches_without_notes(statement: Stmt) -> Stmt:
    if not isinstance(statement, If):
        return statement
    return replace(statement, then=without_notes(statement.then), orelse=without_notes(statement.orelse))


def boundaries(process: Process) -> frozenset[Boundary]:
    """The boundaries that start a step of a process."""
    return frozenset(boundary_of(step) for step in process.steps)


def boundary_of(step: Step) -> Boundary:
    """The boundary that starts a step."""
    return tuple(call.operation for call in step.calls), step.label
