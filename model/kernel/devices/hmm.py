"""What a driver finds in the page table of a process for its device's own page table; mm/hmm.c."""

from __future__ import annotations

from shootdown.model import Result, atomic, operation

from ..mm.fault import handle_mm_fault
from ..mm.state import Cpu, Kernel, Mm, Pte, Va
from ..mm.vma import access_error, vm_normal_page


@operation(source="mm/hmm.c:hmm_range_fault", seen="read in excerpts")
def hmm_range_fault(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Pte | None]:
    """The entry of a page, faulted in if need be; None: the process may not access it so.

    No reference is taken: the answer may be old when it returns.
    """
    found: Pte | None = None
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    faulted = True
    while faulted and found is None:
        yield "hmm_vma_handle_pte"
        atomic("with mmap_lock the VMA does not change")
        vma = k.vma[mm, va]
        if vma is None or vma.io or vma.pfnmap or access_error(vma, write):
            break
        pte = k.pte[mm, va]
        if pte is not None and not vm_normal_page(k, vma, pte):
            break
        if pte is not None and (pte.write or not write):
            found = pte
        else:
            faulted = yield from handle_mm_fault(k, cpu, mm, va, write, False)
    yield "mmap_read_unlock"
    k.mmap_lock[mm].read_unlock()
    return found
