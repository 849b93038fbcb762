"""Reclaim of a file's page by MADV_PAGEOUT: a clean one leaves the page cache, a dirty one is only unmapped.

Abstractions. An entry through which may be written says that its page is dirty: a page becomes that before. What is
dirty is left to the flusher, as by all but kswapd.
"""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, has, operation

from .age import folio_referenced
from .fault import ptep_clear_flush
from .filemap import PageCache, folio_unlock
from .frames import put_frame
from .i_mmap import FileRmap
from .mechanisms import batched_unmap_flush, pageout_clears_young, reclaim_notifies
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .state import Cpu, File, Frame, Kernel, Mm, Va
from .tlbbatch import set_tlb_ubc_flush_pending, try_to_unmap_flush


@operation(source="mm/vmscan.c:shrink_folio_list", seen="v6.12")
def shrink_file_folio(k: Kernel, cpu: Cpu, frame: Frame) -> Steps:
    """Reclaim a file's page that is off the list, unless it is in use; gives the caller's reference back."""
    yield "folio_trylock"
    locked = not k.frame[frame].locked
    k.frame[frame].locked = True
    cpus: frozenset[Cpu] = frozenset()
    if locked:
        yield "folio_mapping"
        atomic("the page is locked: it stays the file's")
        file = k.frame[frame].file
        if file is not None:
            young = False
            if has(k, pageout_clears_young):
                young = yield from folio_referenced(k, frame, file)
            if not young:
                cpus = yield from try_to_unmap_file(k, cpu, frame, file)
                yield from remove_mapping(k, frame, file)
        yield "folio_unlock"
        folio_unlock(k, frame)
    yield from try_to_unmap_flush(k, cpu, cpus)
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, frame)


@operation(source="mm/rmap.c:try_to_unmap", seen="v6.12")
def try_to_unmap_file(k: Kernel, cpu: Cpu, frame: Frame, file: File) -> Result[frozenset[Cpu]]:
    """Clear every entry that maps the page; the CPUs whose flush is put off."""
    cpus: frozenset[Cpu] = frozenset()
    yield "i_mmap_lock_read"
    k[FileRmap].i_mmap_rwsem[file].read_lock()
    for mm in Mm:
        for va in Va:
            yield "vma_interval_tree_foreach"
            vma = k[FileRmap].i_mmap[mm, va]
            if vma is not None and vma.file == file:
                cpus = yield from try_to_unmap_one_file(k, cpu, mm, va, frame, cpus)
    yield "i_mmap_unlock_read"
    k[FileRmap].i_mmap_rwsem[file].read_unlock()
    return cpus


@operation(source="mm/rmap.c:try_to_unmap_one", seen="v6.12")
def try_to_unmap_one_file(
    k: Kernel, cpu: Cpu, mm: Mm, va: Va, frame: Frame, cpus: frozenset[Cpu]
) -> Result[frozenset[Cpu]]:
    """Clear one entry; the CPUs whose flush is put off. Nothing takes the entry's place: the file knows its page."""
    batch = cpus
    if has(k, reclaim_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    pte = k.pte[mm, va]
    if pte is not None and pte.frame == frame:
        if has(k, batched_unmap_flush):
            yield "ptep_get_and_clear"
            k.pte[mm, va] = None
            batch = yield from set_tlb_ubc_flush_pending(k, mm, batch)
        else:
            yield from ptep_clear_flush(k, cpu, mm, va)
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


@operation(source="mm/vmscan.c:__remove_mapping", seen="recalled")
def remove_mapping(k: Kernel, frame: Frame, file: File) -> Steps:
    """Take the page from the file, if nobody but the page cache and the caller has it, and it is not dirty."""
    yield "folio_ref_freeze"
    atomic(
        "the references are frozen while the page leaves the page cache; what is clean may become dirty only after that"
    )
    if k.frame[frame].mapcount == 0 and not k.frame[frame].dirty and k.frame[frame].refs == 2:
        k[PageCache].page[file] = None
        k.frame[frame].file = None
        put_frame(k, frame)
