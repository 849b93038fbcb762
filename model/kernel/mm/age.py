"""The age of a page, as far as reclaim asks devices for it: which of them have used it lately.

That CPUs have is not modelled: a page that is reclaimed is old for them.
"""

from __future__ import annotations

from shootdown.model import Result, atomic, operation

from .i_mmap import FileRmap
from .notifier import mmu_notifier_clear_flush_young
from .pmd import entry
from .state import File, Frame, Kernel, Mm, Va


@operation(source="mm/rmap.c:folio_referenced", seen="recalled")
def folio_referenced(k: Kernel, frame: Frame, file: File | None) -> Result[bool]:
    """Whether a device has used the page, of a file or anonymous, through an entry that maps it; the page is locked."""
    young = False
    if file is None:
        yield "anon_vma_lock_read"
        k.anon_vma.read_lock()
    else:
        yield "i_mmap_lock_read"
        k[FileRmap].i_mmap_rwsem[file].read_lock()
    for mm in Mm:
        for va in Va:
            yield "page_vma_mapped_walk"
            atomic("entries change only under this lock; who takes a PMD entry away holds the lock of the reverse map")
            k.ptl[mm].lock()
            pte = entry(k, mm, va)
            if pte is not None and pte.frame == frame:
                used = yield from mmu_notifier_clear_flush_young(k, mm, va)
                young = young or used
            yield "pte_unlock"
            k.ptl[mm].unlock()
    if file is None:
        yield "anon_vma_unlock_read"
        k.anon_vma.read_unlock()
    else:
        yield "i_mmap_unlock_read"
        k[FileRmap].i_mmap_rwsem[file].read_unlock()
    return young
