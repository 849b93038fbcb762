"""Peterson's algorithm for N processes: the filter lock."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Enum,
    Index,
    State,
    Steps,
    Table,
    always,
    auto,
    hardware,
    nothing,
    size,
    table,
)


class Proc(Index):
    """A process."""


class Pc(Enum):
    """Where a process is."""

    START = auto()
    FLAG = auto()
    TURN = auto()
    SPIN = auto()
    CRITICAL = auto()


Level = Annotated[int, Between(0, size(Proc))]


class Lock(State):
    """What the processes share."""

    pc: Table[Proc, Pc] = table(Pc.START, show="{0} at {value}")
    flag: Table[Proc, Level] = table(0)
    turn: Table[Level, Proc | None] = table(None)
    level: Table[Proc, Level] = table(0)


@hardware(unit="proc", per=Proc, atomic="one rule of the algorithm", litmus="step")
def step(k: Lock, me: Proc) -> Steps:
    """One step of the algorithm."""
    at = k.pc[me]
    j = k.level[me]
    if at == Pc.START:
        k.level[me] = 1
        k.pc[me] = Pc.FLAG
    elif at == Pc.FLAG:
        k.flag[me] = j
        k.pc[me] = Pc.TURN
    elif at == Pc.TURN:
        k.turn[j] = me
        k.pc[me] = Pc.SPIN
    elif at == Pc.SPIN:
        if k.turn[j] != me or all(k.flag[other] < j for other in Proc if other != me):
            k.level[me] = j + 1
            k.pc[me] = Pc.FLAG if j + 1 < size(Proc) else Pc.CRITICAL
    else:
        k.flag[me] = 1
        k.pc[me] = Pc.START
    yield from nothing()


@always
def exclusion(k: Lock) -> bool:
    """No two processes are in the critical section."""
    return sum(1 for p in Proc if k.pc[p] == Pc.CRITICAL) <= 1
