"""The tree of a file's mappings: what the reverse map of its pages walks."""

from __future__ import annotations

from shootdown.model import State, Steps, Table, operation, table

from .locks import RwSem
from .state import File, Kernel, Mm, Va, Vma


class FileRmap(State):
    """struct address_space: who maps the file."""

    i_mmap: Table[tuple[Mm, Va], Vma | None] = table(None, show="{0} {1} in i_mmap: {value}")
    """The VMA at the address, as long as it is in the tree of its file."""
    i_mmap_rwsem: Table[File, RwSem] = table(RwSem)


@operation(source="mm/vma.c:vma_link_file", seen="v6.12")
def vma_link_file(k: Kernel, mm: Mm, va: Va, vma: Vma, file: File) -> Steps:
    """From now on, who clears the entries of the file finds this VMA."""
    yield "i_mmap_lock_write"
    k[FileRmap].i_mmap_rwsem[file].write_lock()
    yield "vma_interval_tree_insert"
    k[FileRmap].i_mmap[mm, va] = vma
    yield "i_mmap_unlock_write"
    k[FileRmap].i_mmap_rwsem[file].write_unlock()


@operation(source="mm/mmap.c:unlink_file_vma", seen="v6.12")
def unlink_file_vma(k: Kernel, mm: Mm, va: Va) -> Steps:
    """Who clears the entries of the file does not find this VMA any more."""
    vma = k[FileRmap].i_mmap[mm, va]
    if vma is None:
        return
    file = vma.file
    if file is None:
        return
    yield "i_mmap_lock_write"
    k[FileRmap].i_mmap_rwsem[file].write_lock()
    yield "vma_interval_tree_remove"
    k[FileRmap].i_mmap[mm, va] = None
    yield "i_mmap_unlock_write"
    k[FileRmap].i_mmap_rwsem[file].write_unlock()
