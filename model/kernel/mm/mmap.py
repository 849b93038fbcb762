"""Making mappings: mmap of private anonymous memory, and MADV_DONTFORK."""

from __future__ import annotations

from shootdown.model import Steps, atomic, operation, replace, wait

from .state import Cpu, Kernel, Life, Mm, Va, Vma
from .user import enter, switch_mm


def begin(k: Kernel, mm: Mm) -> None:
    """An address space that was never used begins to run: what exec does."""
    if k.users[mm] == 0:
        k.life[mm] = Life.RUNS
        k.users[mm] = 1
        k.count[mm] = 1


@operation(source="mm/mmap.c:mmap_region", seen="v6.12", litmus="mmap {mm} {va}")
def mmap(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Map private anonymous memory, if nothing is mapped there. The first mmap of an unused address space begins it."""
    atomic("nobody else runs in an address space that begins; a CPU switches address spaces with interrupts off")
    wait((k.life[mm] == Life.UNUSED or k.life[mm] == Life.RUNS) and not k.inside[cpu])
    begin(k, mm)
    switch_mm(k, cpu, mm)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "vma_link"
    vma = k.vma[mm, va]
    if vma is None:
        k.vma[mm, va] = Vma()
    yield "mmap_write_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].write_unlock()
    k.inside[cpu] = False


@operation(source="mm/madvise.c:madvise_vma_behavior", seen="v6.12", litmus="dontfork {mm} {va}")
def madvise_dontfork(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """MADV_DONTFORK: children do not get the mapping."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "vm_flags_set"
    vma = k.vma[mm, va]
    if vma is not None:
        k.vma[mm, va] = replace(vma, dontcopy=True)
    yield "mmap_write_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].write_unlock()
    k.inside[cpu] = False
