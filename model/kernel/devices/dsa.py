"""The device type `dsa`: a data streaming accelerator with an event log, shared by processes, behind an IOMMU.

It keeps no translation: each is used once, for one access. What caches do is seen with `sva` and `pri`.
"""

from __future__ import annotations

from shootdown.model import Device, DeviceType, Steps, hardware, nothing, operation, wait

from ..mm.notifier import arch_invalidate_secondary_tlbs, hears_ranges, release
from ..mm.state import Kernel, Mm, Va
from .dsa_engine import process_descriptor
from .dsa_fixup import idxd_evl_fault_work
from .dsa_log import process_evl_entries
from .dsa_queue import Wq, dsa_event_log
from .iommu import Iommu, intel_pasid_tear_down_entry, qi_submit_sync, work_off_queue
from .prq import iopf_work, prq_event_thread
from .requests import Requests, write_request


@operation(source="drivers/iommu/intel/svm.c:intel_arch_invalidate_secondary_tlbs", seen="read in several versions")
def dsa_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """The page table has changed: wait for accesses that have used it."""
    yield from qi_submit_sync(k, dev, mm, va, False)


@operation(source="drivers/iommu/intel/svm.c:intel_mm_release", seen="read in several versions")
def dsa_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends: the device reaches nothing of it from now on."""
    yield from intel_pasid_tear_down_entry(k, dev, mm, True)


def dsa_hears_ranges(k: Kernel, dev: Device) -> bool:
    """It does not: a subscription has either these or arch_invalidate_secondary_tlbs."""
    return False


DSA = DeviceType(
    "dsa",
    fills={
        arch_invalidate_secondary_tlbs: dsa_invalidate,
        release: dsa_release,
        hears_ranges: dsa_hears_ranges,
    },
    needs=(dsa_event_log,),
)


@hardware(unit="engine", device=DSA, owed=True, source="Intel DSA specification: engines", seen="recalled")
def dsa_execute(k: Kernel, dev: Device) -> Steps:
    """The device's engine."""
    yield from process_descriptor(k, dev)


@hardware(unit="idxd_misc", device=DSA, owed=True, source="drivers/dma/idxd/irq.c:idxd_misc_thread", seen="v6.9")
def idxd_misc_thread(k: Kernel, dev: Device) -> Steps:
    """The thread of the device's interrupt."""
    yield from process_evl_entries(k, dev)


@hardware(unit="evl_work", per=Wq, owed=True, source="drivers/dma/idxd/cdev.c:idxd_user_drv_probe", seen="read")
def evl_worker(k: Kernel, wq: Wq) -> Steps:
    """The work queue's own kernel work queue, with one worker."""
    yield from idxd_evl_fault_work(k, wq)


@hardware(unit="invalidation", device=DSA, owed=True, source="VT-d specification: queued invalidation")
def dsa_invalidate_caches(k: Kernel, dev: Device) -> Steps:
    """The IOMMU works off the descriptors. Requests that the device has sent arrive before its answer."""
    yield from work_off_queue(k, dev)
    yield "requests arrive"
    wait(k[Requests].message[dev] is None)
    yield "completion"
    k[Iommu].invalidations[dev].pop()


@hardware(unit="prq", device=DSA, owed=True, source="VT-d specification: page request queue")
def dsa_write_request(k: Kernel, dev: Device) -> Steps:
    """The IOMMU writes the device's request into the ring."""
    write_request(k, dev)
    yield from nothing()


@hardware(unit="prq_thread", device=DSA, owed=True, source="drivers/iommu/intel/prq.c:prq_event_thread", seen="read")
def dsa_event_thread(k: Kernel, dev: Device) -> Steps:
    """The thread of the IOMMU's page request interrupt."""
    yield from prq_event_thread(k, dev)


@hardware(unit="iopf", device=DSA, owed=True, source="drivers/iommu/io-pgfault.c:iopf_queue_alloc", seen="read")
def dsa_iopf_worker(k: Kernel, dev: Device) -> Steps:
    """The IOMMU's work queue for faults, with one worker."""
    yield from iopf_work(k, dev)
