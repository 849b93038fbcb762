"""Whether plain Python and the interpreter see the same transitions, along random schedules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from random import Random

from plain_model import PlainModel, load
from plain_run import Boundary, Moment, PlainRun, Shared, Taken, agents_of
from plain_values import sort_at, value_at

from shootdown.model.declare.cells import Address, Cells
from shootdown.model.declare.shown import text
from shootdown.model.declare.state import start
from shootdown.model.ir.evaluate import Evaluator, Transition
from shootdown.model.ir.layout import State
from shootdown.model.ir.system import Process, Step, System
from shootdown.model.ir.views import Variable, View
from shootdown.model.ir.views import text as view_text
from shootdown.model.language.world import Request

Cell = tuple[str, str, tuple[str, ...]]
"""State, member and keys."""


@dataclass(frozen=True)
class Seen:
    """What one transition looks like from outside."""

    agent: str
    step: Boundary
    choices: tuple[str, ...]
    changed: frozenset[tuple[Cell, str]]
    inside: bool
    problem: str | None
    violated: tuple[str, ...]


Successors = tuple[list[tuple[State, Moment, str]], Counter[Seen]]


@dataclass(frozen=True)
class Disagreement:
    """The steps taken, and then what only one side can do, or the properties on whose truth they differ."""

    path: tuple[str, ...]
    only_plain: tuple[Seen, ...] = ()
    only_interpreter: tuple[Seen, ...] = ()
    properties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Texts:
    """The printed values of a system's shared variables."""

    system: System

    @cached_property
    def _offsets(self) -> Mapping[str, tuple[int, int]]:
        layout = Evaluator(self.system).layout
        return {array.name: (layout.arrays[array.name], array.size) for array in self.system.arrays}

    @cached_property
    def cells(self) -> Mapping[Cell, tuple[Variable, int, int]]:
        """For each cell its variable, its position in row-major order and their number."""
        cells: dict[Cell, tuple[Variable, int, int]] = {}
        for variable in self.system.variables:
            keys = list(product(*variable.keys))
            member = variable.name.removeprefix(f"{variable.owner}.")
            for position, key in enumerate(keys):
                cells[variable.owner, member, key] = (variable, position, len(keys))
        return cells

    @cached_property
    def _at(self) -> Mapping[int, Cell]:
        """The cell that each entry of a state belongs to."""
        found: dict[int, Cell] = {}
        for cell, (variable, position, count) in self.cells.items():
            for leaf in variable.leaves:
                offset, size = self._offsets[leaf]
                width = size // count
                found |= {offset + position * width + place: cell for place in range(width)}
        return found

    def of(self, state: State) -> dict[Cell, str]:
        """The text of every cell."""
        return {cell: self._text(cell, state) for cell in self.cells}

    def changed(self, before: State, after: State) -> dict[Cell, str]:
        """The cells whose text changed, with their new text."""
        cells = {self._at[place] for place, value in enumerate(after) if value != before[place] and place in self._at}
        return {cell: self._text(cell, after) for cell in cells if self._text(cell, after) != self._text(cell, before)}

    def _text(self, cell: Cell, state: State) -> str:
        return view_text(*self.leaves(cell, state))

    def leaves(self, cell: Cell, state: State) -> tuple[View, list[int | tuple[int, ...]]]:
        """The view of a cell and its leaves in a state."""
        variable, position, count = self.cells[cell]
        leaves: list[int | tuple[int, ...]] = []
        for leaf in variable.leaves:
            offset, size = self._offsets[leaf]
            width = size // count
            values = state[offset + position * width : offset + (position + 1) * width]
            dims = next(array.dims for array in self.system.arrays if array.name == leaf)
            leaves.append(values if len(dims) > len(variable.keys) else values[0])
        return variable.view, leaves


def boundaries(process: Process) -> frozenset[Boundary]:
    """The boundaries that start a step of a process."""
    return frozenset(boundary_of(step) for step in process.steps)


def boundary_of(step: Step) -> Boundary:
    """The boundary that starts a step."""
    return tuple(call.operation for call in step.calls), step.label


def cell_of(address: Address) -> Cell:
    """The cell at an address."""
    state, *rest = address
    members = [part for part in rest if isinstance(part, str)]
    return str(state), ".".join(members), tuple(text(part) for part in rest if not isinstance(part, str))


def plain_changes(before: Shared, after: Shared) -> dict[Cell, str]:
    """The cells whose text changed in a plain run, with their new text."""
    changed = {address: value for address, value in after.items() if value is not before[address]}
    return {cell_of(each): text(value) for each, value in changed.items() if text(value) != text(before[each])}


