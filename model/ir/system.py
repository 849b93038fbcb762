"""Systems: shared variables, processes (control-flow graphs of atomic steps), agents, mechanisms, properties."""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from .expr import Expr
from .immutable import immutable
from .source import NOWHERE, Span
from .stmt import Block
from .views import Variable, View


@immutable
class Array:
    """A shared variable:

    cells with values from `lo` to `hi`, in row-major order of `dims`; `init` has one value a cell. There are none where
    the world has nothing of a sort that is a dimension.
    """

    name: str
    dims: tuple[int, ...]
    lo: int
    hi: int
    init: tuple[int, ...]
    ghost: bool = False

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.init)


class StepClass(Enum):
    """Progress: kernel code inside an operation, owed completions. Spontaneous: what may happen but need not."""

    PROGRESS = "progress"
    SPONTANEOUS = "spontaneous"


@immutable
class LocalVariable:
    """A slot of an agent's locals, with values from `lo` to `hi`; `init` is its value outside operations."""

    name: str
    lo: int
    hi: int
    init: int


@immutable
class Point:
    """A control point. `inside`: inside an operation. `final`: the program has finished, or the agent idles.

    `live` names the locals that mean something here, as (slots, name, view key): a slot serves several variables of
    operations that are never active together.
    """

    name: str
    inside: bool
    final: bool
    live: tuple[tuple[tuple[int, ...], str, str], ...] = field(default=(), compare=False)


@immutable
class Call:
    """A call frame: the operation, and where its caller calls it."""

    operation: str
    where: Span = field(default=NOWHERE, compare=False, repr=False)
    instance: int = field(default=0, compare=False, repr=False)
    """Tells two calls of the same operation from the same place apart, for the diagram's indentation."""


@immutable
class Step:
    """One atomic step: enabled at control point `source` where its block does not block.

    `calls` are the call frames, outermost first. `starts` is the operation that the step starts, if it does. `atomic`
    is the reason of a step that is coarser than one access.
    """

    source: int
    label: str
    block: Block
    kind: StepClass = StepClass.PROGRESS
    calls: tuple[Call, ...] = ()
    starts: str | None = None
    atomic: str | None = None
    where: Span = field(default=NOWHERE, compare=False, repr=False)
    origin: int | None = field(default=None, compare=False)
    """Position among the steps of the process as it was lowered, if a pass has moved the step."""


@immutable
class Process:
    """A control-flow graph shared by identical agents; `params` and `temps` count them.

    Steps stand in program order.
    """

    name: str
    params: int
    locals: tuple[LocalVariable, ...]
    temps: int
    points: tuple[Point, ...]
    steps: tuple[Step, ...]
    entry: int = 0


@immutable
class Agent:
    """An instance of a process with its parameters.

    `hardware` agents are units of the world, not programs of the scenario.
    """

    name: str
    process: str
    args: tuple[int, ...] = ()
    hardware: bool = False
    title: str = ""
    """What a column head adds to the name, such as the address space it runs in."""


@immutable
class Mechanism:
    """A design variable with values from 0; `labels` names them; `value` is its setting in this run."""

    name: str
    labels: tuple[str, ...]
    value: int


class PropertyKind(Enum):
    """When a property speaks."""

    ALWAYS = "always"
    AT_END = "at_end"
    SOMETIMES = "sometimes"
    ASSERTION = "step_assertion"
    NO_DEADLOCK = "no_deadlock"


@immutable
class Property:
    """What is checked; `expr` is over shared variables, and is `Const(1)` for assertions and for no_deadlock."""

    name: str
    kind: PropertyKind
    expr: Expr
    meaning: str = ""
    where: Span = field(default=NOWHERE, compare=False, repr=False)


@immutable
class System:
    """What engines explore.

    Names of arrays, processes, agents, mechanisms and properties are unique among their kind.
    """

    name: str
    arrays: tuple[Array, ...]
    processes: tuple[Process, ...]
    agents: tuple[Agent, ...]
    mechanisms: tuple[Mechanism, ...] = ()
    properties: tuple[Property, ...] = ()
    variables: tuple[Variable, ...] = field(default=(), compare=False)
    views: tuple[tuple[str, View], ...] = field(default=(), compare=False)

    def process(self, agent: Agent) -> Process:
        """The control-flow graph of an agent."""
        return next(process for process in self.processes if process.name == agent.process)
