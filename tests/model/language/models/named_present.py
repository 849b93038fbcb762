"""A record whose field has the name that the lowering would give to the presence of an optional."""

from __future__ import annotations

from shootdown.model import Index, Record, State, Steps, Table, operation, table


class Slot(Index):
    """A slot."""


class Entry(Record):
    """An entry that may be there without being valid."""

    present: bool = True


class Board(State):
    """Entries."""

    entry: Table[Slot, Entry | None] = table(None)
    there: Table[Slot, bool] = table(False)


@operation
def leave(k: Board, slot: Slot) -> Steps:
    """Make the entry, then invalid; then see whether it is there."""
    k.entry[slot] = Entry()
    yield "invalid"
    k.entry[slot] = Entry(present=False)
    yield "look"
    there = k.entry[slot] is not None
    yield "say"
    k.there[slot] = there
