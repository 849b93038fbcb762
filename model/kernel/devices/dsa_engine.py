"""The engine of a DSA: it completes one descriptor at a time, whichever work queue of the device it comes from."""

from __future__ import annotations

from shootdown.model import (
    Device,
    Mechanism,
    Result,
    Steps,
    atomic,
    choose,
    has,
    note,
    nothing,
    nth,
    operation,
    size,
    wait,
)

from ..mm.promise import stored
from ..mm.state import Frame, Kernel, Writer, new_token
from .dma import Dma
from .dsa_queue import (
    Descriptor,
    Dsa,
    LogEntry,
    Position,
    Slot,
    Wq,
    body_written,
    delivered,
    dsa_prs,
    lost,
)
from .iommu import Iommu, found, permits, refused
from .requests import request_pages

log_full_waits = Mechanism(
    bool,
    meaning="the engine waits for room in a full event log",
    prevents="a record that is not even logged",
    evidence="inferred",
)


@operation(source="Intel DSA specification: descriptor processing", seen="recalled")
def process_descriptor(k: Kernel, dev: Device) -> Steps:
    """Take a descriptor from any work queue, write its record, or else log it."""
    atomic("the engine takes one descriptor at a time", hardware=True)
    wq = choose(Wq, where=lambda each: k[Dsa].device[each] == dev and not k[Dsa].descriptors[each].empty)
    descriptor = k[Dsa].descriptors[wq].pop()
    k[Iommu].tag[dev] = descriptor.pasid
    note(f"{descriptor}")
    written = yield from write_record(k, dev, descriptor)
    if not written:
        yield from log_fault(k, dev, wq, descriptor)
    yield "complete"
    k[Dsa].outstanding[wq, descriptor.pasid] -= 1


@operation(source="Intel DSA specification: completion record", seen="recalled")
def write_record(k: Kernel, dev: Device, descriptor: Descriptor) -> Result[bool]:
    """Write the completion record. False: its page is not there, or not writable."""
    running = True
    while running:
        yield "translate"
        atomic("the device counts an access as in flight when it has the translation, and keeps none", hardware=True)
        entry = found(k, dev, descriptor.record)
        if entry is not None and permits(entry, True):
            k[Dma].in_flight[dev] = descriptor.record
            yield "write"
            atomic("a record is one write, and what an invalidation waits for is one event with it", hardware=True)
            put_record(k, descriptor, entry.frame)
            k[Dma].in_flight[dev] = None
            return True
        running = has(k, dsa_prs) and not refused(k, dev)
        if running:
            running = yield from request_pages(
                k, dev, descriptor.pasid, descriptor.record, None, True, descriptor.owner
            )
    return False


def put_record(k: Kernel, descriptor: Descriptor, frame: Frame) -> None:
    """The whole record reaches a frame."""
    put_status(k, descriptor, frame)
    body_written(k, descriptor.owner, descriptor.record)


def put_status(k: Kernel, descriptor: Descriptor, frame: Frame) -> None:
    """The status of a record reaches a frame: whoever finds it there takes the record for complete."""
    token = new_token(k, Writer.DMA, descriptor.owner)
    k.frame[frame].content = token
    stored(k, descriptor.owner, descriptor.record, frame, token)
    delivered(k, descriptor.owner, descriptor.record)


@operation(source="Intel DSA specification: event log", seen="recalled")
def log_fault(k: Kernel, dev: Device, wq: Wq, descriptor: Descriptor) -> Steps:
    """Write the record into the event log instead, and raise the interrupt; a full log loses it, or makes it wait."""
    atomic("hardware alone moves the tail", hardware=True)
    tail = k[Dsa].tail[dev]
    room = after(tail) != k[Dsa].head[dev]
    wait(room or not has(k, log_full_waits))
    if room:
        k[Dsa].log[dev, nth(Slot, tail)] = LogEntry(wq=wq, descriptor=descriptor)
        k[Dsa].tail[dev] = after(tail)
        k[Dsa].interrupt[dev] = True
    else:
        lost(k, wq, descriptor)
    yield from nothing()


def after(slot: Position) -> Position:
    """The next slot of the ring."""
    return (slot + 1) % size(Slot)
