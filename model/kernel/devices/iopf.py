"""Page requests of devices that walk the page table of a process; drivers/iommu/io-pgfault.c."""

from __future__ import annotations

from shootdown.model import Result, operation

from ..mm.fault import handle_mm_fault
from ..mm.state import Cpu, Kernel, Mm, Va
from .remote import mm_done, mmget_not_zero


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_handle_mm", seen="read in several versions")
def iommu_sva_handle_iopf(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[bool]:
    """Serve a page request by a page fault on behalf of the process. False: the answer is INVALID."""
    yield "mmget_not_zero"
    alive = mmget_not_zero(k, mm)
    if not alive:
        return False
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    served = yield from handle_mm_fault(k, cpu, mm, va, write, False)
    yield "mmap_read_unlock"
    k.mmap_lock[mm].read_unlock()
    yield from mm_done(k, cpu, mm)
    return served
