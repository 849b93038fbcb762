"""khugepaged makes one huge page of the pages under a PMD entry: the entry is taken away, and comes back as a leaf.

Between the two nobody finds a page at the address. CPUs, devices and the reverse map meet an empty entry, and faults
wait for mmap_lock, so that the notifier's range need not stay open. Left is lockless pinning, which may have read the
PMD entry before: it is waited for, or finds out by itself. The lock of the PMD entry is left out: nobody else who takes
it can run.
"""

from __future__ import annotations

from shootdown.model import Mechanism, Result, Steps, atomic, has, note, operation, pick, wait

from .frames import add_new_anon_rmap, alloc_frame, put_frame, remove_rmap
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .pmd import Pmd, PmdEntries, PmdEntry
from .promise import mapped
from .state import Cpu, Frame, Kernel, Life, Mm, Pte, Va, Vma
from .swap import Swap, SwapSpace, unlock_folio
from .tlb import flush_tlb_mm_range
from .vma import is_cow_mapping

collapse_tells_mirrors = Mechanism(
    bool,
    meaning="khugepaged puts its clearing of the PMD entry of anonymous memory between start and end",
    since="v2.6.38",
    commit="ba76149f47d8",
    prevents="a mirror that keeps using the pages which were copied into the huge page",
    evidence="recalled",
)
collapse_flushes = Mechanism(
    bool,
    meaning="khugepaged flushes the TLBs after it has cleared the PMD entry, before it copies (pmdp_collapse_flush)",
    since="v2.6.38",
    commit="ba76149f47d8",
    prevents="a store to a page that was copied into the huge page",
    evidence="read",
)
collapse_syncs = Mechanism(
    bool,
    meaning="with the PMD entry cleared khugepaged waits for CPUs that have interrupts off (tlb_remove_table_sync_one)",
    since="v6.1",
    commit="2ba99c5e0881",
    prevents="a pin that is taken after khugepaged has looked for pins, where flushes do not wait for interrupts",
    evidence="read",
)
collapse_skips_referenced = Mechanism(
    bool,
    meaning="khugepaged leaves pages alone to which there are other references than entries (is_refcount_suitable)",
    since="v2.6.38",
    commit="ba76149f47d8",
    prevents="a pinned page that its owner leaves for the huge page",
    evidence="read",
)


@operation(source="mm/khugepaged.c:collapse_huge_page", seen="v6.12", litmus="collapse_huge {mm} {va}")
def collapse_huge_page(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """khugepaged, or MADV_COLLAPSE: put the page at the address into a huge page, if that is possible."""
    atomic("which PMD entry it is does not change")
    wait(k.life[mm] == Life.RUNS)
    upper = pick(Pmd)
    note(f"{upper}")
    yield "alloc_charge_folio"
    new = alloc_frame(k)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "hugepage_vma_revalidate"
    atomic("mmap_lock is held for writing")
    vma = k.vma[mm, va]
    fits = k.life[mm] == Life.RUNS and k.page_table[mm] and k[PmdEntries].pmd[mm] == PmdEntry.TABLE
    fits = fits and all(k.vma[mm, page] is None for page in Va if page != va)
    collapsed = False
    if vma is not None and fits and vma.file is None and is_cow_mapping(vma) and not (vma.pfnmap or vma.mixedmap):
        collapsed = yield from collapse(k, cpu, mm, va, vma, new)
    yield "mmap_write_unlock"
    k.mmap_lock[mm].write_unlock()
    if not collapsed:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, new)


@operation(source="mm/khugepaged.c:collapse_huge_page", seen="v6.12")
def collapse(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, new: Frame) -> Result[bool]:
    """Take the PMD entry away, copy the page, and store the leaf. False: the page is in use, and all is as before."""
    yield "anon_vma_lock_write"
    k.anon_vma.write_lock()
    if has(k, collapse_tells_mirrors):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
    yield from pmdp_collapse_flush(k, cpu, mm)
    if has(k, collapse_tells_mirrors):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)
    if has(k, collapse_syncs):
        yield from tlb_remove_table_sync_one(k, cpu)
    old = yield from collapse_isolate(k, mm, va)
    if old is None:
        yield "pmd_populate"
        k[PmdEntries].pmd[mm] = PmdEntry.TABLE
        yield "anon_vma_unlock_write"
        k.anon_vma.write_unlock()
        return False
    yield "anon_vma_unlock_write"
    k.anon_vma.write_unlock()
    yield from collapse_copy(k, mm, va, old, new)
    yield "folio_add_new_anon_rmap"
    atomic("nobody else knows the new page")
    add_new_anon_rmap(k, new)
    yield "set_pmd_at"
    atomic("the PMD entry is one word")
    k[PmdEntries].pmd[mm] = PmdEntry.LEAF
    k.pte[mm, va] = Pte(frame=new, write=vma.write)
    mapped(k, mm, va, new)
    return True


@operation(source="mm/pgtable-generic.c:pmdp_collapse_flush", seen="v6.12")
def pmdp_collapse_flush(k: Kernel, cpu: Cpu, mm: Mm) -> Steps:
    """Clear the PMD entry; on return no CPU translates by what hung there."""
    k[PmdEntries].pmd[mm] = PmdEntry.NONE
    if has(k, collapse_flushes):
        yield from flush_tlb_mm_range(k, cpu, mm, None)


@operation(source="mm/mmu_gather.c:tlb_remove_table_sync_one", seen="v6.12")
def tlb_remove_table_sync_one(k: Kernel, cpu: Cpu) -> Steps:
    """Interrupt every other CPU, and wait until each has taken it: what they did with interrupts off is over."""
    for other in Cpu:
        if other != cpu:
            yield "smp_call_function"
            wait(not k.irqs_off[other])


@operation(source="mm/khugepaged.c:__collapse_huge_page_isolate", seen="v6.12")
def collapse_isolate(k: Kernel, mm: Mm, va: Va) -> Result[Frame | None]:
    """The page that the taken table maps, locked. None: there is none that can be written, or it is in use."""
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    pte = k.pte[mm, va]
    old: Frame | None = None
    if pte is not None and pte.write:
        yield "folio_trylock"
        locked = not k.frame[pte.frame].locked
        k.frame[pte.frame].locked = True
        if locked:
            yield "is_refcount_suitable"
            atomic("the page is locked: it stays in the swap cache, or out of it; entries that map it are locked out")
            cached = sum(1 for slot in Swap if k[SwapSpace].swap_cache[slot] == pte.frame)
            sole = k.frame[pte.frame].refs == k.frame[pte.frame].mapcount + cached
            if sole or not has(k, collapse_skips_referenced):
                old = pte.frame
            else:
                yield "folio_unlock"
                atomic("a page without swap entries leaves the swap cache with the lock still held")
                unlock_folio(k, pte.frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return old


@operation(source="mm/khugepaged.c:__collapse_huge_page_copy", seen="v6.12")
def collapse_copy(k: Kernel, mm: Mm, va: Va, old: Frame, new: Frame) -> Steps:
    """Copy the page, then take it out of the taken table and give it back."""
    yield "copy_mc_user_highpage"
    atomic("nobody else knows the new page")
    k.frame[new].content = k.frame[old].content
    yield "release_pte_folio"
    atomic("a page without swap entries leaves the swap cache with the lock still held")
    unlock_folio(k, old)
    yield "pte_lock"
    k.ptl[mm].lock()
    yield "ptep_clear"
    k.pte[mm, va] = None
    yield "folio_remove_rmap_pte"
    remove_rmap(k, old)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    yield "free_page_and_swap_cache"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, old)
