"""The kernel's side of page requests: interrupt thread, fault groups, worker, drain; after VT-d and io-pgfault.c."""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Device,
    Mechanism,
    Result,
    Steps,
    atomic,
    check,
    has,
    operation,
    some,
    wait,
)

from ..mm.exit import mmdrop
from ..mm.notifier import mmu_notifier_put
from ..mm.pasid import Pasids
from ..mm.state import Kernel, Mm
from .dma import Dma
from .iommu import Torn, intel_pasid_tear_down_entry
from .iopf import iommu_sva_handle_iopf
from .requests import Answer, Group, PageRequest, Requests, answer_group

unbind_drains_requests = Mechanism(
    bool,
    meaning="unbinding waits until every page request of the PASID is answered (intel_iommu_drain_pasid_prq)",
    since="v5.8",
    commit="66ac4db36f4c",
    prevents="a request that is served in the address space which has the PASID next",
    evidence="read",
)
drain_after_release = Mechanism(
    bool,
    meaning="unbinding drains page requests also if release has taken the PASID entry down already (lost in v6.13)",
    since="v6.14",
    commit="cf08ca81d08a",
    prevents="a request of a process that has ended, served in the address space which has the PASID next",
    evidence="read",
)
drain_flushes_work = Mechanism(
    bool,
    meaning="the drain of page requests also waits for the groups that the worker has (iopf_queue_flush_dev)",
    since="v5.14",
    prevents="a worker that serves a group of a domain which has been freed",
    evidence="read",
)
prq_clears_pending_first = Mechanism(
    bool,
    meaning="the interrupt thread clears the pending bit before it reads the tail of the ring",
    since="v4.4",
    prevents="a request written in between, for which no interrupt comes",
    evidence="read",
)
unserved_is_answered = Mechanism(
    bool,
    meaning="a page request that nobody can serve is answered all the same: invalid",
    since="v4.4",
    prevents="a device that waits for ever for a page",
    evidence="read",
)
partial_is_kept = Mechanism(
    bool,
    meaning="a request that is not the last of its group is only kept, until the last one comes (lost in v6.9)",
    since="v6.11",
    commit="fca5b78511e9",
    prevents="an answer to a group that is not complete, and a second one when it is",
    evidence="read",
)
overflow_drops_partial = Mechanism(
    bool,
    meaning="after an overflow of the ring, requests whose group is not complete are dropped",
    since="v5.14",
    prevents="a request that is served with a later group of the same index, in the name of another process",
    evidence="read",
)


@operation(source="drivers/iommu/intel/prq.c:prq_event_thread", seen="read")
def prq_event_thread(k: Kernel, dev: Device) -> Steps:
    """Report every request in the ring, then look for an overflow. The head moves with each entry, not once."""
    wait(k[Requests].pending[dev])
    if has(k, prq_clears_pending_first):
        k[Requests].pending[dev] = False
    yield "read tail"
    left: Annotated[int, Between(0, 2)] = len(k[Requests].ring[dev])
    if not has(k, prq_clears_pending_first):
        yield "clear PPR"
        k[Requests].pending[dev] = False
    while left > 0:
        yield "page request"
        request = k[Requests].ring[dev].head
        yield from iommu_report_device_fault(k, dev, request)
        yield "write head"
        k[Requests].ring[dev].pop()
        left -= 1
    yield "PRO"
    overflow = k[Requests].overflow[dev]
    if overflow:
        yield "iopf_queue_discard_partial"
        atomic("no request is written while PRO is set, and this thread alone takes requests out")
        if k[Requests].ring[dev].empty:
            if has(k, overflow_drops_partial):
                k[Requests].partial[dev] = None
            k[Requests].overflow[dev] = False


@operation(source="drivers/iommu/io-pgfault.c:iommu_report_device_fault", seen="read in several versions")
def iommu_report_device_fault(k: Kernel, dev: Device, request: PageRequest) -> Steps:
    """Find whose the PASID is, and hand a complete group to the worker; keep a request that is not the last."""
    domain = k[Requests].handle[dev, request.pasid]
    if domain is None:
        if request.last and has(k, unserved_is_answered):
            yield "page_response"
            answer_group(k, dev, request, Answer.INVALID)
        return
    if not request.last:
        yield "partial"
        k[Requests].partial[dev] = request
        if has(k, partial_is_kept):
            return
    yield "iopf_group_alloc"
    atomic("fault_param->lock is held while the group is put together")
    first = k[Requests].partial[dev]
    if first is not None and first.group != request.group:
        first = None
    if first is not None:
        k[Requests].partial[dev] = None
    if not k[Requests].no_memory[dev]:
        k[Requests].work[dev].push(Group(domain=domain, first=first, last=request))
        return
    yield "abort_group"
    if has(k, unserved_is_answered):
        answer_group(k, dev, request, Answer.FAILURE)


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_handle_iopf", seen="read in several versions")
def iopf_work(k: Kernel, dev: Device) -> Steps:
    """Serve the requests of a group in order, until one fails, and answer the group."""
    wait(not k[Requests].work[dev].empty)
    group = k[Requests].work[dev].head
    served = True
    first = group.first
    if first is not None:
        served = yield from serve(k, dev, group.domain, first)
    if served:
        served = yield from serve(k, dev, group.domain, group.last)
    yield "iopf_group_response"
    if served or has(k, unserved_is_answered):
        answer_group(k, dev, group.last, Answer.SUCCESS if served else Answer.INVALID)
    yield "iopf_free_group"
    k[Requests].work[dev].pop()


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_handle_mm", seen="read in several versions")
def serve(k: Kernel, dev: Device, domain: Mm, request: PageRequest) -> Result[bool]:
    """Fault the page in, in the address space of the domain that the group was reported to."""
    atomic("what the worker has of the domain is its pointer: whether it is still there is not looked at")
    check(k[Requests].handle[dev, request.pasid] == domain, "no_work_outlives_its_owner")
    check(request.asker == domain, "requests_stay_with_those_who_asked")
    served = yield from iommu_sva_handle_iopf(k, k[Dma].worker[dev], domain, request.va, request.write)
    return served


@operation(source="drivers/iommu/intel/prq.c:intel_iommu_drain_pasid_prq", seen="read in several versions")
def intel_iommu_drain_pasid_prq(k: Kernel, dev: Device) -> Steps:
    """Wait until nothing is left of the PASID's requests. The device is stopped, and its caches are cleared.

    It waits for the whole ring; entries of others are not told from its own.
    """
    wait(k[Requests].ring[dev].empty)
    if has(k, drain_flushes_work):
        yield "iopf_queue_flush_dev"
        wait(k[Requests].work[dev].empty)
    yield "drain descriptors"
    wait(not k[Requests].overflow[dev])


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_unbind_device", seen="read in several versions")
def iommu_sva_unbind_device(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """Take the PASID away from the device: entry and caches, then requests, then the handle, then the domain.

    The caller has stopped the device.
    """
    torn = yield from intel_pasid_tear_down_entry(k, dev, mm, False)
    if torn == Torn.NOTHING:
        return
    if has(k, unbind_drains_requests) and (torn == Torn.PRESENT or has(k, drain_after_release)):
        yield from intel_iommu_drain_pasid_prq(k, dev)
    yield "iommu_detach_device_pasid"
    atomic("group->mutex is held; an address space keeps its number")
    k[Requests].handle[dev, some(k[Pasids].of[mm])] = None
    yield from mmu_notifier_put(k, dev, mm)
    yield from mmdrop(k, mm)
