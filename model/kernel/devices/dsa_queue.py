"""A data streaming accelerator (DSA): work queues, descriptors, and what is owed to those who submit them.

A descriptor names the page where the device is to put its completion record: a status byte, and more that is valid once
the status is set. Descriptors here do nothing but complete. Work queues of a device share its one engine. How records
reach memory is in dsa_engine.py; what happens to those that do not, in dsa_log.py and dsa_fixup.py.
"""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Device,
    Index,
    Mechanism,
    Queue,
    Record,
    State,
    Table,
    given,
    note,
    queue,
    size,
    table,
)

from ..mm.locks import Mutex
from ..mm.pasid import Pasid
from ..mm.state import Kernel, Mm, Va

dsa_prs = Mechanism(
    bool,
    meaning="the engine asks for a page that it needs, and waits (page request service; a queue can have it disabled)",
    since="v5.11",
    prevents="a record whose page is not there when the descriptor completes; not a stall of who shares the engine",
    evidence="read",
)
dsa_event_log = Mechanism(
    bool,
    meaning="the device logs records that it cannot write (DSA 2.0), and the driver reads the log",
    since="v6.4",
    commit="244da66cda35",
    prevents="nothing by itself: it tells which record is missing, and its contents",
    evidence="read",
)


class Wq(Index):
    """A shared work queue."""


class Slot(Index, ordered=True):
    """A slot of a device's event log; one of them is always empty."""


Position = Annotated[int, Between(0, size(Slot))]
"""The number of a slot of the event log."""


class Descriptor(Record, show="{pasid} record {record}"):
    """What a program has submitted."""

    pasid: Pasid
    record: Va
    """The completion record address."""
    owner: Mm
    """Who submitted it. The device knows only the PASID, and nothing but properties looks at this."""


class LogEntry(Record, show="{wq} {descriptor}"):
    """A record that the device could not write: whose it is, its address, its contents."""

    wq: Wq
    descriptor: Descriptor


class Dsa(State):
    """Accelerators and their driver."""

    device: Table[Wq, Device] = given()
    """The device of a work queue."""
    memory: Table[Wq, bool] = given()
    """Whether the allocator has memory when the driver may not wait (GFP_ATOMIC)."""
    descriptors: Table[Wq, Queue[Descriptor]] = table(queue(2))
    """What has been submitted and not begun."""
    outstanding: Table[tuple[Wq, Pasid], Annotated[int, Between(0, 3)]] = table(0)
    """Descriptors of the PASID that the device has not completed."""
    log: Table[tuple[Device, Slot], LogEntry | None] = table(None, show="{0} log {1}: {value}")
    head: Table[Device, Position] = table(0)
    tail: Table[Device, Position] = table(0)
    interrupt: Table[Device, bool] = table(False)
    """int_pending: an entry has been logged since software cleared it last."""
    evl_lock: Table[Device, Mutex] = table(Mutex)
    skip: Table[tuple[Device, Slot], bool] = table(False)
    """evl->bmap: slots whose entry is not to be served."""
    work: Table[Wq, Queue[LogEntry]] = table(queue(3))
    """Fix-ups on the work queue of the driver, the first perhaps under way."""
    draining: Table[Wq, bool] = table(False)
    """The work queue takes no new items."""
    context: Table[tuple[Wq, Pasid], Mm | None] = table(None, show="{0} {1} context: {value}")
    """wq->upasid_xa: for which address space the queue has been opened."""
    uc_lock: Table[Wq, Mutex] = table(Mutex)
    failures: Table[Wq, Annotated[int, Between(0, 3)]] = table(0, show="{0} cr_fault_failures: {value}")


class Records(State, ghost=True):
    """What is owed to those who have submitted descriptors."""

    owed: Table[tuple[Mm, Va], Annotated[int, Between(0, 3)]] = table(0, show="{0} {1} records owed: {value}")
    """Descriptors whose record has not reached the address, given up or not."""
    whole: Table[tuple[Mm, Va], bool] = table(False)
    """All bytes of the record but the status are there."""
    lost: Table[Wq, Annotated[int, Between(0, 3)]] = table(0)
    """Records that were given up."""


def submitted(k: Kernel, mm: Mm, record: Va) -> None:
    """A record is owed from now on."""
    k[Records].owed[mm, record] += 1
    k[Records].whole[mm, record] = False


def body_written(k: Kernel, mm: Mm, record: Va) -> None:
    """All bytes of the record but the status have reached the address."""
    k[Records].whole[mm, record] = True


def delivered(k: Kernel, mm: Mm, record: Va) -> None:
    """The status of a record has reached memory."""
    k[Records].owed[mm, record] -= 1


def lost(k: Kernel, wq: Wq, descriptor: Descriptor) -> None:
    """A record is given up."""
    note(f"{descriptor.owner}'s record is lost")
    k[Records].lost[wq] += 1
