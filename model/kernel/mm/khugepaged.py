"""khugepaged, as far as it takes entries of a file's page away, and the page cache giving up what nobody maps.

Huge pages are not modelled. What is left of collapse_pte_mapped_thp is what others see of it: the entry of a page that
stays in the page cache is cleared, so that a PMD, which comes later by a fault, can map it with its neighbours.
"""

from __future__ import annotations

from shootdown.model import Mechanism, Steps, atomic, has, operation, some, wait

from .filemap import PageCache, filemap_lock_folio, folio_unlock_put
from .frames import put_frame
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .state import Cpu, File, Frame, Kernel, Life, Mm, Va
from .zap import tlb_flush

collapse_notifies = Mechanism(
    bool,
    meaning="khugepaged puts its clearing of the entries of a file between start and end",
    since="v6.1",
    commit="f268f6cf875f",
    prevents="a mirror that uses a page which has left the page cache since",
    evidence="read",
)


@operation(source="mm/khugepaged.c:collapse_pte_mapped_thp", seen="recalled", litmus="collapse {mm} {va}")
def collapse_pte_mapped_thp(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """khugepaged clears the entry of a shared file's page; the page stays in the page cache."""
    wait(k.life[mm] == Life.RUNS)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "find_vma"
    vma = k.vma[mm, va]
    if vma is not None and vma.shared and vma.file is not None:
        page = yield from filemap_lock_folio(k, some(vma.file))
        if page is not None:
            yield from collapse_entry(k, cpu, mm, va, page)
            yield from folio_unlock_put(k, page)
    yield "mmap_write_unlock"
    k.mmap_lock[mm].write_unlock()


@operation(source="mm/khugepaged.c:collapse_pte_mapped_thp", seen="recalled")
def collapse_entry(k: Kernel, cpu: Cpu, mm: Mm, va: Va, page: Frame) -> Steps:
    """Clear the entry, if it maps the page. The page is locked, and its caller has a reference."""
    if has(k, collapse_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    pte = k.pte[mm, va]
    found = pte is not None and pte.frame == page
    if found:
        yield "ptep_clear"
        k.pte[mm, va] = None
        yield "folio_remove_rmap_pte"
        k.frame[page].mapcount -= 1
        yield "folio_ref_sub"
        k.frame[page].refs -= 1
        yield from tlb_flush(k, cpu, mm, va)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    if has(k, collapse_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)


@operation(source="mm/truncate.c:mapping_evict_folio", seen="recalled", litmus="drop_cache {file}")
def drop_cache(k: Kernel, cpu: Cpu, file: File) -> Steps:
    """The page cache gives the file's page up, if it is clean and nobody else has a reference to it (drop_caches)."""
    page = yield from filemap_lock_folio(k, file)
    if page is None:
        return
    yield "remove_mapping"
    atomic(
        "the references are frozen while the page leaves the page cache; what is clean may become dirty only after that"
    )
    if k.frame[page].file == file and not k.frame[page].dirty and k.frame[page].refs == 2:
        k[PageCache].page[file] = None
        k.frame[page].file = None
        put_frame(k, page)
    yield from folio_unlock_put(k, page)
