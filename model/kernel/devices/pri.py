"""A device on the CPU's page table that sends page requests as messages: ATS, PASID and PRI, after VT-d.

Its translations are those of `sva`; what differs is that a page that is not there is asked for, served by others, and
answered. One process at a time has the device.
"""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    Mechanism,
    Result,
    State,
    Steps,
    Table,
    atomic,
    hardware,
    has,
    nothing,
    operation,
    table,
    wait,
)

from ..mm.mechanisms import iommu_sva
from ..mm.notifier import arch_invalidate_secondary_tlbs, hears_ranges, release
from ..mm.state import Cpu, Frame, Kernel, Mm, Va
from .dma import Dma, attach, detach, translate
from .iommu import (
    Iommu,
    PasidEntry,
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
from .prq import intel_iommu_drain_pasid_prq, iommu_sva_unbind_device, iopf_work, prq_event_thread
from .requests import Requests, find_ring_full, request_pages, write_request

stop_waits_for_requests = Mechanism(
    bool,
    meaning="a driver takes its device for stopped only when the requests that it has sent have reached the IOMMU",
    prevents="a request that reaches the ring when the drain has looked there",
    evidence="read",
)


release_leaves_drain = Mechanism(
    bool,
    meaning="release leaves the page requests of the address space to the unbind",
    prevents="a worker that waits for itself: it may be the last user of the address space that it serves",
    evidence="inferred",
)


class Pri(State):
    """Devices that send page requests."""

    busy: Table[Device, bool] = table(False)
    """An access waits for a page."""


@operation(source="drivers/iommu/intel/svm.c:intel_svm_set_dev_pasid", seen="read in several versions")
def pri_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Bind the device: subscribe, let page requests find their handler, then make the PASID entry present."""
    owner = k[Dma].mm[dev]
    if owner is not None and owner != mm:
        return
    pasid = yield from iommu_sva_bind_device(k, dev, mm)
    if pasid is not None:
        yield "iommu_attach_device_pasid"
        k[Requests].handle[dev, pasid] = mm
        yield "intel_pasid_setup_first_level"
        k[Iommu].entry[dev, pasid] = PasidEntry(mm=mm)
        yield "start queue"
        atomic("the driver's own lock is held while a device is set up")
        k[Iommu].tag[dev] = pasid
        k[Requests].stop[dev] = False


@operation(source="a driver of a device with PASID and PRI, as kernel-doc asks of it", seen="read")
def pri_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Stop the device, then unbind it, then let the next one have it."""
    if k[Dma].mm[dev] != mm:
        return
    yield "stop queue"
    k[Requests].stop[dev] = True
    yield "queue is stopped"
    atomic("a device that is to stop begins no access")
    wait(not k[Pri].busy[dev] and k[Dma].in_flight[dev] is None)
    wait(k[Requests].message[dev] is None or not has(k, stop_waits_for_requests))
    yield from iommu_sva_unbind_device(k, dev, mm)
    yield "queue is free"
    k[Dma].mm[dev] = None


@operation(source="drivers/misc/uacce/uacce.c:uacce_fops_release", seen="recalled", litmus="close {dev} {mm}")
def close(k: Kernel, cpu: Cpu, dev: Device, mm: Mm) -> Steps:
    """The last file of the process's queue is closed, by whoever has it: the process may have ended."""
    atomic("what a CPU runs is its own")
    wait(not k.inside[cpu])
    k.inside[cpu] = True
    for va in Va:
        yield from detach(k, dev, cpu, mm, va)
    yield "close returns"
    k.inside[cpu] = False


@operation(source="PCIe: address translation services, page request interface", seen="recalled")
def pri_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Use the device's cache; where neither it nor a walk permits the access, request the page and try again."""
    while True:
        yield "lookup"
        atomic(
            "a miss waits for a translation or for the answer that there is none; a hit counts as in flight",
            hardware=True,
        )
        wait(k[Dma].in_flight[dev] is None)
        wait(k[Requests].stop[dev] or permits(hit(k, dev, va), write) or not permits(found(k, dev, va), write))
        entry = hit(k, dev, va)
        mm = k[Dma].mm[dev]
        pasid = k[Iommu].tag[dev]
        k[Pri].busy[dev] = False
        if k[Requests].stop[dev] or mm is None or pasid is None:
            return None
        if entry is not None and permits(entry, write):
            k[Dma].in_flight[dev] = va
            return entry.frame
        if refused(k, dev):
            return None
        k[Pri].busy[dev] = True
        answered = yield from request_pages(k, dev, pasid, va, None, write, mm)
        if not answered:
            yield "give up"
            k[Pri].busy[dev] = False
            return None


@operation(source="drivers/iommu/intel/svm.c:intel_arch_invalidate_secondary_tlbs", seen="read in several versions")
def pri_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """The page table has changed: clear IOTLB and device cache."""
    yield from qi_submit_sync(k, dev, mm, va, False)


@operation(source="drivers/iommu/intel/svm.c:intel_mm_release", seen="read in several versions")
def pri_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends: the device reaches nothing from now on. Page requests are not drained here."""
    yield from intel_pasid_tear_down_entry(k, dev, mm, True)
    if not has(k, release_leaves_drain):
        yield from intel_iommu_drain_pasid_prq(k, dev)


def pri_hears_ranges(k: Kernel, dev: Device) -> bool:
    """It does not: a subscription has either these or arch_invalidate_secondary_tlbs."""
    return False


PRI = DeviceType(
    "pri",
    fills={
        translate: pri_translate,
        attach: pri_attach,
        detach: pri_detach,
        arch_invalidate_secondary_tlbs: pri_invalidate,
        release: pri_release,
        hears_ranges: pri_hears_ranges,
    },
    needs=(iommu_sva,),
)


@operation(source="PCIe: page request interface", seen="recalled", device=PRI, litmus="prefetch {va} {also}")
def prefetch(k: Kernel, dev: Device, va: Va, also: Va) -> Steps:
    """The device asks for two pages that it will need, in one group."""
    atomic("a device that is to stop begins nothing", hardware=True)
    mm = k[Dma].mm[dev]
    pasid = k[Iommu].tag[dev]
    if k[Requests].stop[dev] or mm is None or pasid is None or refused(k, dev):
        return
    k[Pri].busy[dev] = True
    yield from request_pages(k, dev, pasid, va, also, False, mm)
    yield "give up"
    k[Pri].busy[dev] = False


@hardware(unit="iotlb", device=PRI, source="VT-d specification: first-stage translation", litmus="fill_iotlb {va}")
def pri_iotlb_fill(k: Kernel, dev: Device, va: Va) -> Steps:
    """The IOMMU walks the page table and keeps what it finds."""
    fill_iotlb(k, dev, va)
    yield from nothing()


@hardware(unit="atc", device=PRI, source="PCIe: address translation services", litmus="request_translation {va}")
def pri_ats_request(k: Kernel, dev: Device, va: Va) -> Steps:
    """The device asks for a translation and keeps it."""
    ask_translation(k, dev, va)
    yield "fill ATC"
    fill_devtlb(k, dev)


@hardware(unit="invalidation", device=PRI, owed=True, source="VT-d specification: queued invalidation")
def pri_invalidate_caches(k: Kernel, dev: Device) -> Steps:
    """The IOMMU works off the descriptors. Requests that the device has sent arrive before its answer."""
    yield from work_off_queue(k, dev)
    yield "requests arrive"
    wait(k[Requests].message[dev] is None)
    yield "completion"
    k[Iommu].invalidations[dev].pop()


@hardware(unit="prq", device=PRI, owed=True, source="VT-d specification: page request queue")
def pri_write_request(k: Kernel, dev: Device) -> Steps:
    """The IOMMU writes the device's request into the ring."""
    write_request(k, dev)
    yield from nothing()


@hardware(unit="prq", device=PRI, owed=True, spontaneous=True, source="VT-d specification: page request queue")
def pri_overflow(k: Kernel, dev: Device) -> Steps:
    """The ring is full of requests of other devices."""
    find_ring_full(k, dev)
    yield from nothing()


@hardware(unit="memory", device=PRI, source="mm/page_alloc.c:alloc_pages", litmus="run_out_of_memory")
def pri_run_out_of_memory(k: Kernel, dev: Device) -> Steps:
    """From now on the interrupt thread gets no memory."""
    wait(not k[Requests].no_memory[dev])
    k[Requests].no_memory[dev] = True
    yield from nothing()


@hardware(unit="prq_thread", device=PRI, owed=True, source="drivers/iommu/intel/prq.c:prq_event_thread", seen="read")
def pri_event_thread(k: Kernel, dev: Device) -> Steps:
    """The thread of the IOMMU's page request interrupt."""
    yield from prq_event_thread(k, dev)


@hardware(unit="iopf", device=PRI, owed=True, source="drivers/iommu/io-pgfault.c:iopf_queue_alloc", seen="read")
def pri_iopf_worker(k: Kernel, dev: Device) -> Steps:
    """The IOMMU's work queue for faults, with one worker."""
    yield from iopf_work(k, dev)
