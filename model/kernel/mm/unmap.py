"""One entry less for a page that is reclaimed: a swap entry takes its place, or nothing for a file's page."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, has, operation, way

from .fault import ptep_clear_flush
from .frames import put_frame
from .mechanisms import (
    CowReuse,
    SecondaryFlush,
    batched_unmap_flush,
    cow_reuse,
    reclaim_notifies,
    secondary_flush,
)
from .notifier import (
    Event,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
    mmu_notifier_invalidate_secondary,
)
from .pmd import entry
from .state import Cpu, Frame, Kernel, Mm, Va
from .swap import Swap, SwapPte, SwapSpace
from .tlbbatch import set_tlb_ubc_flush_pending


@operation(source="mm/rmap.c:try_to_unmap_one", seen="v6.12")
def try_to_unmap_one(
    k: Kernel, cpu: Cpu, mm: Mm, va: Va, frame: Frame, slot: Swap | None, cpus: frozenset[Cpu]
) -> Result[frozenset[Cpu]]:
    """Take one entry from the page, if it maps it; the CPUs whose flush is put off.

    A swap entry for the slot takes its place, unless the page is pinned. Without a slot nothing does: the file knows
    its page.
    """
    batch = cpus
    if has(k, reclaim_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    pte = entry(k, mm, va)
    if pte is not None and pte.frame == frame:
        if has(k, batched_unmap_flush):
            yield "ptep_get_and_clear"
            k.pte[mm, va] = None
            batch = yield from set_tlb_ubc_flush_pending(k, mm, batch)
        else:
            yield from ptep_clear_flush(k, cpu, mm, va)
        pinned = False
        if slot is not None:
            yield "folio_try_share_anon_rmap_pte"
            atomic("the entry is gone, so that no pin is new: the mark as exclusive goes only from a page without pins")
            exclusive = k.frame[frame].exclusive and way(k, cow_reuse) == CowReuse.EXCLUSIVE
            pinned = exclusive and k.frame[frame].pins > 0
            if exclusive and not pinned:
                k.frame[frame].exclusive = False
            if pinned:
                yield "set_pte_at"
                k.pte[mm, va] = pte
            else:
                yield from set_swap_pte(k, mm, va, SwapPte(slot=slot, exclusive=exclusive))
        if not pinned:
            yield "folio_remove_rmap_pte"
            k.frame[frame].mapcount -= 1
            yield "folio_put"
            atomic("the allocator gets the page when all of this is done")
            put_frame(k, frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    if has(k, reclaim_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)
    return batch


@operation(source="mm/rmap.c:try_to_unmap_one", seen="v6.12")
def set_swap_pte(k: Kernel, mm: Mm, va: Va, entry: SwapPte) -> Steps:
    """Store the swap entry. The caller holds the PTE lock."""
    yield "swap_duplicate"
    k[SwapSpace].swap_map[entry.slot] += 1
    yield "set_pte_at"
    k[SwapSpace].swap_pte[mm, va] = entry
    if has(k, reclaim_notifies) and way(k, secondary_flush) == SecondaryFlush.EXPLICIT_AND_END:
        yield from mmu_notifier_invalidate_secondary(k, mm, va)