class Comparison:
    """The two meanings of one model in one world."""

    def __init__(self, files: Iterable[Path], request: Request, system: System) -> None:
        self.model: PlainModel = load(files)
        self.evaluator = Evaluator(system)
        self.texts = Texts(system)
        run = self.model.run(request)
        with run.active():
            cells = start(tuple(self.model.states.values()))
            if request.initial:
                cells.values |= self._initial(cells)
            steps = {agent.name: boundaries(system.process(agent)) for agent in system.agents}
            agents = agents_of(self.model, request, steps)
        self.plain = PlainRun(run, agents, cells.snapshot())
        self._known: dict[State, Successors] = {}

    def _initial(self, cells: Cells) -> dict[Address, object]:
        """The values that the setup left in the cells that the system has."""
        state, values = self.evaluator.layout.initial, {}
        for address in cells.values:
            if (cell := cell_of(address)) in self.texts.cells:
                view, leaves = self.texts.leaves(cell, state)
                values[address] = value_at(sort_at(address, self.model.states), view, leaves)
        return values

    def start(self) -> tuple[State, Moment]:
        """The initial state on both sides; AssertionError if they differ."""
        state, moment = self.evaluator.layout.initial, self.plain.initial
        shown = {cell_of(address): text(value) for address, value in moment.shared.items()}
        expected = self.texts.of(state)
        assert {cell: shown.get(cell) for cell in expected} == expected
        return state, moment

    def compare(self, state: State, moment: Moment) -> Successors:
        """The successors that both sides see, and what only one sees (negative: only the interpreter).

        Remembered while no agent is inside an operation: then the state says all that plain Python knows.
        """
        if any(standing.activity is not None for standing in moment.standing):
            return self._compare(state, moment)
        if state not in self._known:
            self._known[state] = self._compare(state, moment)
        return self._known[state]

    def _compare(self, state: State, moment: Moment) -> Successors:
        theirs = [(self._seen_ir(state, each), each) for each in self.evaluator.transitions(state)]
        ours = [(self._seen_plain(moment, each), each) for each in self.plain.successors(moment)]
        difference = Counter(seen for seen, _ in ours)
        difference.subtract(seen for seen, _ in theirs)
        targets = {seen: each.target for seen, each in ours}
        both = [
            (
                transition.target,
                target,
                f"{seen.agent}: {' > '.join(seen.step[0])}: {seen.step[1]} {' '.join(seen.choices)}".strip(),
            )
            for seen, transition in theirs
            if (target := targets.get(seen)) is not None and transition.target is not None
        ]
        return both, difference

    def properties(self, state: State, moment: Moment) -> tuple[str, ...]:
        """The state properties on which the two sides differ."""
        differ = []
        with self.plain.run.active():
            self.plain.cells.restore(moment.shared)
            for prop in self.evaluator.system.properties:
                known = self.model.properties.get(prop.name)
                if known is not None and known.call(self.plain.cells, {}) != self.evaluator.holds(prop, state):
                    differ.append(prop.name)
        return tuple(differ)

    def _seen_ir(self, state: State, transition: Transition) -> Seen:
        system, target = self.evaluator.system, transition.target
        changed = {} if target is None else self.texts.changed(state, target)
        agent = system.agents[transition.agent]
        inside = target is not None and self._inside(target, transition.agent)
        problem = None if transition.problem is None else transition.problem.failure.value
        return Seen(
            agent.name,
            boundary_of(self.evaluator.step(transition)),
            tuple(choice.label for choice in transition.choices),
            frozenset(changed.items()),
            inside,
            problem,
            tuple(sorted(transition.violated)) if problem is None else (),
        )

    def _inside(self, state: State, agent: int) -> bool:
        system = self.evaluator.system
        point = state[self.evaluator.layout.points[agent]]
        return system.process(system.agents[agent]).points[point].inside

    def _seen_plain(self, moment: Moment, taken: Taken) -> Seen:
        target = taken.target
        changed = {} if target is None else plain_changes(moment.shared, target.shared)
        inside = target is not None and target.standing[taken.agent].activity is not None
        shared = {cell: value for cell, value in changed.items() if cell in self.texts.cells}
        return Seen(
            self.plain.agents[taken.agent].name,
            taken.step,
            taken.choices,
            frozenset(shared.items()),
            inside,
            taken.problem,
            tuple(sorted(taken.violated)),
        )


def agree(
    files: Iterable[Path], request: Request, system: System, schedules: int = 100, seed: int = 0, longest: int = 60
) -> Disagreement | None:
    """Follow random schedules, comparing all transitions and properties of every state on the way."""
    comparison = Comparison(files, request, system)
    random = Random(seed)
    for _ in range(schedules):
        state, moment = comparison.start()
        path: list[str] = []
        for _ in range(longest):
            if differ := comparison.properties(state, moment):
                return Disagreement(tuple(path), properties=differ)
            both, difference = comparison.compare(state, moment)
            plain = tuple(seen for seen, count in difference.items() if count > 0)
            interpreter = tuple(seen for seen, count in difference.items() if count < 0)
            if plain or interpreter:
                return Disagreement(tuple(path), plain, interpreter)
            if not both:
                break
            state, moment, step = random.choice(both)
            path.append(step)
    return None
