"""Dining philosophers who all take the left fork first: the classic deadlock.

After E. W. Dijkstra, EWD 310 (1971). `last_is_right_handed` is the classic cure: one philosopher takes the other fork
first, so no cycle of waiting can close.
"""

from __future__ import annotations

from shootdown.model import (
    Index,
    Mechanism,
    State,
    Steps,
    Table,
    always,
    atomic,
    has,
    nth,
    operation,
    ordinal,
    size,
    sometimes,
    table,
    wait,
)


class Philosopher(Index):
    """A philosopher, and the fork on the left."""


class Dinner(State):
    """The table. `taken` says whether a fork is in somebody's hand."""

    hungry: Table[Philosopher, bool] = table(False)
    taken: Table[Philosopher, bool] = table(False, show="fork of {0} taken: {value}")


class Plates(State, ghost=True):
    """Who eats."""

    eats: Table[Philosopher, bool] = table(False)


last_is_right_handed = Mechanism(
    bool,
    meaning="the last philosopher takes the right fork first",
    prevents="everybody holding one fork and waiting for the other",
    evidence="read",
)


def right(p: Philosopher) -> Philosopher:
    """The neighbour on the right, whose left fork is the right one of `p`."""
    return nth(Philosopher, (ordinal(p) + 1) % size(Philosopher))


def first_fork(k: Dinner, p: Philosopher) -> Philosopher:
    """The fork that a philosopher takes first."""
    other_way = has(k, last_is_right_handed) and ordinal(p) == size(Philosopher) - 1
    return right(p) if other_way else p


def second_fork(k: Dinner, p: Philosopher) -> Philosopher:
    """The fork that a philosopher takes second."""
    other_way = has(k, last_is_right_handed) and ordinal(p) == size(Philosopher) - 1
    return p if other_way else right(p)


def neighbours(p: Philosopher, q: Philosopher) -> bool:
    """Whether `q` sits to the right of `p`."""
    around = ordinal(p) == size(Philosopher) - 1 and ordinal(q) == 0
    return around or ordinal(q) == ordinal(p) + 1


@operation(source="EWD 310", litmus="dine")
def dine(k: Dinner, p: Philosopher) -> Steps:
    """Get hungry, take both forks, eat, put them down."""
    k.hungry[p] = True
    yield "first fork"
    first = first_fork(k, p)
    wait(not k.taken[first])
    k.taken[first] = True
    yield "second fork"
    second = second_fork(k, p)
    wait(not k.taken[second])
    k.taken[second] = True
    k[Plates].eats[p] = True
    yield "put down"
    atomic("the classic model puts both forks down at once")
    k.taken[p] = False
    k.taken[right(p)] = False
    k.hungry[p] = False
    k[Plates].eats[p] = False


@always
def neighbours_do_not_both_eat(k: Dinner) -> bool:
    """No fork is in two hands."""
    return not any(
        k[Plates].eats[p] and k[Plates].eats[q] and neighbours(p, q) for p in Philosopher for q in Philosopher
    )


@sometimes
def somebody_eats(k: Dinner) -> bool:
    """Somebody can eat."""
    return any(k[Plates].eats[p] for p in Philosopher)
