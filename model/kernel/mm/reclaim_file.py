"""Reclaim of a file's page by MADV_PAGEOUT: a clean one leaves the page cache, a dirty one is only unmapped.

Abstractions. An entry through which may be written says that its page is dirty: a page becomes that before. What is
dirty is left to the flusher, as by all but kswapd.
"""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, has, operation

from .age import folio_referenced
from .filemap import PageCache, folio_unlock
from .frames import put_frame
from .i_mmap import FileRmap
from .mechanisms import pageout_clears_young
from .state import Cpu, File, Frame, Kernel, Mm, Va
from .tlbbatch import try_to_unmap_flush
from .unmap import try_to_unmap_one


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
                cpus = yield from try_to_unmap_one(k, cpu, mm, va, frame, None, cpus)
    yield "i_mmap_unlock_read"
    k[FileRmap].i_mmap_rwsem[file].read_unlock()
    return cpus


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
