"""Taking pages away: mmu_gather, MADV_DONTNEED, munmap. The range ends before the TLBs are flushed (as recorded)."""

from __future__ import annotations

from shootdown.model import Record, Result, Steps, atomic, has, operation, pick, way

from .frames import put_frame, remove_rmap
from .i_mmap import unlink_file_vma
from .mechanisms import (
    SecondaryFlush,
    flush_before_free,
    nested_gather_flush,
    pfnmap_flush_before_unlink,
    rmap_removed_after_flush,
    secondary_flush,
    zap_notifies,
)
from .notifier import (
    Event,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
    mmu_notifier_invalidate_secondary,
)
from .promise import gone, taken, zapped
from .state import Cpu, Frame, Kernel, Mm, Va, Vma
from .swap import SwapSpace, free_swap_and_cache, swap_entry
from .tlb import flush_tlb_mm_range
from .tlbbatch import flush_put_off, flush_tlb_batched_pending
from .user import enter
from .vma import maps_anon_page, maps_file, vm_normal_page


class Gather(Record):
    """struct mmu_gather: whether a translation has to be flushed, and the pages that are freed after that."""

    flush: bool = False
    pages: frozenset[Frame] = frozenset()
    """Each with the reference that its entry had."""


@operation(source="mm/memory.c:zap_pte_range", seen="v6.12")
def zap_pte_range(k: Kernel, cpu: Cpu, mm: Mm, va: Va, detached: Vma | None, even_cows: bool) -> Result[Gather]:
    """Clear the entry, and gather what it mapped; `even_cows` False: leave it if that is an anonymous page.

    `detached`: its VMA, if that is not in the tree any more.
    """
    yield "pte_lock"
    atomic(
        "entries, and the mark of flushes put off, change only under this lock; VMAs do not, under mmap_lock or rmap"
    )
    k.ptl[mm].lock()
    vma = k.vma[mm, va] if detached is None else detached
    pte = k.pte[mm, va]
    entry = swap_entry(k, mm, va)
    gather = Gather()
    dirty = False
    special = vma is not None and (vma.pfnmap or vma.mixedmap)
    if flush_put_off(k, mm):
        yield from flush_tlb_batched_pending(k, cpu, mm)
    if entry is not None and even_cows:
        yield "pte_clear_not_present_full"
        k[SwapSpace].swap_pte[mm, va] = None
        zapped(k, cpu, mm, va)
        yield from free_swap_and_cache(k, entry.slot)
    elif entry is None and (pte is None or vma is None):
        zapped(k, cpu, mm, va)
    elif pte is not None and vma is not None and (even_cows or not maps_anon_page(k, vma, pte)):
        normal = vm_normal_page(k, vma, pte)
        gather = Gather(flush=True, pages=frozenset({pte.frame}) if normal else frozenset())
        dirty = normal and vma.file is not None and vma.shared and pte.write
        yield "ptep_get_and_clear_full"
        k.pte[mm, va] = None
        zapped(k, cpu, mm, va)
        if normal and not (dirty and has(k, rmap_removed_after_flush)):
            yield "folio_remove_rmap_pte"
            remove_rmap(k, pte.frame)
        if dirty:
            yield from tlb_flush(k, cpu, mm, va)
            if has(k, rmap_removed_after_flush):
                yield from tlb_flush_rmaps(k, pte.frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    if dirty:
        while len(gather.pages) > 0:
            yield "free_pages_and_swap_cache"
            atomic("the allocator gets the page when all of this is done")
            frame = pick(gather.pages)
            gather = Gather(flush=gather.flush, pages=gather.pages - frozenset({frame}))
            put_frame(k, frame)
        gather = Gather()
    if special and gather.flush and has(k, pfnmap_flush_before_unlink):
        yield from tlb_flush(k, cpu, mm, va)
        gather = Gather(pages=gather.pages)
    return gather


@operation(source="mm/mmu_gather.c:tlb_flush_rmaps", seen="v6.12")
def tlb_flush_rmaps(k: Kernel, frame: Frame) -> Steps:
    """Take the dirty page of a file out of the reverse map, now that no CPU can store to it through the entry."""
    yield "folio_remove_rmap_pte"
    remove_rmap(k, frame)


@operation(source="mm/mmu_gather.c:tlb_gather_mmu", seen="v6.12")
def tlb_gather_mmu(k: Kernel, mm: Mm) -> Steps:
    """Open a gather: others can see that a flush may be outstanding."""
    yield "inc_tlb_flush_pending"
    k.tlb_flush_pending[mm] += 1


@operation(source="mm/mmu_gather.c:tlb_finish_mmu", seen="v6.12")
def tlb_finish_mmu(k: Kernel, cpu: Cpu, mm: Mm, va: Va | None, gather: Gather, tables: bool) -> Steps:
    """Flush what was gathered, all of it if `tables` were freed or another gather is open; then free the pages."""
    yield "mm_tlb_flush_nested"
    nested = has(k, nested_gather_flush) and k.tlb_flush_pending[mm] > 1
    full = nested or tables
    flush = full or gather.flush
    if flush and has(k, flush_before_free):
        yield from tlb_flush(k, cpu, mm, None if full else va)
    while len(gather.pages) > 0:
        yield "free_pages_and_swap_cache"
        atomic("the allocator gets the page when all of this is done")
        frame = pick(gather.pages)
        gather = Gather(flush=gather.flush, pages=gather.pages - frozenset({frame}))
        put_frame(k, frame)
    if flush and not has(k, flush_before_free):
        yield from tlb_flush(k, cpu, mm, None if full else va)
    yield "dec_tlb_flush_pending"
    k.tlb_flush_pending[mm] -= 1


@operation(source="include/asm-generic/tlb.h:tlb_flush_mmu_tlbonly", seen="v6.12")
def tlb_flush(k: Kernel, cpu: Cpu, mm: Mm, va: Va | None) -> Steps:
    """Flush the CPUs' TLBs; before v6.6 then the secondary TLBs."""
    yield from flush_tlb_mm_range(k, cpu, mm, va)
    if way(k, secondary_flush) == SecondaryFlush.EXPLICIT_AND_END:
        yield from mmu_notifier_invalidate_secondary(k, mm, va)


@operation(source="mm/memory.c:zap_page_range_single", seen="v6.12", litmus="dontneed {mm} {va}")
def madvise_dontneed(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """MADV_DONTNEED: after the return the page reads as zeros."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_read_lock"
    atomic("with mmap_lock the VMA does not change")
    k.mmap_lock[mm].read_lock()
    vma = k.vma[mm, va]
    if vma is not None:
        yield from tlb_gather_mmu(k, mm)
        if has(k, zap_notifies):
            yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
        gather = yield from zap_pte_range(k, cpu, mm, va, vma, True)
        if has(k, zap_notifies):
            yield from mmu_notifier_invalidate_range_end(k, mm, va, False)
        yield from tlb_finish_mmu(k, cpu, mm, va, gather, False)
    yield "mmap_read_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].read_unlock()
    taken(k, cpu, mm, va)
    k.inside[cpu] = False


@operation(source="mm/vma.c:do_vmi_align_munmap", seen="v6.12", litmus="munmap {mm} {va}")
def munmap(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """After the return an access to the page is an error of the program."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "vma_iter_clear_gfp"
    vma = k.vma[mm, va]
    k.vma[mm, va] = None
    yield "mmap_write_downgrade"
    k.mmap_lock[mm].downgrade()
    yield from unmap_region(k, cpu, mm, va, vma)
    yield "mmap_read_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].read_unlock()
    gone(k, cpu, mm, va)
    k.inside[cpu] = False


@operation(source="mm/vma.c:unmap_region", seen="v6.12")
def unmap_region(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma | None) -> Steps:
    """Take the page, and the page table if it is the last one, from an address whose `vma` has left the tree."""
    yield from tlb_gather_mmu(k, mm)
    if has(k, zap_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.UNMAP)
    gather = yield from zap_pte_range(k, cpu, mm, va, vma, True)
    if has(k, zap_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)
    if maps_file(vma):
        yield from unlink_file_vma(k, mm, va)
    tables = yield from free_pgtables(k, mm)
    yield from tlb_finish_mmu(k, cpu, mm, va, gather, tables)


@operation(source="mm/memory.c:free_pgtables", seen="v6.12")
def free_pgtables(k: Kernel, mm: Mm) -> Result[bool]:
    """Unhook the page table if no VMA needs it; whether it was unhooked."""
    atomic("mmap_lock is held: the VMAs do not change")
    if k.page_table[mm] and all(k.vma[mm, va] is None for va in Va):
        yield "pmd_clear"
        k.page_table[mm] = False
        return True
    return False
