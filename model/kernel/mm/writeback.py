"""Writeback: what a dirty page of a file holds goes to disk, once nobody can store to it without asking again."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, operation, replace

from .filemap import PageCache, filemap_lock_folio, folio_unlock_put
from .i_mmap import FileRmap
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .state import Cpu, File, Frame, Kernel, Mm, Va
from .tlb import flush_tlb_mm_range


@operation(source="mm/page-writeback.c:write_cache_pages", seen="recalled", litmus="writeback {file}")
def writeback(k: Kernel, cpu: Cpu, file: File) -> Steps:
    """Write the file's page to disk if it is dirty: by the flusher thread, msync, or sync."""
    page = yield from filemap_lock_folio(k, file)
    if page is not None:
        dirty = yield from folio_clear_dirty_for_io(k, cpu, file, page)
        if dirty:
            yield "writepage"
            atomic("what the disk holds is known when the page is read in again, after writeback has ended")
            k[PageCache].disk[file] = k.frame[page].content
        yield from folio_unlock_put(k, page)


@operation(source="mm/page-writeback.c:folio_clear_dirty_for_io", seen="recalled")
def folio_clear_dirty_for_io(k: Kernel, cpu: Cpu, file: File, page: Frame) -> Result[bool]:
    """Take the right to write from every entry that maps the page, then its mark as dirty; whether it had that."""
    yield "folio_mapped"
    mapped = k.frame[page].mapcount > 0
    if mapped:
        yield from folio_mkclean(k, cpu, file, page)
    yield "folio_test_clear_dirty"
    dirty = k.frame[page].dirty
    k.frame[page].dirty = False
    return dirty


@operation(source="mm/rmap.c:folio_mkclean", seen="v6.12")
def folio_mkclean(k: Kernel, cpu: Cpu, file: File, page: Frame) -> Steps:
    """Walk the shared mappings of the file. The page is locked."""
    yield "i_mmap_lock_read"
    k[FileRmap].i_mmap_rwsem[file].read_lock()
    for mm in Mm:
        for va in Va:
            yield "vma_interval_tree_foreach"
            vma = k[FileRmap].i_mmap[mm, va]
            if vma is not None and vma.file == file and vma.shared:
                yield from page_mkclean_one(k, cpu, mm, va, page)
    yield "i_mmap_unlock_read"
    k[FileRmap].i_mmap_rwsem[file].read_unlock()


@operation(source="mm/rmap.c:page_mkclean_one", seen="v6.12")
def page_mkclean_one(k: Kernel, cpu: Cpu, mm: Mm, va: Va, page: Frame) -> Steps:
    """Write-protect the entry, if it maps the page and may be written."""
    yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.PROTECTION_PAGE)
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    pte = k.pte[mm, va]
    if pte is not None and pte.frame == page and pte.write:
        yield from clear_flush_entry(k, cpu, mm, va)
        yield "set_pte_at"
        k.pte[mm, va] = replace(pte, write=False)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    yield from mmu_notifier_invalidate_range_end(k, mm, va, False)


@operation(source="mm/pgtable-generic.c:ptep_clear_flush", seen="v6.12")
def clear_flush_entry(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Make the entry none; on return no CPU translates through the old one. Before v6.6 devices hear at the end."""
    k.pte[mm, va] = None
    yield from flush_tlb_mm_range(k, cpu, mm, va)
