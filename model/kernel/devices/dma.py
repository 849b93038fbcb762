"""Direct memory access: what processes do with devices, and what is common to all kinds of device.

An access finds a frame (lookup) and reaches memory later (commit); in between it is in flight, and whoever takes the
translation away has to wait for it. How a frame is found is the device type's business.
"""

from __future__ import annotations

from shootdown.model import (
    Device,
    Enum,
    Mechanism,
    Result,
    State,
    Steps,
    Table,
    atomic,
    auto,
    given,
    nothing,
    operation,
    slot,
    table,
    way,
)

from ..mm.promise import pin_saw, pin_stored, saw, stored
from ..mm.state import Cpu, Frame, Kernel, Mm, Va, Writer, new_token
from ..mm.user import enter


class Subscribing(Enum):
    """Which of the devices that join an address space subscribe to its changes."""

    EVERY_DEVICE = auto()
    FIRST_DEVICE = auto()
    NO_DEVICE = auto()


device_subscribes = Mechanism(
    Subscribing,
    meaning="a device that joins an address space is told of its changes | only if no other device was there | never",
    prevents="a device that goes on with translations which others were told to drop",
    evidence="inferred",
)


class Dma(State):
    """Accesses of devices."""

    mm: Table[Device, Mm | None] = table(None)
    """The address space whose pages the device reaches."""
    in_flight: Table[Device, Va | None] = table(None, show="{0} in flight: {value}")
    """The page whose translation an access has used that has not reached memory yet."""
    worker: Table[Device, Cpu] = given()
    """The processor that runs the driver's work for the device."""


@slot
def translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Find the frame for an access, and put the access in flight; None: it was refused, or needs no commit."""
    yield from nothing()
    return None


@slot
def attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Let the device reach the page."""
    yield from nothing()


@slot
def detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """On return the device does not reach the page any more."""
    yield from nothing()


@slot
def holds_reference(k: Kernel, dev: Device) -> bool:
    """Whether the device's accesses rest on references to pages, and not on the page table."""
    return False


@operation(source="drivers/infiniband/core/uverbs_cmd.c:ib_uverbs_reg_mr", litmus="register {dev} {mm} {va}")
def register(k: Kernel, cpu: Cpu, dev: Device, mm: Mm, va: Va) -> Steps:
    """A process lets a device reach one of its pages."""
    atomic("what a CPU has loaded, and its TLB, are its own")
    enter(k, cpu, mm)
    yield from attach(k, dev, cpu, mm, va)
    yield "ioctl returns"
    k.inside[cpu] = False


@operation(source="drivers/infiniband/core/uverbs_cmd.c:ib_uverbs_dereg_mr", litmus="unregister {dev} {mm} {va}")
def unregister(k: Kernel, cpu: Cpu, dev: Device, mm: Mm, va: Va) -> Steps:
    """A process takes the page back from the device."""
    atomic("what a CPU has loaded, and its TLB, are its own")
    enter(k, cpu, mm)
    yield from detach(k, dev, cpu, mm, va)
    yield "ioctl returns"
    k.inside[cpu] = False


@operation(source="PCIe memory write", litmus="dma_write {va}")
def dma_write(k: Kernel, dev: Device, va: Va) -> Steps:
    """The device stores to a page."""
    frame = yield from translate(k, dev, va, True)
    if frame is not None:
        yield "commit"
        atomic("the store, and what an invalidation waits for, are one event: the write is posted ahead of the answer")
        commit_write(k, dev, va, frame)
        k[Dma].in_flight[dev] = None


@operation(source="PCIe memory read", litmus="dma_read {va}")
def dma_read(k: Kernel, dev: Device, va: Va) -> Steps:
    """The device loads from a page."""
    frame = yield from translate(k, dev, va, False)
    if frame is not None:
        yield "commit"
        atomic("the load, and what an invalidation waits for, are one event: a read that has returned is complete")
        commit_read(k, dev, va, frame)
        k[Dma].in_flight[dev] = None


def commit_write(k: Kernel, dev: Device, va: Va, frame: Frame) -> None:
    """The device's store reaches the frame."""
    mm = k[Dma].mm[dev]
    assert mm is not None
    token = new_token(k, Writer.DMA, mm)
    k.frame[frame].content = token
    if holds_reference(k, dev):
        pin_stored(k, mm, va, frame, token)
    else:
        stored(k, mm, va, frame, token)


def commit_read(k: Kernel, dev: Device, va: Va, frame: Frame) -> None:
    """The device's load reaches the frame."""
    mm = k[Dma].mm[dev]
    assert mm is not None
    if holds_reference(k, dev):
        pin_saw(k, mm, va, frame)
    else:
        saw(k, mm, va, frame)


def bind(k: Kernel, dev: Device, mm: Mm) -> bool:
    """Let the device reach the address space; whether it is to subscribe to its changes."""
    k[Dma].mm[dev] = mm
    if way(k, device_subscribes) == Subscribing.FIRST_DEVICE:
        return all(k[Dma].mm[other] != mm or other == dev for other in Device)
    return way(k, device_subscribes) == Subscribing.EVERY_DEVICE


def accesses(k: Kernel, dev: Device, pages: frozenset[Va]) -> bool:
    """Whether an access to one of the pages is in flight."""
    page = k[Dma].in_flight[dev]
    return page is not None and page in pages
