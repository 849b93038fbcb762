"""Writing a process's memory by /proc/PID/mem, which a mapping without the right to write does not stop (FOLL_FORCE).

The loop is that of get_user_pages (gup.py), with both FOLL_WRITE and FOLL_FORCE; it stands apart so that what does not
need it is spared its questions. Whoever debugs a program may write what it may only read, but into a private copy: the
page of a file is never written this way.
"""

from __future__ import annotations

from shootdown.model import Enum, Mechanism, Result, Steps, atomic, auto, operation, way

from .fault import do_anonymous_page, do_wp_page
from .file_fault import do_fault
from .gup import put_page
from .promise import pin_stored
from .state import Cpu, Frame, Kernel, Mm, Pte, Va, Vma, Writer, new_token
from .user import enter
from .vma import is_cow_mapping, vm_normal_page


class ForcedWrite(Enum):
    """How get_user_pages knows, when it looks again, that a fault has made the copy that it may write."""

    DROP_WRITE = auto()
    FOLL_COW = auto()
    EXCLUSIVE = auto()


class Faulted(Enum):
    """What a fault for get_user_pages has done: nothing, something, or broken copy on write (VM_FAULT_WRITE)."""

    FAILED = auto()
    DONE = auto()
    WROTE = auto()


foll_force = Mechanism(
    ForcedWrite,
    meaning="after a fault that broke copy on write, a forced write looks for any page (FOLL_WRITE is dropped)"
    " | for a dirty one (FOLL_COW) | at all times for a page that is anonymous and exclusive",
    since="v6.0",
    commit="5535be309971",
    prevents="a write to the page of a file that the process may only read",
    evidence="recalled",
)


def can_follow_write_pte(k: Kernel, vma: Vma, pte: Pte, wrote: bool) -> bool:
    """Whether a forced write may use the page; mm/gup.c.

    A read-only entry of a private mapping is dirty if it maps a copy: only the fault that makes one marks it so.
    """
    anon = vm_normal_page(k, vma, pte) and k.frame[pte.frame].file is None
    if way(k, foll_force) == ForcedWrite.EXCLUSIVE:
        return pte.write or (anon and is_cow_mapping(vma) and k.frame[pte.frame].exclusive)
    return pte.write or (way(k, foll_force) == ForcedWrite.FOLL_COW and wrote and anon)


@operation(source="mm/gup.c:__get_user_pages", seen="recalled")
def get_user_page_forced(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Result[Frame | None]:
    """A reference to the page, for a write that the mapping may not allow. The caller holds mmap_lock for reading."""
    got: Frame | None = None
    write = True
    wrote = False
    live = True
    while live and got is None:
        yield "follow_page_pte"
        atomic("entries, and the mark as exclusive, change only under this lock; VMAs do not, under mmap_lock")
        vma = k.vma[mm, va]
        if vma is None or vma.io or vma.pfnmap or not (vma.write or is_cow_mapping(vma)):
            return None
        k.ptl[mm].lock()
        pte = k.pte[mm, va]
        if pte is not None and (not write or can_follow_write_pte(k, vma, pte, wrote)):
            got = pte.frame
            yield "try_grab_folio"
            k.frame[pte.frame].refs += 1
        yield "pte_unlock"
        k.ptl[mm].unlock()
        if got is None:
            faulted = yield from faultin_page(k, cpu, mm, va, write)
            live = faulted != Faulted.FAILED
            if faulted == Faulted.WROTE and not vma.write:
                wrote = True
                write = way(k, foll_force) != ForcedWrite.DROP_WRITE
    return got


@operation(source="mm/gup.c:faultin_page", seen="recalled")
def faultin_page(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Faulted]:
    """Make the page present, or break copy on write, whatever the VMA allows user code."""
    atomic("mmap_lock is held: the VMA does not change")
    vma = k.vma[mm, va]
    if vma is None:
        return Faulted.FAILED
    orig = k.pte[mm, va]
    if orig is None and vma.file is not None:
        found = yield from do_fault(k, mm, va, vma, write)
        return Faulted.DONE if found else Faulted.FAILED
    if orig is None:
        yield from do_anonymous_page(k, mm, va, vma)
        return Faulted.DONE
    if not write or orig.write:
        return Faulted.DONE
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    same = k.pte[mm, va] == orig
    if same:
        yield from do_wp_page(k, cpu, mm, va, vma, orig, False)
        return Faulted.WROTE
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return Faulted.DONE


@operation(source="fs/proc/base.c:mem_write", seen="recalled", litmus="write_mem {mm} {va}")
def write_mem(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """A process writes to its own /proc/self/mem."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    page = yield from get_user_page_forced(k, cpu, mm, va)
    if page is not None:
        yield "copy_to_user_page"
        atomic("the write through the kernel's mapping is one store")
        token = new_token(k, Writer.CPU, mm)
        k.frame[page].content = token
        pin_stored(k, mm, va, page, token)
        yield from put_page(k, page)
    yield "mmap_read_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].read_unlock()
    k.inside[cpu] = False
