"""Stretches of code with and without steps, loops, choices and failures."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Index,
    Queue,
    Result,
    State,
    Steps,
    Table,
    atomic,
    choose,
    nothing,
    operation,
    pick,
    queue,
    some,
    table,
    wait,
)


class Slot(Index):
    """A slot."""


class Board(State):
    """What is written."""

    stop: bool = False
    value: Table[Slot, Annotated[int, Between(0, 3)]] = table(0)
    owner: Slot | None = None
    log: Queue[Slot] = queue(2)
    every: frozenset[Slot] = frozenset()


@operation()
def sweep(k: Board) -> Steps:
    """Set every slot, until told to stop."""
    while True:
        yield "head"
        if k.stop:
            break
        for slot in Slot:
            yield "look"
            if k.value[slot] == 2:
                continue
            yield "set"
            k.value[slot] = 2


@operation()
def spin(k: Board) -> Steps:
    """Count for ever, without an access."""
    n: Annotated[int, Between(0, 2)] = 0
    while True:
        yield "one"
        n = (n + 1) % 3
        yield "two"


@operation()
def idle(k: Board) -> Steps:
    """Do nothing, in one transition."""
    yield from nothing()


@operation()
def double(k: Board, slot: Slot) -> Result[Annotated[int, Between(0, 6)]]:
    """Twice the value."""
    yield from nothing()
    return 2 * k.value[slot]


@operation()
def quadruple(k: Board, slot: Slot) -> Result[Annotated[int, Between(0, 12)]]:
    """Four times the value."""
    twice = yield from double(k, slot)
    return 2 * twice


@operation()
def store_quadruple(k: Board, slot: Slot) -> Steps:
    """Store what is too much for a slot."""
    yield "raise"
    k.value[slot] += 1
    four = yield from quadruple(k, slot)
    yield "store"
    k.value[slot] = four


@operation(litmus="claim {slot}")
def claim(k: Board, slot: Slot) -> Steps:
    """Own the board."""
    wait(k.owner is None)
    k.owner = slot
    yield from nothing()


@operation()
def use_owner(k: Board) -> Steps:
    """Go wrong without an owner."""
    atomic("reads the owner and its value")
    k.value[some(k.owner)] = 1
    yield from nothing()


@operation()
def guard_that_fails(k: Board) -> Steps:
    """A guard that goes wrong is a transition that ends in a model error."""
    atomic("a guard over two places")
    wait(k.value[some(k.owner)] == 1)
    yield from nothing()


@operation()
def enqueue(k: Board, slot: Slot) -> Steps:
    """Push."""
    k.log.push(slot)
    yield from nothing()


@operation()
def dequeue(k: Board) -> Steps:
    """Pop."""
    wait(not k.log.empty)
    slot = k.log.pop()
    yield "forget"
    k.every -= {slot}


@operation()
def pick_free(k: Board) -> Steps:
    """Take a slot of value 0, which must exist."""
    slot = pick(Slot, where=lambda s: k.value[s] == 0)
    k.value[slot] = 3
    yield from nothing()


@operation()
def choose_free(k: Board) -> Steps:
    """Wait for a slot of value 0."""
    slot = choose(Slot, where=lambda s: k.value[s] == 0)
    k.value[slot] = 3
    yield from nothing()


@operation(atomic="both slots at once")
def both(k: Board, first: Slot, second: Slot) -> Steps:
    """Write two slots in one step."""
    old = k.value[first]
    k.value[first] = 1
    k.value[second] = old
    yield from nothing()


@operation
def both_by_machine(k: Board, first: Slot, second: Slot) -> Steps:
    """Write two slots in one step."""
    atomic("the machine writes both", hardware=True)
    old = k.value[first]
    k.value[first] = 1
    k.value[second] = old
    yield from nothing()
