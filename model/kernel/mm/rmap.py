"""Clearing the entries of a file in whichever address space they are; special mappings are revoked by this, too."""

from __future__ import annotations

from shootdown.model import Steps, has, operation

from .i_mmap import FileRmap
from .mechanisms import zap_notifies
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .state import Cpu, File, Kernel, Mm, Va, Vma
from .zap import tlb_finish_mmu, tlb_gather_mmu, zap_pte_range


@operation(source="mm/memory.c:unmap_mapping_range", seen="v6.12")
def unmap_mapping_range(k: Kernel, cpu: Cpu, file: File, even_cows: bool) -> Steps:
    """Clear the entries of the file wherever it is mapped, one mapping after the other.

    `even_cows`: private copies, too. A child's VMA stands in the tree behind its parent's; here mappings come in the
    order of the world's address spaces, so that a scenario names a parent before its children.
    """
    yield "i_mmap_lock_read"
    k[FileRmap].i_mmap_rwsem[file].read_lock()
    for mm in Mm:
        for va in Va:
            yield "vma_interval_tree_foreach"
            vma = k[FileRmap].i_mmap[mm, va]
            if vma is not None and vma.file == file:
                yield from zap_page_range_single(k, cpu, mm, va, vma, even_cows)
    yield "i_mmap_unlock_read"
    k[FileRmap].i_mmap_rwsem[file].read_unlock()


@operation(source="mm/memory.c:zap_page_range_single", seen="v6.12")
def zap_page_range_single(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, even_cows: bool) -> Steps:
    """Clear the entry of one VMA, whoever runs in its address space. The tree of its file is locked."""
    yield from tlb_gather_mmu(k, mm)
    if has(k, zap_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
    gather = yield from zap_pte_range(k, cpu, mm, va, vma, even_cows)
    if has(k, zap_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)
    yield from tlb_finish_mmu(k, cpu, mm, va, gather, False)
