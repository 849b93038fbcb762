"""Faults on files: a page of the page cache is mapped, or copied for a private mapping that writes."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, operation, replace, some

from .filemap import filemap_fault, folio_unlock, folio_unlock_put
from .filepromise import file_value
from .frames import add_new_anon_rmap, alloc_frame, lock_folio, put_frame
from .pmd import populate
from .promise import file_copied, mapped
from .state import File, Frame, Kernel, Mm, Pte, Va, Vma
from .swap import swap_entry


@operation(source="mm/memory.c:do_fault", seen="v6.12")
def do_fault(k: Kernel, mm: Mm, va: Va, vma: Vma, write: bool) -> Result[bool]:
    """Map the page of the file, or a copy of it. The caller holds mmap_lock for reading. False: SIGBUS."""
    yield "pte_alloc"
    populate(k, mm)
    file = some(vma.file)
    if write and not vma.shared:
        return (yield from do_cow_fault(k, mm, va, vma, file))
    page = yield from filemap_fault(k, file)
    if page is None:
        return False
    mkwrite = True
    if write:
        yield "folio_unlock"
        folio_unlock(k, page)
        mkwrite = yield from do_page_mkwrite(k, page, file)
    done = False
    if mkwrite:
        done = yield from finish_fault(k, mm, va, Pte(frame=page, write=write))
    yield "folio_unlock"
    folio_unlock(k, page)
    if not done:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, page)
    return True


@operation(source="mm/memory.c:finish_fault", seen="v6.12")
def finish_fault(k: Kernel, mm: Mm, va: Va, pte: Pte) -> Result[bool]:
    """Map a file's page, with the reference that the caller has, unless somebody else was faster."""
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    empty = k.pte[mm, va] is None and swap_entry(k, mm, va) is None
    if empty:
        yield "folio_add_file_rmap_ptes"
        k.frame[pte.frame].mapcount += 1
        yield "set_ptes"
        k.pte[mm, va] = pte
        mapped(k, mm, va, pte.frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return empty


@operation(source="mm/memory.c:do_cow_fault", seen="v6.12")
def do_cow_fault(k: Kernel, mm: Mm, va: Va, vma: Vma, file: File) -> Result[bool]:
    """Map a copy of the file's page. False: SIGBUS."""
    yield "folio_prealloc"
    new = alloc_frame(k)
    page = yield from filemap_fault(k, file)
    if page is not None:
        yield "copy_user_highpage"
        atomic("nobody else knows the new page")
        k.frame[new].content = k.frame[page].content
        value = file_value(k, mm, va)
        yield "pte_lock"
        atomic("entries change only under this lock")
        k.ptl[mm].lock()
        empty = k.pte[mm, va] is None and swap_entry(k, mm, va) is None
        if empty:
            yield "folio_add_new_anon_rmap"
            atomic("nobody else knows the new page")
            add_new_anon_rmap(k, new)
            yield "set_ptes"
            k.pte[mm, va] = Pte(frame=new, write=vma.write)
            mapped(k, mm, va, new)
            file_copied(k, mm, va, value)
        yield "pte_unlock"
        k.ptl[mm].unlock()
        yield from folio_unlock_put(k, page)
        if empty:
            return True
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, new)
    return page is not None


@operation(source="mm/memory.c:do_page_mkwrite", seen="v6.12")
def do_page_mkwrite(k: Kernel, page: Frame, file: File) -> Result[bool]:
    """The file system lets the page become dirty. On return the page is locked. False: it has left the file."""
    lock_folio(k, page)
    yield "page_mkwrite"
    atomic("the page is locked: it stays the file's, or not")
    if k.frame[page].file != file:
        return False
    k.frame[page].dirty = True
    return True


@operation(source="mm/memory.c:wp_page_shared", seen="v6.12")
def wp_page_shared(k: Kernel, mm: Mm, va: Va, vma: Vma, orig: Pte) -> Steps:
    """The first write to a page that is mapped shared and read-only. The PTE lock is held, and released here."""
    file = some(vma.file)
    yield "folio_get"
    k.frame[orig.frame].refs += 1
    yield "pte_unlock"
    k.ptl[mm].unlock()
    allowed = yield from do_page_mkwrite(k, orig.frame, file)
    if allowed:
        yield from finish_mkwrite_fault(k, mm, va, orig)
    yield from folio_unlock_put(k, orig.frame)


@operation(source="mm/memory.c:finish_mkwrite_fault", seen="v6.12")
def finish_mkwrite_fault(k: Kernel, mm: Mm, va: Va, orig: Pte) -> Steps:
    """Make the entry writable, if it is still the same."""
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    same = k.pte[mm, va] == orig
    if same:
        yield "wp_page_reuse"
        k.pte[mm, va] = replace(orig, write=True)
    yield "pte_unlock"
    k.ptl[mm].unlock()
