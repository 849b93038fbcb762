"""Values at the edges of their sorts: choices of nothing, bits that do not exist, truths that may be missing."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Device,
    DeviceType,
    Index,
    Record,
    State,
    Steps,
    Table,
    choose,
    nothing,
    operation,
    pick,
    size,
    some,
    table,
    wait,
)


class Slot(Index):
    """A slot."""


class Claim(Record):
    """Who claims what."""

    slots: frozenset[Slot] = frozenset()


class Kernel(State):
    """What is shared."""

    claims: Table[Slot, Claim] = table(Claim())
    few: frozenset[Annotated[int, Between(0, 2)]] = frozenset()
    asked: Table[Slot, bool | None] = table(None)
    owner: Slot | None = None
    level: Table[Annotated[int, Between(0, 1)], Annotated[int, Between(0, 2)]] = table(0)
    served: Table[Device, bool] = table(False)


class Promise(State, ghost=True):
    """What was promised."""

    writes: bool = False


NIC = DeviceType("nic")
DISK = DeviceType("disk")


@operation
def pick_of_nothing(k: Kernel) -> Steps:
    """A range that is empty for its constants, though not for their bounds."""
    number = pick(range(size(Slot) % 2))
    k.level[number] = 1
    yield from nothing()


@operation
def choose_of_nothing(k: Kernel) -> Steps:
    """The same, as a guard."""
    number = choose(range(size(Slot) % 2))
    k.level[number] = 1
    yield from nothing()


@operation
def below_all(k: Kernel) -> Steps:
    """A number that no set of these holds."""
    wait(-1 not in k.few)
    yield from nothing()


@operation
def set_of_nobody(k: Kernel) -> Steps:
    """A cell that nobody writes is taken for a value."""
    owners = frozenset({some(k.owner)})
    yield "use"
    wait(len(owners) == 1)


@operation
def missing_truth(k: Kernel, slot: Slot) -> Steps:
    """A truth that may be missing is used where it is not."""
    asked = k.asked[slot]
    yield "set"
    k.asked[slot] = not (asked is not None and asked)


@operation(atomic="a guard over a table")
def beyond_for_each(k: Kernel, slot: Slot) -> Steps:
    """An index that is out of range for every round of two quantifiers."""
    wait(all(k.asked[one] is None or k.level[size(Slot)] == 0 for one in Slot for other in Slot))
    yield from nothing()


@operation
def unclaimed(k: Kernel, slot: Slot) -> Steps:
    """The size of a set that is a field of a cell."""
    wait(len(k.claims[slot].slots) == 0)
    yield from nothing()


def promised(k: Kernel) -> bool:
    """Promises something; what it answers has nothing to do with that."""
    if not k[Promise].writes:
        k[Promise].writes = True
    return True


@operation
def ask_promising(k: Kernel, slot: Slot) -> Steps:
    """Stores an answer that came with a promise."""
    k.asked[slot] = promised(k)
    yield from nothing()


@operation(device=NIC)
def serve(k: Kernel, dev: Device, again: bool) -> Steps:
    """Only for devices of its type."""
    k.served[dev] = again
    yield from nothing()
