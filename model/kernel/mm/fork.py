"""fork: the child shares the parent's pages, read-only in both; pinned pages are copied at once."""

from __future__ import annotations

from shootdown.model import Steps, atomic, has, operation, replace, size, wait, way

from .filepromise import file_inherited
from .frames import add_new_anon_rmap, alloc_frame, put_frame
from .i_mmap import vma_link_file
from .mechanisms import (
    CowReuse,
    cow_reuse,
    early_copy,
    fork_clears_exclusive,
    fork_final_flush,
    fork_links_file_first,
    fork_notifies,
    write_protect_seq,
)
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .pmd import Pmd, PmdEntries
from .promise import forked, forks, inherited, mapped, may_read, may_write
from .state import Cpu, Frame, Kernel, Life, Mm, Pte, Va, Vma
from .swap import SwapPte, SwapSpace, swap_entry
from .tlb import flush_tlb_mm_range
from .user import enter
from .vma import is_cow_mapping, vm_normal_page, vma_needs_copy


@operation(source="kernel/fork.c:kernel_clone", seen="v6.12", litmus="fork {mm} -> {child}")
def fork(k: Kernel, cpu: Cpu, mm: Mm, child: Mm) -> Steps:
    """Make the child a copy of mm; its first task may run from the last step on."""
    atomic("nobody else knows the child")
    wait(k.life[child] == Life.UNUSED)
    enter(k, cpu, mm)
    k.life[child] = Life.FORMING
    k.users[child] = 1
    k.count[child] = 1
    forks(k, mm, child)
    yield from dup_mmap(k, cpu, mm, child)
    yield "wake_up_new_task"
    atomic("that the parent's task is back in user mode is seen by nobody who sees the child")
    k.life[child] = Life.RUNS
    k.inside[cpu] = False
    forked(k, child)


@operation(source="kernel/fork.c:dup_mmap", seen="v6.12")
def dup_mmap(k: Kernel, cpu: Cpu, mm: Mm, child: Mm) -> Steps:
    """Copy every VMA that children get, with its pages; then flush the parent's TLBs, once."""
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    for va in Va:
        yield "vm_area_dup"
        atomic("mmap_lock is held for writing, and nobody else knows the child")
        vma = k.vma[mm, va]
        if vma is not None and not vma.dontcopy:
            k.vma[child, va] = vma
            may_write(k, child, va, vma.write)
            may_read(k, child, va, not vma.inaccessible)
            file_inherited(k, mm, child, va)
            file = vma.file
            if file is not None and has(k, fork_links_file_first):
                yield from vma_link_file(k, child, va, vma, file)
            if vma_needs_copy(vma):
                yield from copy_page_range(k, mm, child, va, vma)
            if file is not None and not has(k, fork_links_file_first):
                yield from vma_link_file(k, child, va, vma, file)
    if has(k, fork_final_flush):
        yield from flush_tlb_mm_range(k, cpu, mm, None)
    yield "mmap_write_unlock"
    k.mmap_lock[mm].write_unlock()


@operation(source="mm/memory.c:copy_page_range", seen="v6.12")
def copy_page_range(k: Kernel, mm: Mm, child: Mm, va: Va, vma: Vma) -> Steps:
    """Share the pages of one VMA. Rights are taken away only where pages are copied on write."""
    cow = is_cow_mapping(vma)
    if cow and has(k, fork_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.PROTECTION_PAGE)
    if cow and has(k, write_protect_seq):
        yield "raw_write_seqcount_begin"
        k.write_protect_seq[mm].write_begin()
    yield from copy_pte_range(k, mm, child, va, vma)
    if cow and has(k, write_protect_seq):
        yield "raw_write_seqcount_end"
        k.write_protect_seq[mm].write_end()
    if cow and has(k, fork_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)


