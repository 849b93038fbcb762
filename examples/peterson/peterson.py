"""Peterson's filter lock: mutual exclusion for N processes with N - 1 waiting rooms.

After G. L. Peterson, "Myths about the mutual exclusion problem" (1981). A process looks at the flags of all others in
one step, as the published Murphi model does; while it may not go on it looks again.
"""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Index,
    State,
    Steps,
    Table,
    always,
    operation,
    size,
    sometimes,
    table,
)


class Process(Index):
    """A process."""


Room = Annotated[int, Between(0, size(Process))]


class Rooms(State):
    """What the processes share; `room` is private to its process and outlives its visit."""

    room: Table[Process, Room] = table(0)
    flag: Table[Process, Room] = table(0, show="{0} at {value}")
    last: Table[Room, Process | None] = table(None, show="last in {0}: {value}")


class Inside(State, ghost=True):
    """Who is in the critical section."""

    critical: Table[Process, bool] = table(False)


def may_go_on(k: Rooms, p: Process, room: Room) -> bool:
    """Whether everybody else is behind, or somebody came into this room later."""
    return all(q == p or k.flag[q] < room for q in Process) or k.last[room] != p


@operation(source="Peterson 1981", litmus="visit", atomic="as published: own room is private, one look at all")
def visit(k: Rooms, p: Process) -> Steps:
    """Pass all rooms, be in the critical section, leave."""
    k.room[p] = 1
    while True:
        yield "announce"
        k.flag[p] = k.room[p]
        yield "give way"
        k.last[k.room[p]] = p
        while True:
            yield "look"
            if may_go_on(k, p, k.room[p]):
                k.room[p] += 1
                break
        if k.room[p] == size(Process):
            break
    k[Inside].critical[p] = True
    yield "leave"
    k.flag[p] = 1
    k[Inside].critical[p] = False


@always
def mutual_exclusion(k: Rooms) -> bool:
    """At most one process is in the critical section."""
    return sum(1 for p in Process if k[Inside].critical[p]) <= 1


@sometimes
def somebody_enters(k: Rooms) -> bool:
    """The critical section can be reached."""
    return any(k[Inside].critical[p] for p in Process)
