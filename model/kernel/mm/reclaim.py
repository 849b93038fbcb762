"""Reclaim: kswapd, or a process by MADV_PAGEOUT, writes an anonymous page to swap and frees it.

Abstractions. One page at a time; the age of pages is what age.py says of it; every page is dirty. The reverse map is
walked by looking at every entry, in the order of the world. A walk that misses one finds the page still mapped, and
keeps it.
"""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, choose, has, operation, pick, size

from .age import folio_referenced
from .frames import put_frame
from .mechanisms import pageout_clears_young, reclaim_flush_before_io, reclaim_skips_pinned
from .pmd import entry
from .reclaim_file import shrink_file_folio
from .state import Cpu, Frame, Kernel, Mm, Pte, Va
from .swap import Swap, SwapSpace, add_to_swap, unlock_folio
from .tlbbatch import flush_put_off, flush_tlb_batched_pending, try_to_unmap_flush
from .unmap import try_to_unmap_one
from .user import enter
from .vma import vm_normal_page
from .zap import Gather, tlb_finish_mmu, tlb_gather_mmu


@operation(source="mm/vmscan.c:shrink_inactive_list", seen="recalled", litmus="reclaim")
def shrink_inactive_list(k: Kernel, cpu: Cpu) -> Steps:
    """kswapd takes any mapped anonymous page off the list, and tries to reclaim it."""
    atomic("lru_lock is held")
    frame = choose(Frame, where=lambda f: k.frame[f].mapcount > 0 and k.frame[f].file is None)
    yield "folio_try_get"
    live = k.frame[frame].refs > 0
    if live:
        k.frame[frame].refs += 1
        yield "folio_test_clear_lru"
        atomic("lru_lock is still held")
        file = k.frame[frame].file
        listed = k.frame[frame].mapcount > 0 and file is None
        if listed:
            yield from shrink_folio_list(k, cpu, frame, False)
        else:
            yield "folio_put"
            atomic("the allocator gets the page when all of this is done")
            put_frame(k, frame)


@operation(source="mm/madvise.c:madvise_cold_or_pageout_pte_range", seen="recalled", litmus="pageout {mm} {va}")
def madvise_pageout(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """MADV_PAGEOUT: reclaim the page, if nobody else maps it. What it holds stays as it is.

    In a world without swap nothing is reclaimed, and so flushes are never put off: not even for files.
    """
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    yield from tlb_gather_mmu(k, mm)
    yield "pte_lock"
    atomic(
        "entries, and the mark of flushes put off, change only under this lock; with mmap_lock the VMA does not change"
    )
    k.ptl[mm].lock()
    vma = k.vma[mm, va]
    pte = k.pte[mm, va]
    if flush_put_off(k, mm):
        yield from flush_tlb_batched_pending(k, cpu, mm)
    gather = Gather()
    isolated: Frame | None = None
    of_file = False
    if vma is not None and pte is not None and vm_normal_page(k, vma, pte):
        yield "folio_isolate_lru"
        atomic("only this process maps the page, and its entry is locked")
        of_file = k.frame[pte.frame].file is not None
        if k.frame[pte.frame].mapcount == 1 and (size(Swap) > 0 or not of_file):
            isolated = pte.frame
            k.frame[pte.frame].refs += 1
        if isolated is not None and has(k, pageout_clears_young):
            yield from ptep_clear_young(k, mm, va, pte)
            gather = Gather(flush=True)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    if isolated is not None:
        if of_file:
            yield from shrink_file_folio(k, cpu, isolated)
        else:
            yield from shrink_folio_list(k, cpu, isolated, has(k, pageout_clears_young))
    yield from tlb_finish_mmu(k, cpu, mm, va, gather, False)
    yield "mmap_read_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].read_unlock()
    k.inside[cpu] = False


@operation(source="mm/madvise.c:madvise_cold_or_pageout_pte_range", seen="recalled")
def ptep_clear_young(k: Kernel, mm: Mm, va: Va, pte: Pte) -> Steps:
    """Take the entry away and store it again, as one that was not used lately. The caller holds the PTE lock."""
    yield "ptep_get_and_clear_full"
    k.pte[mm, va] = None
    yield "set_pte_at"
    k.pte[mm, va] = pte


@operation(source="mm/vmscan.c:shrink_folio_list", seen="v6.12")
def shrink_folio_list(k: Kernel, cpu: Cpu, frame: Frame, ask_age: bool) -> Steps:
    """Reclaim a page that is off the list, unless it is in use; gives the caller's reference back.

    `ask_age`: leave it alone if a device has used it lately.
    """
    yield "folio_trylock"
    locked = not k.frame[frame].locked
    k.frame[frame].locked = True
    slot: Swap | None = None
    if locked:
        young = False
        if ask_age:
            young = yield from folio_referenced(k, frame, None)
        yield "folio_maybe_dma_pinned"
        keep = has(k, reclaim_skips_pinned) and k.frame[frame].pins > 0
        if not keep and not young:
            slot = yield from add_to_swap(k, frame)
    freed = False
    if slot is not None:
        cpus = yield from try_to_unmap(k, cpu, frame, slot)
        yield "folio_mapped"
        mapped = k.frame[frame].mapcount > 0
        if mapped:
            yield from try_to_unmap_flush(k, cpu, cpus)
        else:
            if has(k, reclaim_flush_before_io):
                yield from try_to_unmap_flush(k, cpu, cpus)
            freed = yield from pageout(k, frame, slot)
            if not has(k, reclaim_flush_before_io):
                yield from try_to_unmap_flush(k, cpu, cpus)
    if locked and not freed:
        yield "folio_unlock"
        atomic("a page without swap entries leaves the swap cache with the lock still held")
        unlock_folio(k, frame)
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, frame)


@operation(source="mm/rmap.c:try_to_unmap", seen="v6.12")
def try_to_unmap(k: Kernel, cpu: Cpu, frame: Frame, slot: Swap) -> Result[frozenset[Cpu]]:
    """Make every entry that maps the page a swap entry; the CPUs whose flush is put off."""
    cpus: frozenset[Cpu] = frozenset()
    yield "anon_vma_lock_read"
    k.anon_vma.read_lock()
    for mm in Mm:
        for va in Va:
            yield "page_vma_mapped_walk"
            atomic("who takes a PMD entry away holds the lock of the reverse map")
            found = entry(k, mm, va)
            if found is not None and found.frame == frame:
                cpus = yield from try_to_unmap_one(k, cpu, mm, va, frame, slot, cpus)
    yield "anon_vma_unlock_read"
    k.anon_vma.read_unlock()
    return cpus


@operation(source="mm/vmscan.c:pageout", seen="v6.12")
def pageout(k: Kernel, frame: Frame, slot: Swap) -> Result[bool]:
    """Write the page out, and take it from the swap cache if that is done at once; whether it is the caller's alone.

    What CPUs may still store through old translations has to reach the page before it is written.
    """
    written = pick(bool)
    yield "swap_writepage"
    atomic("what is written is known when the page is read back, or freed")
    k[SwapSpace].content[slot] = k.frame[frame].content
    freed = False
    if written:
        yield "folio_ref_freeze"
        freed = k.frame[frame].refs == 2
        if freed:
            k.frame[frame].refs = 0
            yield "__delete_from_swap_cache"
            k[SwapSpace].swap_cache[slot] = None
            yield "folio_ref_unfreeze"
            atomic("nobody can find the page any more")
            k.frame[frame].refs = 1
            k.frame[frame].locked = False
    return freed