@operation(source="mm/memory.c:copy_pte_range", seen="v6.12")
def copy_pte_range(k: Kernel, mm: Mm, child: Mm, va: Va, vma: Vma) -> Steps:
    """Copy one entry, under both PTE locks; a pinned page needs a page for the child, allocated without them."""
    prealloc: Frame | None = None
    again = True
    while again:
        again = False
        yield "pte_lock"
        atomic("entries change only under this lock, and nobody else knows the child's page table")
        k.ptl[mm].lock()
        k.page_table[child] = k.page_table[mm]
        if size(Pmd) > 0:
            k[PmdEntries].pmd[child] = k[PmdEntries].pmd[mm]
        pte = k.pte[mm, va]
        entry = swap_entry(k, mm, va)
        if entry is not None:
            yield from copy_nonpresent_pte(k, mm, child, va, entry)
        if pte is not None and not vm_normal_page(k, vma, pte):
            yield from copy_present_ptes(k, mm, child, va, vma, pte)
        elif pte is not None:
            yield "folio_get"
            k.frame[pte.frame].refs += 1
            yield "folio_try_dup_anon_rmap_pte"
            atomic("the PTE lock is held: only the pin count can change, and no other test depends on it")
            anon = k.frame[pte.frame].file is None
            pinned = anon and has(k, early_copy) and k.has_pinned[mm] and k.frame[pte.frame].pins > 0
            if pinned and (way(k, cow_reuse) != CowReuse.EXCLUSIVE or k.frame[pte.frame].exclusive):
                yield "folio_put"
                atomic("the allocator gets the page when all of this is done")
                put_frame(k, pte.frame)
                if prealloc is not None:
                    yield from copy_present_page(k, mm, child, va, vma, pte, prealloc)
                    prealloc = None
                else:
                    again = True
            else:
                yield from copy_present_ptes(k, mm, child, va, vma, pte)
        yield "pte_unlock"
        k.ptl[mm].unlock()
        if again:
            yield "folio_prealloc"
            prealloc = alloc_frame(k)
    if prealloc is not None:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, prealloc)


@operation(source="mm/memory.c:__copy_present_ptes", seen="v6.12")
def copy_present_ptes(k: Kernel, mm: Mm, child: Mm, va: Va, vma: Vma, pte: Pte) -> Steps:
    """Share the page: not exclusive any more, in a private mapping read-only in the parent, then known to the child."""
    if vm_normal_page(k, vma, pte):
        yield "__folio_dup_anon_rmap"
        atomic("who looks at the mark as exclusive does not look at the map count")
        if has(k, fork_clears_exclusive):
            k.frame[pte.frame].exclusive = False
        k.frame[pte.frame].mapcount += 1
    child_pte = pte
    if is_cow_mapping(vma):
        child_pte = replace(pte, write=False)
        if pte.write:
            yield "wrprotect_ptes"
            k.pte[mm, va] = child_pte
    yield "set_ptes"
    k.pte[child, va] = child_pte
    mapped(k, child, va, pte.frame)
    inherited(k, mm, child, va)


@operation(source="mm/memory.c:copy_nonpresent_pte", seen="recalled")
def copy_nonpresent_pte(k: Kernel, mm: Mm, child: Mm, va: Va, entry: SwapPte) -> Steps:
    """Share a page that is swapped out: from now on neither entry stands for a page that is exclusive."""
    yield "swap_duplicate"
    k[SwapSpace].swap_map[entry.slot] += 1
    shared = replace(entry, exclusive=entry.exclusive and not has(k, fork_clears_exclusive))
    yield "set_pte_at"
    k[SwapSpace].swap_pte[mm, va] = shared
    yield "set_pte_at"
    atomic("what is read of the swap cache is noted only")
    k[SwapSpace].swap_pte[child, va] = shared
    inherited(k, mm, child, va)
    cached = k[SwapSpace].swap_cache[entry.slot]
    if cached is not None:
        mapped(k, child, va, cached)


@operation(source="mm/memory.c:copy_present_page", seen="v6.12")
def copy_present_page(k: Kernel, mm: Mm, child: Mm, va: Va, vma: Vma, pte: Pte, new: Frame) -> Steps:
    """Copy a pinned page for the child; the parent's entry stays as it is."""
    yield "copy_user_highpage"
    atomic("nobody else knows the new page")
    k.frame[new].content = k.frame[pte.frame].content
    inherited(k, mm, child, va)
    yield "folio_add_new_anon_rmap"
    atomic("nobody else knows the new page")
    add_new_anon_rmap(k, new)
    yield "set_pte_at"
    k.pte[child, va] = Pte(frame=new, write=vma.write)
    mapped(k, child, va, new)
