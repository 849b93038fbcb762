"""The trace that reports show: one run, told in the words of the model, complete without the model.

Everything here is text and numbers, so that a saved trace can be rendered anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from shootdown.model.ir.source import Span
from shootdown.model.ir.system import PropertyKind, StepClass

from ..verdict import Verdict


@dataclass(frozen=True, slots=True)
class Named:
    """A name and the text of its value: a bound variable, a choice, a local, a mechanism."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell of a shared variable: the labels of its keys, and the text of its value.

    `shown` is the cell as the model wants diagrams to print it, empty if it does not.
    """

    variable: str
    owner: str
    keys: tuple[str, ...]
    text: str
    shown: str
    ghost: bool

    @property
    def name(self) -> str:
        """The cell as a program writes it: `pte[A, buf]`."""
        return f"{self.variable}[{', '.join(self.keys)}]" if self.keys else self.variable

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What tells the cell from others: owner, variable, keys."""
        return self.owner, self.variable, self.keys


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that a step changed: as it is now, and the text that it had."""

    cell: CellText
    old: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where an agent stands: its control point, whether inside an operation, and the locals that mean something."""

    point: str
    inside: bool
    locals: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class StateText:
    """A state: every cell of every shared variable in the order of declaration, and where each agent stands."""

    cells: tuple[CellText, ...]
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class TraceAgent:
    """An agent; `title` is what a column head adds to its name. Hardware is a unit of the world."""

    name: str
    title: str
    hardware: bool


@dataclass(frozen=True, slots=True)
class CallFrame:
    """A call that a step runs in. `number` is unique in the trace: equal numbers are the same call."""

    operation: str
    number: int
    where: Span


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One transition.

    `agent` is a position in `Trace.agents`. `step` and `chosen` identify the transition for replay: the position of
    the step in its process and the values chosen; `choices` are the same for readers. `calls` are the call frames,
    outermost first. `starts` is the operation that the step starts, `line` its litmus line. `violated` names the step
    assertions that failed. `position` is where the agent stands afterwards.
    """

    agent: int
    step: int
    chosen: tuple[int, ...]
    label: str
    kind: StepClass
    calls: tuple[CallFrame, ...]
    starts: str | None
    line: str
    choices: tuple[Named, ...]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    violated: tuple[str, ...]
    position: Position
    where: Span


@dataclass(frozen=True, slots=True)
class Blame:
    """A part of the property that has the wrong value where the trace ends.

    `text` is the expression as its author wrote it and `value` its truth. `bound` are the quantified variables
    around it; `tried` the values of a quantifier (named `over`) that were all tried in vain. `reads` are the cells it
    reads.
    """

    text: str
    where: Span
    value: bool
    bound: tuple[Named, ...]
    over: str
    tried: tuple[str, ...]
    reads: tuple[CellText, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An agent that is inside an operation and cannot go on.

    `step` is the step that is not enabled and `condition` what it waits for (both empty if the agent has no step
    there). `on` names agents, themselves inside an operation, whose remaining code writes what the condition reads.
    """

    agent: str
    operations: tuple[str, ...]
    step: str
    condition: str
    where: Span
    reads: tuple[CellText, ...]
    on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stuck:
    """Who waits for what in a stuck state; `cycle` names agents each of which waits on the next, the last on the
    first; empty if none was found."""

    waiting: tuple[Waiting, ...]
    cycle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceProblem:
    """Why the last transition has no successor."""

    message: str
    where: Span


@dataclass(frozen=True, slots=True)
class TraceProperty:
    """The property that the trace is about."""

    name: str
    kind: PropertyKind
    meaning: str
    where: Span


@dataclass(frozen=True, slots=True)
class Trace:
    """A run that decides a property: violates it, witnesses it (`sometimes`), or ends in a problem.

    `digest` identifies the system for replay. `design` is the setting of each mechanism. `blame`, `stuck` and
    `problem` say what is wrong where the run ends; a witness has none of them.
    """

    scenario: str
    digest: str
    prop: TraceProperty
    verdict: Verdict
    design: tuple[Named, ...]
    agents: tuple[TraceAgent, ...]
    initial: StateText
    steps: tuple[TraceStep, ...]
    blame: tuple[Blame, ...]
    stuck: Stuck | None
    problem: TraceProblem | None

    @property
    def depth(self) -> int:
        """Number of steps."""
        return len(self.steps)

    def state(self, steps: int) -> StateText:
        """The state after the first `steps` steps."""
        cells = {cell.key: cell for cell in self.initial.cells}
        positions = list(self.initial.positions)
        for step in self.steps[:steps]:
            cells.update((change.cell.key, change.cell) for change in step.changes)
            positions[step.agent] = step.position
        return StateText(tuple(cells.values()), tuple(positions))
