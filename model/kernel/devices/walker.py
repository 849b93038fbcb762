"""A device that walks the CPU's page table for every access, and keeps no translation."""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    Enum,
    Mechanism,
    Result,
    State,
    Steps,
    Table,
    atomic,
    auto,
    has,
    operation,
    table,
    wait,
    way,
)

from ..mm.mechanisms import notifier_ranges_only
from ..mm.notifier import (
    Notifiers,
    arch_invalidate_secondary_tlbs,
    hears_ranges,
    mmu_notifier_register,
    mmu_notifier_unregister,
    release,
)
from ..mm.state import Cpu, Frame, Kernel, Mm, Va
from ..mm.walk import walked
from .dma import Dma, accesses, attach, bind, commit_read, commit_write, detach, translate
from .iopf import iommu_sva_handle_iopf


class WalkerAccess(Enum):
    """How far the walk of the page table and the access that it serves are apart."""

    TWO_STEPS = auto()
    AT_ONCE = auto()


walker_access = Mechanism(
    WalkerAccess,
    meaning="the access comes some time after the walk | walk and access are one event",
    prevents="an access that reaches a page after it was freed",
    evidence="inferred",
)
walker_flush_waits = Mechanism(
    bool,
    meaning="whoever flushes the CPUs' TLBs also waits for the accesses that the device has under way",
    prevents="an access that reaches a page after it was freed",
    evidence="inferred",
)


class Walker(State):
    """What devices that walk page tables may walk."""

    bound: Table[Device, bool] = table(False)


@operation(source="a device that walks the page table for every access", seen="design")
def walker_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Bind the device to the address space."""
    yield "bind"
    atomic("the driver's own lock is held while a device is set up")
    subscribes = bind(k, dev, mm) and not k[Notifiers].listed[mm, dev]
    if subscribes:
        yield from mmu_notifier_register(k, dev, mm)
    yield "enable"
    k[Walker].bound[dev] = True


@operation(source="a device that walks the page table for every access", seen="design")
def walker_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Unbind the device."""
    yield from mmu_notifier_unregister(k, dev, mm)
    yield from walker_release(k, dev, mm)


@operation(source="a device that walks the page table for every access", seen="design")
def walker_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Walk the page table; where it does not permit the access, request the page and try again."""
    while True:
        yield "lookup"
        atomic("the device counts an access as in flight when it begins the walk", hardware=True)
        wait(k[Dma].in_flight[dev] is None)
        mm = k[Dma].mm[dev]
        if mm is None or not k[Walker].bound[dev]:
            return None
        entry = walked(k, mm, va)
        if entry is not None and (entry.write or not write):
            if way(k, walker_access) == WalkerAccess.TWO_STEPS:
                k[Dma].in_flight[dev] = va
                return entry.frame
            if write:
                commit_write(k, dev, va, entry.frame)
            else:
                commit_read(k, dev, va, entry.frame)
            return None
        served = yield from iommu_sva_handle_iopf(k, k[Dma].worker[dev], mm, va, write)
        if not served:
            return None


@operation(source="a device that walks the page table for every access", seen="design")
def walker_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """There is nothing to drop; what can be left are accesses under way."""
    if has(k, walker_flush_waits):
        yield "wait for accesses"
        wait(not accesses(k, dev, frozenset(page for page in Va if va is None or page == va)))


@operation(source="a device that walks the page table for every access", seen="design")
def walker_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends: the device reaches nothing from now on."""
    k[Walker].bound[dev] = False
    yield from walker_invalidate(k, dev, mm, None)


def walker_hears_ranges(k: Kernel, dev: Device) -> bool:
    """It does not: a subscription has either these or arch_invalidate_secondary_tlbs."""
    return False


WALKER = DeviceType(
    "walker",
    fills={
        translate: walker_translate,
        attach: walker_attach,
        detach: walker_detach,
        arch_invalidate_secondary_tlbs: walker_invalidate,
        release: walker_release,
        hears_ranges: walker_hears_ranges,
    },
    needs=(notifier_ranges_only,),
)
