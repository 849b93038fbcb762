"""A sample of the language: slots, device types, units of a device, state of its own. Type-checked by the tests."""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    State,
    Steps,
    Table,
    choose,
    each_device,
    given,
    hardware,
    nothing,
    operation,
    slot,
    table,
    wait,
)

from .memory import Event, Kernel, Mm, Va, cow_break_notifies


class Mirror(State):
    """Entries that drivers keep."""

    entry: Table[tuple[Device, Va], bool] = table(False)
    mm: Table[Device, Mm] = given()
    blocked: Table[Device, bool] = table(False)


@slot
def invalidate_range_start(k: Kernel, dev: Device, mm: Mm, va: Va, event: Event) -> Steps:
    """mmu_notifier_ops.invalidate_range_start."""
    yield from nothing()


@slot
def is_bound(k: Kernel, dev: Device, mm: Mm) -> bool:
    """Whether the device works on the address space."""
    return False


@operation
def mirror_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va, event: Event) -> Steps:
    """Drop the entry."""
    yield "block"
    k[Mirror].blocked[dev] = True
    yield "drop"
    if event == Event.CLEAR:
        k[Mirror].entry[dev, va] = False


def mirror_is_bound(k: Kernel, dev: Device, mm: Mm) -> bool:
    """Whether the mirror is of this address space."""
    return k[Mirror].mm[dev] == mm


MIRROR = DeviceType(
    "mirror",
    fills={invalidate_range_start: mirror_invalidate, is_bound: mirror_is_bound},
    needs=(cow_break_notifies,),
)
PLAIN = DeviceType("plain")


@operation(litmus="invalidate {mm} {va}")
def invalidate(k: Kernel, mm: Mm, va: Va) -> Steps:
    """Tell every device."""
    yield from each_device(invalidate_range_start, k, mm, va, Event.CLEAR)
    yield "one"
    dev = choose(Device, where=lambda d: is_bound(k, d, mm))
    yield from invalidate_range_start(k, dev, mm, va, Event.PROTECT)


@hardware(unit="atc", device=MIRROR, atomic="a sample")
def mirror_fill(k: Kernel, dev: Device, va: Va) -> Steps:
    """Read the page table."""
    wait(not k[Mirror].blocked[dev] and k.pte[k[Mirror].mm[dev], va] is not None)
    k[Mirror].entry[dev, va] = True
    yield from nothing()


@operation(device=MIRROR, spontaneous=True, litmus="dma_read {va}")
def dma_read(k: Kernel, dev: Device, va: Va) -> Steps:
    """Use the entry."""
    wait(k[Mirror].entry[dev, va])
    yield "commit"
    wait(not k[Mirror].blocked[dev])
