"""Page faults: a page on first touch, and breaking copy on write."""

from __future__ import annotations

from shootdown.model import Result, Steps, atomic, has, operation, replace, size, way

from .exported import exporter_fault
from .file_fault import do_fault, wp_page_shared
from .filepromise import file_value
from .frames import add_new_anon_rmap, alloc_frame, put_frame, remove_rmap
from .mechanisms import (
    CowReuse,
    SecondaryFlush,
    change_pte_notifies,
    cow_break_notifies,
    cow_flush_before_set,
    cow_reuse,
    cow_rmap_last,
    secondary_flush,
)
from .notifier import (
    Event,
    mmu_notifier_change_pte,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
    mmu_notifier_invalidate_secondary,
)
from .pmd import populate
from .promise import file_copied, mapped
from .state import Cpu, Frame, Kernel, Mm, Pte, Va, Vma
from .swap import Swap, do_swap_page, swap_count, swap_entry, unlock_folio
from .tlb import flush_tlb_mm_range
from .vma import access_error, vm_normal_page


@operation(source="mm/memory.c:handle_mm_fault", seen="v6.12")
def handle_mm_fault(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool, unshare: bool) -> Result[bool]:
    """Make the page present, for `write` writable, for `unshare` exclusive, or a step nearer to it.

    The caller holds mmap_lock for reading. False: there is no VMA, or it does not allow the access.
    """
    atomic("mmap_lock is held: the VMA does not change; an entry is one word")
    vma = k.vma[mm, va]
    if vma is None or access_error(vma, write):
        return False
    orig = k.pte[mm, va]
    entry = swap_entry(k, mm, va)
    if orig is None and entry is None and (vma.pfnmap or vma.mixedmap):
        return (yield from exporter_fault(k, mm, va, vma))
    if orig is None and entry is None and vma.file is not None:
        return (yield from do_fault(k, mm, va, vma, write))
    if orig is None:
        if entry is None:
            yield from do_anonymous_page(k, mm, va, vma)
        else:
            yield from do_swap_page(k, mm, va, vma, entry, write)
        return True
    if (write or unshare) and not orig.write:
        yield "pte_lock"
        atomic("entries change only under this lock")
        k.ptl[mm].lock()
        same = k.pte[mm, va] == orig
        if same:
            yield from do_wp_page(k, cpu, mm, va, vma, orig, unshare)
        else:
            yield "pte_unlock"
            k.ptl[mm].unlock()
    return True


@operation(source="mm/memory.c:do_anonymous_page", seen="v6.12")
def do_anonymous_page(k: Kernel, mm: Mm, va: Va, vma: Vma) -> Steps:
    """Map a new page of zeros, unless somebody else was faster."""
    yield "pte_alloc"
    populate(k, mm)
    yield "folio_alloc"
    new = alloc_frame(k)
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    empty = k.pte[mm, va] is None and swap_entry(k, mm, va) is None
    if empty:
        yield "folio_add_new_anon_rmap"
        atomic("nobody else knows the new page")
        add_new_anon_rmap(k, new)
        yield "set_pte_at"
        k.pte[mm, va] = Pte(frame=new, write=vma.write)
        mapped(k, mm, va, new)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    if not empty:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, new)


@operation(source="mm/memory.c:do_wp_page", seen="v6.12")
def do_wp_page(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, orig: Pte, unshare: bool) -> Steps:
    """A write, or an unsharing, of a page that is present and read-only: keep the page or copy it.

    The caller holds the PTE lock and has compared the entry with `orig`; the lock is released here.
    """
    atomic("a page that is mapped stays anonymous or a file's")
    normal = vm_normal_page(k, vma, orig)
    anon = normal and k.frame[orig.frame].file is None
    if vma.shared and normal and not vma.mixedmap:
        yield from wp_page_shared(k, mm, va, vma, orig)
        return
    keep = vma.shared
    if anon and not keep:
        keep = way(k, cow_reuse) == CowReuse.EXCLUSIVE and k.frame[orig.frame].exclusive
    if anon and not keep:
        keep = yield from wp_can_reuse_anon_folio(k, orig.frame)
    if keep:
        if not unshare:
            yield "wp_page_reuse"
            k.pte[mm, va] = replace(orig, write=vma.write)
        yield "pte_unlock"
        k.ptl[mm].unlock()
    else:
        if normal:
            yield "folio_get"
            k.frame[orig.frame].refs += 1
        yield "pte_unlock"
        k.ptl[mm].unlock()
        yield from wp_page_copy(k, cpu, mm, va, vma, orig, unshare)


