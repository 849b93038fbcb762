"""The end of an address space: users gone, subscribers released, pages unmapped and freed."""

from __future__ import annotations

from shootdown.model import Steps, atomic, has, operation, wait

from .i_mmap import unlink_file_vma
from .notifier import (
    Event,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
    mmu_notifier_release,
)
from .pasid import mm_pasid_drop, pasid_freed_last
from .promise import gone
from .state import Cpu, Kernel, Life, Mm, Va
from .vma import maps_file
from .zap import Gather, free_pgtables, tlb_finish_mmu, tlb_gather_mmu, zap_pte_range


@operation(source="kernel/exit.c:do_exit", seen="v6.12", litmus="exit {mm}")
def exit(k: Kernel, cpu: Cpu, mm: Mm) -> Steps:
    """The last task of mm ends, on this CPU: none is inside an operation on another."""
    atomic("a task is killed only where it is in user mode")
    wait(k.life[mm] == Life.RUNS and not k.inside[cpu])
    wait(all(other == cpu or k.loaded[other] != mm or not k.inside[other] for other in Cpu))
    k.life[mm] = Life.EXITS
    k.inside[cpu] = True
    yield from mmput(k, cpu, mm)
    yield "do_task_dead"
    k.inside[cpu] = False


@operation(source="kernel/fork.c:mmput", seen="v6.12")
def mmput(k: Kernel, cpu: Cpu, mm: Mm) -> Steps:
    """One user fewer; the last one tears the address space down."""
    left = k.users[mm] - 1
    k.users[mm] = left
    if left == 0:
        yield from exit_mmap(k, cpu, mm)
        if not has(k, pasid_freed_last):
            yield "mm_pasid_drop"
            atomic("an address space keeps its number")
            mm_pasid_drop(k, mm, False)
        yield from mmdrop(k, mm)


@operation(source="include/linux/sched/mm.h:mmdrop", seen="v6.12")
def mmdrop(k: Kernel, mm: Mm) -> Steps:
    """One reference to the mm structure fewer; the last one frees it."""
    yield "mm_count"
    atomic("nobody else knows the structure when its last reference goes")
    left = k.count[mm] - 1
    k.count[mm] = left
    if left == 0:
        mm_pasid_drop(k, mm, True)


@operation(source="mm/mmap.c:exit_mmap", seen="v6.12")
def exit_mmap(k: Kernel, cpu: Cpu, mm: Mm) -> Steps:
    """Subscribers first, then all pages, one flush of everything, then the pages are freed."""
    yield from mmu_notifier_release(k, mm)
    yield "mmap_read_lock"
    k.mmap_lock[mm].read_lock()
    yield from tlb_gather_mmu(k, mm)
    yield from mmu_notifier_invalidate_range_start(k, mm, None, Event.UNMAP)
    gather = Gather()
    for va in Va:
        found = yield from zap_pte_range(k, cpu, mm, va, None, True)
        gather = Gather(flush=True, pages=gather.pages | found.pages)
    yield from mmu_notifier_invalidate_range_end(k, mm, None, False)
    yield "mmap_read_unlock"
    k.mmap_lock[mm].read_unlock()
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "unlink_vmas"
    atomic("mmap_lock is held for writing")
    files = frozenset(page for page in Va if maps_file(k.vma[mm, page]))
    for va in Va:
        k.vma[mm, va] = None
    for va in Va:
        if va in files:
            yield from unlink_file_vma(k, mm, va)
    yield from free_pgtables(k, mm)
    yield from tlb_finish_mmu(k, cpu, mm, None, gather, True)
    yield "mmap_write_unlock"
    atomic("nobody has a reason to look for the lock of an address space without users")
    k.mmap_lock[mm].write_unlock()
    k.life[mm] = Life.GONE
    for va in Va:
        gone(k, cpu, mm, va)
