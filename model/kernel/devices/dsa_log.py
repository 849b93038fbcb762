"""The event log of a DSA as its driver reads it: drivers/dma/idxd/irq.c, cdev.c."""

from __future__ import annotations

from shootdown.model import Device, Mechanism, Steps, atomic, has, nth, operation, some, wait

from ..mm.pasid import Pasid
from ..mm.state import Kernel
from .dsa_engine import after
from .dsa_queue import Dsa, Position, Slot, Wq, lost

evl_fixup = Mechanism(
    bool,
    meaning="the driver copies the records that the event log holds to where they belong, and does not only warn",
    since="v6.4",
    commit="b022f59725f0",
    prevents="a program that waits for ever for a record",
    evidence="read",
)
evl_drain_keeps_lock = Mechanism(
    bool,
    meaning="the drain of the event log holds the log's lock until the work queue is drained (a mutex, not a spinlock)",
    since="v6.9",
    commit="d5638de827cf",
    prevents="a fix-up of another client that the draining work queue refuses",
    evidence="read",
)
evl_clears_interrupt_first = Mechanism(
    bool,
    meaning="the interrupt thread clears int_pending before it reads the tail of the event log",
    since="v6.4",
    commit="244da66cda35",
    prevents="an entry logged in between, for which no interrupt comes",
    evidence="read",
)


@operation(source="drivers/dma/idxd/irq.c:process_evl_entries", seen="v6.9")
def process_evl_entries(k: Kernel, dev: Device) -> Steps:
    """Hand every entry of the log to a worker, then give the slots back to the hardware."""
    wait(k[Dsa].interrupt[dev])
    yield "mutex_lock"
    k[Dsa].evl_lock[dev].lock()
    if has(k, evl_clears_interrupt_first):
        yield "clear int_pending"
        k[Dsa].interrupt[dev] = False
    yield "read EVLSTATUS"
    atomic("head and tail are one register", hardware=True)
    tail = k[Dsa].tail[dev]
    slot: Position = k[Dsa].head[dev]
    if not has(k, evl_clears_interrupt_first):
        yield "clear int_pending"
        k[Dsa].interrupt[dev] = False
    while slot != tail:
        yield from process_evl_entry(k, dev, nth(Slot, slot))
        slot = after(slot)
    yield "write head"
    k[Dsa].head[dev] = tail
    yield "mutex_unlock"
    k[Dsa].evl_lock[dev].unlock()


@operation(source="drivers/dma/idxd/irq.c:process_evl_entry", seen="v6.9")
def process_evl_entry(k: Kernel, dev: Device, slot: Slot) -> Steps:
    """Queue the fix-up of one entry, unless its client is closing, or there is no memory for it."""
    entry = some(k[Dsa].log[dev, slot])
    k[Dsa].log[dev, slot] = None
    yield "test bmap"
    skip = k[Dsa].skip[dev, slot]
    if skip:
        k[Dsa].skip[dev, slot] = False
        lost(k, entry.wq, entry.descriptor)
    if not skip:
        yield "queue_work"
        atomic("a work queue refuses or takes an item under its own lock")
        if has(k, evl_fixup) and k[Dsa].memory[entry.wq] and not k[Dsa].draining[entry.wq]:
            k[Dsa].work[entry.wq].push(entry)
        else:
            lost(k, entry.wq, entry.descriptor)


@operation(source="drivers/dma/idxd/cdev.c:idxd_cdev_evl_drain_pasid", seen="read in several versions")
def idxd_cdev_evl_drain_pasid(k: Kernel, dev: Device, wq: Wq, pasid: Pasid) -> Steps:
    """Mark the client's entries in the log as not to be served, and wait until the fix-ups of its queue are done."""
    k[Dsa].evl_lock[dev].lock()
    yield "mark entries"
    atomic("the log's lock is held, and no descriptor of this client is left that could be logged")
    for slot in Slot:
        entry = k[Dsa].log[dev, slot]
        if entry is not None and entry.wq == wq and entry.descriptor.pasid == pasid:
            k[Dsa].skip[dev, slot] = True
    if not has(k, evl_drain_keeps_lock):
        yield "drain_workqueue"
        atomic("whoever waits for the lock sees nothing of the order of these two")
        k[Dsa].draining[wq] = True
        k[Dsa].evl_lock[dev].unlock()
    yield "work is done"
    wait(k[Dsa].work[wq].empty)
    if has(k, evl_drain_keeps_lock):
        yield "mutex_unlock"
        k[Dsa].evl_lock[dev].unlock()
    else:
        yield "drained"
        k[Dsa].draining[wq] = False