@operation(source="mm/memory.c:wp_can_reuse_anon_folio", seen="v6.12")
def wp_can_reuse_anon_folio(k: Kernel, frame: Frame) -> Result[bool]:
    """Whether nobody else has the page; then it is marked as exclusive. Where there is swap, it has to be locked."""
    if size(Swap) > 0:
        yield "folio_trylock"
        busy = k.frame[frame].locked
        k.frame[frame].locked = True
        if busy:
            return False
        yield "folio_ref_count"
    atomic("by mapcount, the page is locked where it may be swapped: it stays in the swap cache, or out of it")
    if way(k, cow_reuse) == CowReuse.MAPCOUNT:
        sole = k.frame[frame].mapcount + swap_count(k, frame) == 1
    else:
        sole = k.frame[frame].refs == 1
    if sole:
        yield "folio_move_anon_rmap"
        k.frame[frame].exclusive = True
    if size(Swap) > 0:
        yield "folio_unlock"
        atomic("a page without swap entries leaves the swap cache with the lock still held")
        unlock_folio(k, frame)
    return sole


@operation(source="mm/memory.c:wp_page_copy", seen="v6.12")
def wp_page_copy(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, orig: Pte, unshare: bool) -> Steps:
    """Break copy on write: give mm its own copy of what `orig` maps.

    The caller has a reference to that, if it is counted.
    """
    normal = vm_normal_page(k, vma, orig)
    write = vma.write and not unshare
    new = alloc_frame(k)
    copied = True
    if normal:
        yield "copy_user_highpage"
        atomic("nobody else knows the new page")
        k.frame[new].content = k.frame[orig.frame].content
        value = file_value(k, mm, va)
    else:
        yield "__wp_page_copy_user"
        atomic("it is read as user code would: a translation holds until the access is done", hardware=True)
        copied = k.pte[mm, va] == orig
        value = file_value(k, mm, va)
        if copied:
            k.frame[new].content = k.frame[orig.frame].content
    if not copied:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, new)
        return
    if has(k, cow_break_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.CLEAR)
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    same = k.pte[mm, va] == orig
    if same:
        if normal and not has(k, cow_rmap_last):
            yield "folio_remove_rmap_pte"
            remove_rmap(k, orig.frame)
        if has(k, cow_flush_before_set):
            yield from ptep_clear_flush(k, cpu, mm, va)
        yield "folio_add_new_anon_rmap"
        atomic("nobody else knows the new page")
        add_new_anon_rmap(k, new)
        if has(k, change_pte_notifies):
            yield from mmu_notifier_change_pte(k, mm, va, Pte(frame=new, write=write))
        yield "set_pte_at"
        k.pte[mm, va] = Pte(frame=new, write=write)
        mapped(k, mm, va, new)
        file_copied(k, mm, va, value)
        if not has(k, cow_flush_before_set):
            yield from flush_tlb_page_notify(k, cpu, mm, va)
        if normal and has(k, cow_rmap_last):
            yield "folio_remove_rmap_pte"
            remove_rmap(k, orig.frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    if has(k, cow_break_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, True)
    if normal:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, orig.frame)
    if not same:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, new)
    elif normal:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, orig.frame)


@operation(source="mm/pgtable-generic.c:ptep_clear_flush", seen="v6.12")
def ptep_clear_flush(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Make the entry none; on return no CPU translates through the old one."""
    k.pte[mm, va] = None
    yield from flush_tlb_page_notify(k, cpu, mm, va)


@operation(source="arch/x86/include/asm/tlbflush.h:flush_tlb_page", seen="v6.12")
def flush_tlb_page_notify(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Flush one page of the CPUs' TLBs; before v6.6 then the secondary TLBs (ptep_clear_flush_notify)."""
    yield from flush_tlb_mm_range(k, cpu, mm, va)
    if way(k, secondary_flush) == SecondaryFlush.EXPLICIT_AND_END:
        yield from mmu_notifier_invalidate_secondary(k, mm, va)
