"""mremap: a page moves to another address, with its entry."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, has, operation, ordinal

from .i_mmap import FileRmap, vma_link_file
from .mechanisms import mremap_flush_under_ptl, mremap_notifies, mremap_rmap_locks
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .promise import gone, may_read, may_write, moved
from .state import Cpu, Kernel, Mm, Va, Vma
from .swap import SwapSpace, swap_entry
from .tlb import flush_tlb_mm_range
from .tlbbatch import flush_put_off, flush_tlb_batched_pending
from .user import enter
from .zap import unmap_region


@operation(source="mm/mremap.c:move_vma", seen="v6.12", litmus="mremap {mm} {va} -> {to}")
def mremap(k: Kernel, cpu: Cpu, mm: Mm, va: Va, to: Va) -> Steps:
    """Move the page to an address where nothing is mapped; after the return the old one is as after munmap."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "copy_vma"
    atomic("mmap_lock is held for writing")
    vma = k.vma[mm, va]
    free = k.vma[mm, to] is None
    if vma is not None and free:
        k.vma[mm, to] = vma
        may_write(k, mm, to, vma.write)
        may_read(k, mm, to, not vma.inaccessible)
        file = vma.file
        if file is not None:
            yield from vma_link_file(k, mm, to, vma, file)
        yield from move_page_tables(k, cpu, mm, va, to, vma)
        yield "vma_iter_clear_gfp"
        k.vma[mm, va] = None
        yield from unmap_region(k, cpu, mm, va, vma)
    yield "mmap_write_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].write_unlock()
    if vma is not None and free:
        gone(k, cpu, mm, va)
    k.inside[cpu] = False


@operation(source="mm/mremap.c:move_page_tables", seen="v6.12")
def move_page_tables(k: Kernel, cpu: Cpu, mm: Mm, va: Va, to: Va, vma: Vma) -> Steps:
    """Move the entry between start and end of the old range. The new one held nothing that anybody could know."""
    if has(k, mremap_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.UNMAP)
    backwards = has(k, mremap_rmap_locks) and ordinal(to) < ordinal(va)
    if backwards:
        yield from take_rmap_locks(k, vma)
    flush = yield from move_ptes(k, cpu, mm, va, to)
    if backwards:
        yield from drop_rmap_locks(k, vma)
    if flush:
        yield from flush_tlb_mm_range(k, cpu, mm, va)
    if has(k, mremap_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)


@operation(source="mm/mremap.c:take_rmap_locks", seen="v6.12")
def take_rmap_locks(k: Kernel, vma: Vma) -> Steps:
    """Keep walks of the reverse map out, which would look at the new address before and at the old one after the move.

    A walk goes from one address to the next as the world lists them.
    """
    file = vma.file
    if file is not None:
        yield "i_mmap_lock_write"
        k[FileRmap].i_mmap_rwsem[file].write_lock()
    yield "anon_vma_lock_write"
    k.anon_vma.write_lock()


@operation(source="mm/mremap.c:drop_rmap_locks", seen="v6.12")
def drop_rmap_locks(k: Kernel, vma: Vma) -> Steps:
    """Let them go."""
    yield "anon_vma_unlock_write"
    k.anon_vma.write_unlock()
    file = vma.file
    if file is not None:
        yield "i_mmap_unlock_write"
        k[FileRmap].i_mmap_rwsem[file].write_unlock()


@operation(source="mm/mremap.c:move_ptes", seen="v6.12")
def move_ptes(k: Kernel, cpu: Cpu, mm: Mm, va: Va, to: Va) -> Result[bool]:
    """Move the entry, and flush the old address before anybody can take the page from the new one.

    True: the flush is left to the caller.
    """
    yield "pte_lock"
    atomic("entries, and the mark of flushes put off, change only under this lock")
    k.ptl[mm].lock()
    pte = k.pte[mm, va]
    entry = swap_entry(k, mm, va)
    if flush_put_off(k, mm):
        yield from flush_tlb_batched_pending(k, cpu, mm)
    later = False
    if pte is not None:
        yield "ptep_get_and_clear"
        k.pte[mm, va] = None
        yield "set_pte_at"
        k.pte[mm, to] = pte
        moved(k, cpu, mm, va, to)
        if has(k, mremap_flush_under_ptl):
            yield from flush_tlb_mm_range(k, cpu, mm, va)
        else:
            later = True
    elif entry is not None:
        yield "ptep_get_and_clear"
        k[SwapSpace].swap_pte[mm, va] = None
        yield "set_pte_at"
        k[SwapSpace].swap_pte[mm, to] = entry
        moved(k, cpu, mm, va, to)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return later
