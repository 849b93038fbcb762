"""get_user_pages without locks: with interrupts off, which keeps page tables, and not entries, as they are."""

from __future__ import annotations

from shootdown.model import Result, atomic, has, operation, size, way

from .gup import grab, gup_slow, must_unshare, put
from .mechanisms import (
    Arch,
    arch,
    gup_breaks_cow,
    gup_fast_recheck,
    gup_fast_rechecks_pmd,
    gup_fast_tests_special,
    write_protect_seq,
)
from .pmd import Pmd, PmdEntry, entry_under, pmd_of
from .state import Cpu, Frame, Kernel, Mm, Pte, Va
from .walk import walked_under


@operation(source="mm/gup.c:pin_user_pages_fast", seen="v6.12")
def pin_user_pages_fast(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Frame | None]:
    """Pin the page for DMA (FOLL_PIN), without locks if that is possible. None: there is no VMA."""
    return (yield from gup_fast_fallback(k, cpu, mm, va, True, write))


@operation(source="mm/gup.c:get_user_pages_fast", seen="v6.12")
def get_user_pages_fast(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Frame | None]:
    """Take a reference to the page (FOLL_GET), without locks if that is possible. None: there is no VMA."""
    return (yield from gup_fast_fallback(k, cpu, mm, va, False, write))


@operation(source="mm/gup.c:get_user_pages_fast_only", seen="v6.12")
def get_user_pages_fast_only(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Frame | None]:
    """Take a reference to the page (FOLL_GET) without locks. None: something was in the way."""
    return (yield from gup_fast(k, cpu, mm, va, False, write))


@operation(source="mm/gup.c:gup_fast_fallback", seen="v6.12")
def gup_fast_fallback(k: Kernel, cpu: Cpu, mm: Mm, va: Va, pin: bool, write: bool) -> Result[Frame | None]:
    """Try without locks, then with mmap_lock."""
    if pin:
        yield "mm_set_has_pinned_flag"
        k.has_pinned[mm] = True
    got = yield from gup_fast(k, cpu, mm, va, pin, write or has(k, gup_breaks_cow))
    if got is None:
        got = yield from gup_slow(k, cpu, mm, va, pin, write)
    return got


@operation(source="mm/gup.c:gup_fast", seen="v6.12")
def gup_fast(k: Kernel, cpu: Cpu, mm: Mm, va: Va, pin: bool, write: bool) -> Result[Frame | None]:
    """Take the page without locks. None: something was in the way."""
    watch = pin and has(k, write_protect_seq)
    seq = k.write_protect_seq[mm].sequence if watch else 0
    if watch and seq % 2 == 1:
        return None
    yield "local_irq_save"
    k.irqs_off[cpu] = True
    if size(Pmd) > 0:
        got = yield from gup_fast_pmd_range(k, mm, va, pin, write)
    else:
        got = yield from gup_fast_pte_range(k, mm, va, pin, write, PmdEntry.TABLE)
    yield "local_irq_restore"
    k.irqs_off[cpu] = False
    if watch and got is not None:
        yield "read_seqcount_retry"
        moved = k.write_protect_seq[mm].sequence != seq
        if moved:
            yield "gup_fast_unpin_user_pages"
            atomic("a pin is one addition to the reference count; the allocator gets the page when all of this is done")
            put(k, got, pin)
            got = None
    return got


def gup_fast_refuses(k: Kernel, pte: Pte) -> bool:
    """Whether the entry says that its page must not be taken. Without the bit, no small page can be told."""
    if not pte.huge and way(k, arch) == Arch.NO_PTE_SPECIAL:
        return True
    return has(k, gup_fast_tests_special) and pte.special


@operation(source="mm/gup.c:gup_fast_pmd_range", seen="v6.12")
def gup_fast_pmd_range(k: Kernel, mm: Mm, va: Va, pin: bool, write: bool) -> Result[Frame | None]:
    """Read the PMD entry, and go on with what hangs there. None: nothing does."""
    pmd = pmd_of(k, mm)
    if pmd == PmdEntry.NONE:
        return None
    return (yield from gup_fast_pte_range(k, mm, va, pin, write, pmd))


@operation(source="mm/gup.c:gup_fast_pte_range", seen="v6.12")
def gup_fast_pte_range(k: Kernel, mm: Mm, va: Va, pin: bool, write: bool, pmd: PmdEntry) -> Result[Frame | None]:
    """Read the entry, take the page, read PMD entry and entry again. No VMA is looked at."""
    atomic("what hung under the PMD entry before is empty when a leaf is stored there")
    pte = walked_under(k, mm, va, pmd)
    if pte is None or (write and not pte.write) or gup_fast_refuses(k, pte):
        return None
    yield "try_grab_folio_fast"
    atomic("a pin is one addition to the reference count")
    free = k.frame[pte.frame].refs == 0
    if free:
        return None
    grab(k, pte.frame, pin)
    refuse = False
    if size(Pmd) > 0 and has(k, gup_fast_rechecks_pmd):
        yield "pmd_same"
        refuse = pmd_of(k, mm) != pmd
    if not refuse and has(k, gup_fast_recheck):
        yield "pte_same"
        atomic("what hung under the PMD entry before is empty when a leaf is stored there")
        refuse = entry_under(k, mm, va, pmd) != pte
    if not refuse:
        yield "gup_must_unshare"
        atomic("a page that is mapped stays anonymous or a file's")
        refuse = must_unshare(k, pte.frame, pin, pte.write)
    if refuse:
        yield "gup_put_folio"
        atomic("a pin is one addition to the reference count; the allocator gets the page when all of this is done")
        put(k, pte.frame, pin)
        return None
    return pte.frame
