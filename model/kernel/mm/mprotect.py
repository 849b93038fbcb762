"""mprotect: the rights of a mapping change. The right to write is gone when the call returns."""

from __future__ import annotations

from shootdown.model import Enum, Result, Steps, atomic, auto, has, operation, replace

from .mechanisms import mprotect_makes_writable, mprotect_notifies, mprotect_spares_flush
from .notifier import Event, mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start
from .promise import may_read, may_write
from .state import Cpu, Kernel, Mm, Va, Vma
from .tlbbatch import flush_put_off, flush_tlb_batched_pending
from .user import enter
from .zap import Gather, tlb_finish_mmu, tlb_gather_mmu


class Prot(Enum):
    """What a mapping allows."""

    READ = auto()
    WRITE = auto()
    NONE = auto()


@operation(source="mm/mprotect.c:mprotect_fixup", seen="v6.12", litmus="mprotect {mm} {va} {prot}")
def mprotect(k: Kernel, cpu: Cpu, mm: Mm, va: Va, prot: Prot) -> Steps:
    """Allow reading only, writing, too (WRITE), or neither (NONE)."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    write = prot == Prot.WRITE
    none = prot == Prot.NONE
    yield "vm_flags_reset"
    vma = k.vma[mm, va]
    if vma is not None and (vma.maywrite or not write):
        k.vma[mm, va] = replace(vma, write=write, inaccessible=none)
        if write:
            may_write(k, mm, va, True)
        if not none:
            may_read(k, mm, va, True)
        yield from change_protection(k, cpu, mm, va, vma, prot)
    yield "mmap_write_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].write_unlock()
    if vma is not None and (vma.maywrite or not write):
        may_write(k, mm, va, write)
        may_read(k, mm, va, not none)
    k.inside[cpu] = False


@operation(source="mm/mprotect.c:change_protection", seen="v6.12")
def change_protection(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, prot: Prot) -> Steps:
    """Change the entry between start and end; the TLBs are flushed after the end."""
    yield from tlb_gather_mmu(k, mm)
    if has(k, mprotect_notifies):
        yield from mmu_notifier_invalidate_range_start(k, mm, va, Event.PROTECTION_VMA)
    gather = yield from change_pte_range(k, cpu, mm, va, vma, prot)
    if has(k, mprotect_notifies):
        yield from mmu_notifier_invalidate_range_end(k, mm, va, False)
    yield from tlb_finish_mmu(k, cpu, mm, va, gather, False)


@operation(source="mm/mprotect.c:change_pte_range", seen="v6.12")
def change_pte_range(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, prot: Prot) -> Result[Gather]:
    """Take the entry away and store it with its new right; a page that others may have stays read-only."""
    yield "pte_lock"
    atomic("entries, and the mark of flushes put off, change only under this lock")
    k.ptl[mm].lock()
    pte = k.pte[mm, va]
    if flush_put_off(k, mm):
        yield from flush_tlb_batched_pending(k, cpu, mm)
    gather = Gather()
    if pte is not None:
        yield "ptep_modify_prot_start"
        k.pte[mm, va] = None
        yield "can_change_pte_writable"
        mine = has(k, mprotect_makes_writable) and k.frame[pte.frame].exclusive
        write = prot == Prot.WRITE and (pte.write or mine or vma.shared)
        changed = replace(pte, write=write, protnone=prot == Prot.NONE)
        yield "ptep_modify_prot_commit"
        k.pte[mm, va] = changed
        gather = Gather(flush=changed != pte and not (pte.protnone and has(k, mprotect_spares_flush)))
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return gather
