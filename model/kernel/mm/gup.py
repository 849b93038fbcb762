"""get_user_pages under mmap_lock, and putting what it gave. `pin` True: FOLL_PIN; False: FOLL_GET."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, has, operation

from .fault import handle_mm_fault
from .frames import put_frame
from .mechanisms import gup_breaks_cow, gup_checks_vma_flags, gup_unshare
from .state import Cpu, Frame, Kernel, Mm, Va, Vma
from .vma import access_error, vm_normal_page


def grab(k: Kernel, frame: Frame, pin: bool) -> None:
    """A reference more, and if `pin` one that counts as a pin: one addition to the reference count of a small page."""
    k.frame[frame].refs += 1
    if pin:
        k.frame[frame].pins += 1


def put(k: Kernel, frame: Frame, pin: bool) -> None:
    """Give back what `grab` took."""
    if pin:
        k.frame[frame].pins -= 1
    put_frame(k, frame)


def must_unshare(k: Kernel, frame: Frame, pin: bool, write: bool) -> bool:
    """Whether a pin through an entry that is writable or not has to break copy on write first; mm/internal.h.

    A file's page is taken as it is (only FOLL_LONGTERM copies it).
    """
    anon = k.frame[frame].file is None
    return has(k, gup_unshare) and pin and not write and anon and not k.frame[frame].exclusive


def check_vma_flags(k: Kernel, vma: Vma, write: bool) -> bool:
    """Whether get_user_pages may look into the VMA; mm/gup.c. VM_MIXEDMAP is not asked for."""
    if has(k, gup_checks_vma_flags) and (vma.io or vma.pfnmap):
        return False
    return not access_error(vma, write)


@operation(source="mm/gup.c:__get_user_pages", seen="v6.12")
def get_user_pages_locked(k: Kernel, cpu: Cpu, mm: Mm, va: Va, pin: bool, write: bool) -> Result[Frame | None]:
    """Fault the page in until it can be taken. The caller holds mmap_lock for reading.

    None: there is no VMA, or nothing in it that may be taken.
    """
    got: Frame | None = None
    live = True
    while live and got is None:
        yield "follow_page_pte"
        atomic("entries, and the mark as exclusive, change only under this lock; VMAs do not, under mmap_lock")
        vma = k.vma[mm, va]
        if vma is None or not check_vma_flags(k, vma, write):
            return None
        k.ptl[mm].lock()
        pte = k.pte[mm, va]
        unshare = False
        # A huge leaf is not asked: follow_trans_huge_pmd relies on the VMA's flags (recalled).
        if pte is not None and not pte.huge and not vm_normal_page(k, vma, pte):
            live = False
        elif pte is not None and (pte.write or not write):
            unshare = must_unshare(k, pte.frame, pin, pte.write)
            if not unshare:
                got = pte.frame
                yield "try_grab_folio"
                atomic("a pin is one addition to the reference count")
                grab(k, pte.frame, pin)
        yield "pte_unlock"
        k.ptl[mm].unlock()
        if live and got is None:
            live = yield from handle_mm_fault(k, cpu, mm, va, write, unshare)
    return got


@operation(source="mm/gup.c:__gup_longterm_locked", seen="v6.12")
def gup_slow(k: Kernel, cpu: Cpu, mm: Mm, va: Va, pin: bool, write: bool) -> Result[Frame | None]:
    """Take the page with mmap_lock held. None: there is no VMA."""
    if pin:
        yield "mm_set_has_pinned_flag"
        k.has_pinned[mm] = True
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    got = yield from get_user_pages_locked(k, cpu, mm, va, pin, write or has(k, gup_breaks_cow))
    yield "mmap_read_unlock"
    k.mmap_lock[mm].read_unlock()
    return got


@operation(source="mm/gup.c:pin_user_pages", seen="v6.12")
def pin_user_pages(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Frame | None]:
    """Pin the page for DMA (FOLL_PIN), for writing if `write`. None: there is no VMA."""
    return (yield from gup_slow(k, cpu, mm, va, True, write))


@operation(source="mm/gup.c:unpin_user_page", seen="v6.12")
def unpin_user_page(k: Kernel, frame: Frame) -> Steps:
    """Give a pin back."""
    yield "gup_put_folio"
    atomic("a pin is one addition to the reference count; the allocator gets the page when all of this is done")
    put(k, frame, True)


@operation(source="mm/swap.c:put_page", seen="v6.12")
def put_page(k: Kernel, frame: Frame) -> Steps:
    """Give a FOLL_GET reference back."""
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put(k, frame, False)
