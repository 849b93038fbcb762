from __future__ import annotations

from shootdown.model import Annotated, Between, Enum, Index, Queue, Record, State, Steps, Struct, Table, auto, given, operation, queue, table


class Va(Index, ordered=True):
    """A page."""


class Mm(Index):
    """An address space."""


class Frame(Index):
    """A page frame."""


class Event(Enum):
    """Why."""

    CLEAR = auto()
    UNMAP = auto()


class Pte(Record):
    """An entry."""

    frame: Frame
    write: bool = False


class Page(Struct):
    """What is known of a frame."""

    content: bool = False
    count: Annotated[int, Between(0, 3)] = 0


class Kernel(State):
    """What the CPUs share."""

    pte: Table[Va, Pte | None] = table(None)
    frame: Table[Frame, Page] = table(Page)
    epoch: Annotated[int, Between(0, 3)] = 0
    last: Event = Event.CLEAR
    owner: Mm | None = None
    K: Annotated[int, Between(1, 9)] = given()
    log: Queue[Va] = queue(2)
    cpus: frozenset[Mm] = frozenset()


@operation()
def f(k: Kernel, va: Va) -> Steps:
    """An operation."""
    yield "a"
    wait(k.epoch == 0)
