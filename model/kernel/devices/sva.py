"""Devices on the CPU's page table behind an IOMMU: shared virtual addressing, where a page request is a call.

What the device asks the IOMMU for, and both caches, is in iommu.py; they may be filled at any time, also with nothing
to access. Where a page is not present, the fault is served at once: for requests as messages, see `pri`.
"""

from __future__ import annotations

from shootdown.model import Device, DeviceType, Result, Steps, atomic, hardware, nothing, operation, wait

from ..mm.exit import mmdrop
from ..mm.mechanisms import iommu_sva
from ..mm.notifier import arch_invalidate_secondary_tlbs, hears_ranges, mmu_notifier_put, release
from ..mm.state import Cpu, Frame, Kernel, Mm, Va
from .dma import Dma, attach, detach, translate
from .iommu import (
    Iommu,
    PasidEntry,
    Torn,
    ask_translation,
    fill_devtlb,
    fill_iotlb,
    found,
    hit,
    intel_pasid_tear_down_entry,
    iommu_sva_bind_device,
    permits,
    qi_submit_sync,
    refused,
    work_off_queue,
)
from .iopf import iommu_sva_handle_iopf


@operation(source="drivers/iommu/intel/svm.c:intel_svm_set_dev_pasid", seen="read in several versions")
def sva_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Bind the device to the address space: subscribe first, then make the PASID entry present."""
    pasid = yield from iommu_sva_bind_device(k, dev, mm)
    if pasid is not None:
        yield "intel_pasid_setup_first_level"
        atomic("iommu->lock is held, and nobody else programs the device")
        k[Iommu].entry[dev, pasid] = PasidEntry(mm=mm)
        k[Iommu].tag[dev] = pasid


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_unbind_device", seen="read in several versions")
def sva_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Unbind the device; the domain gives up its reference to the mm structure."""
    torn = yield from intel_pasid_tear_down_entry(k, dev, mm, False)
    if torn != Torn.NOTHING:
        yield from mmu_notifier_put(k, dev, mm)
        yield from mmdrop(k, mm)


@operation(source="PCIe: address translation services", seen="recalled")
def sva_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Use the device's cache; where neither it nor a walk permits the access, request the page and try again."""
    while True:
        yield "lookup"
        atomic(
            "a miss waits for a translation or for the answer that there is none; a hit counts as in flight",
            hardware=True,
        )
        wait(k[Dma].in_flight[dev] is None)
        wait(permits(hit(k, dev, va), write) or not permits(found(k, dev, va), write))
        entry = hit(k, dev, va)
        if entry is not None and permits(entry, write):
            k[Dma].in_flight[dev] = va
            return entry.frame
        mm = k[Dma].mm[dev]
        if mm is None or refused(k, dev):
            return None
        served = yield from iommu_sva_handle_iopf(k, k[Dma].worker[dev], mm, va, write)
        if not served:
            return None


@operation(source="drivers/iommu/intel/svm.c:intel_arch_invalidate_secondary_tlbs", seen="read in several versions")
def sva_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """The page table has changed: clear IOTLB and device cache."""
    yield from qi_submit_sync(k, dev, mm, va, False)


@operation(source="drivers/iommu/intel/svm.c:intel_mm_release", seen="read in several versions")
def sva_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends: the device reaches nothing from now on. No invalidation will reach the driver."""
    yield from intel_pasid_tear_down_entry(k, dev, mm, True)


def sva_hears_ranges(k: Kernel, dev: Device) -> bool:
    """It does not: a subscription has either these or arch_invalidate_secondary_tlbs."""
    return False


SVA = DeviceType(
    "sva",
    fills={
        translate: sva_translate,
        attach: sva_attach,
        detach: sva_detach,
        arch_invalidate_secondary_tlbs: sva_invalidate,
        release: sva_release,
        hears_ranges: sva_hears_ranges,
    },
    needs=(iommu_sva,),
)


@hardware(unit="iotlb", device=SVA, source="VT-d specification: first-stage translation", litmus="iotlb_fill {va}")
def iotlb_fill(k: Kernel, dev: Device, va: Va) -> Steps:
    """The IOMMU walks the page table and keeps what it finds."""
    fill_iotlb(k, dev, va)
    yield from nothing()


@hardware(unit="atc", device=SVA, source="PCIe: address translation services", litmus="ats_request {va}")
def ats_request(k: Kernel, dev: Device, va: Va) -> Steps:
    """The device asks for a translation and keeps it."""
    ask_translation(k, dev, va)
    yield "fill ATC"
    fill_devtlb(k, dev)


@hardware(unit="invalidation", device=SVA, owed=True, source="VT-d specification: queued invalidation")
def invalidate_caches(k: Kernel, dev: Device) -> Steps:
    """The IOMMU works off the descriptors in order, then reports completion."""
    yield from work_off_queue(k, dev)
    yield "completion"
    k[Iommu].invalidations[dev].pop()
