"""The page cache: a file's page in memory, and what finds it for a fault.

Abstractions. A file has one page. What the disk holds is what was read or written back last. A file that was truncated
stays empty. The lock against truncation that file systems hold while they read a page in (invalidate_lock) is left out:
the second look at the size, with the page locked, does what is needed.
"""

from __future__ import annotations

from shootdown.model import Mechanism, Result, State, Steps, Table, atomic, has, operation, table

from .filepromise import page_added
from .frames import alloc_frame, lock_folio, put_frame
from .state import File, Frame, Kernel, Token

file_fault_rechecks = Mechanism(
    bool,
    meaning="a fault that has locked a page looks again whether it is still the file's, and the file long enough",
    since="v2.6.23",
    commit="d00806b18315",
    prevents="an entry for a page that a truncation has just taken from the file: nobody clears it any more",
    evidence="recalled",
)


class PageCache(State):
    """struct address_space of each file, and its inode's size."""

    truncated: Table[File, bool] = table(False, show="{0} truncated: {value}")
    """i_size is 0."""
    page: Table[File, Frame | None] = table(None, show="{0} page: {value}")
    """The file's page, if it is in memory; the page cache has a reference to it."""
    disk: Table[File, Token | None] = table(None)
    """What the disk holds of the page; None is zeros."""


def folio_unlock(k: Kernel, frame: Frame) -> None:
    """Let the page's lock go."""
    k.frame[frame].locked = False


def filemap_get_entry(k: Kernel, file: File, page: Frame) -> bool:
    """Take a reference to the page that was found, unless it is being freed, and look whether it is still the file's.

    As mm/filemap.c:filemap_get_entry does, which looks for a page again if that fails.
    """
    live = k.frame[page].refs > 0
    if not live:
        return False
    k.frame[page].refs += 1
    same = k[PageCache].page[file] == page
    if not same:
        put_frame(k, page)
    return same


@operation(source="mm/filemap.c:filemap_fault", seen="recalled")
def filemap_fault(k: Kernel, file: File) -> Result[Frame | None]:
    """The file's page, locked, with a reference; read in if it must be. None: SIGBUS, the file is too short."""
    while True:
        yield "filemap_get_folio"
        atomic("a page is taken if it is in the page cache once there is a reference to it; the size is read by itself")
        if k[PageCache].truncated[file]:
            return None
        found = k[PageCache].page[file]
        if found is None:
            yield from filemap_read_folio(k, file)
        elif filemap_get_entry(k, file, found):
            yield "folio_lock"
            lock_folio(k, found)
            if not has(k, file_fault_rechecks):
                return found
            yield "i_size_read"
            atomic("who truncates a file makes it shorter first, and takes the page from it with the page locked")
            if k.frame[found].file == file and not k[PageCache].truncated[file]:
                return found
            yield from folio_unlock_put(k, found)


@operation(source="mm/filemap.c:page_cache_ra_unbounded", seen="recalled")
def filemap_read_folio(k: Kernel, file: File) -> Steps:
    """Read the file's page into the page cache, unless somebody else does."""
    new = alloc_frame(k)
    yield "filemap_add_folio"
    atomic("nobody else knows the new page; the page cache has a lock of its own")
    k.frame[new].locked = True
    k.frame[new].file = file
    mine = k[PageCache].page[file] is None
    if mine:
        k[PageCache].page[file] = new
        page_added(k, new, file)
        yield "read_folio"
        atomic("what is read into a locked page is seen when it is unlocked")
        k.frame[new].content = k[PageCache].disk[file]
        folio_unlock(k, new)
    else:
        k.frame[new].file = None
        put_frame(k, new)


@operation(source="mm/filemap.c:filemap_lock_folio", seen="recalled")
def filemap_lock_folio(k: Kernel, file: File) -> Result[Frame | None]:
    """The file's page, locked, with a reference, if it is in memory."""
    while True:
        yield "filemap_get_folio"
        atomic("a page is taken if it is in the page cache once there is a reference to it")
        found = k[PageCache].page[file]
        if found is None:
            return None
        if filemap_get_entry(k, file, found):
            break
    yield "folio_lock"
    lock_folio(k, found)
    yield "folio_mapping"
    same = k.frame[found].file == file
    if same:
        return found
    yield from folio_unlock_put(k, found)
    return None


@operation(source="include/linux/pagemap.h:folio_unlock", seen="v6.12")
def folio_unlock_put(k: Kernel, page: Frame) -> Steps:
    """Let the page's lock go, then the reference."""
    yield "folio_unlock"
    folio_unlock(k, page)
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, page)
