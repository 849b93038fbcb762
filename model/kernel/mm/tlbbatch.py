"""Flushes put off by reclaim: many entries are cleared before the TLBs are flushed once."""

from __future__ import annotations

from shootdown.model import Result, State, Steps, Table, atomic, has, note, operation, size, table, wait, way

from .mechanisms import SecondaryFlush, batched_flush_pending, secondary_flush
from .notifier import mmu_notifier_invalidate_secondary
from .state import Cpu, FlushRequest, Kernel, Mm
from .swap import Swap
from .tlb import drop_translations, flush_tlb_mm_range


class UnmapBatch(State):
    """What others can see of flushes that are put off."""

    flush_batched: Table[Mm, bool] = table(False, show="{0} flush put off: {value}")
    """mm->tlb_flush_batched: entries were cleared whose flush may still be outstanding."""


def flush_put_off(k: Kernel, mm: Mm) -> bool:
    """Whether who holds the PTE lock has to flush what reclaim has not flushed yet."""
    return size(Swap) > 0 and has(k, batched_flush_pending) and k[UnmapBatch].flush_batched[mm]


@operation(source="mm/rmap.c:set_tlb_ubc_flush_pending", seen="v6.12")
def set_tlb_ubc_flush_pending(k: Kernel, mm: Mm, cpus: frozenset[Cpu]) -> Result[frozenset[Cpu]]:
    """Add the CPUs that run the address space to those that have to flush; the caller holds the PTE lock.

    The address space is not known any more when the flush comes, so that the secondary TLBs are flushed now.
    """
    atomic("mm_cpumask is read once: a CPU that loads the address space later finds the entries as they are now")
    batch = cpus | frozenset(cpu for cpu in Cpu if k.loaded[cpu] == mm)
    if way(k, secondary_flush) == SecondaryFlush.WITH_CPU_FLUSH:
        yield from mmu_notifier_invalidate_secondary(k, mm, None)
    yield "tlb_flush_batched"
    k[UnmapBatch].flush_batched[mm] = True
    return batch


@operation(source="mm/rmap.c:try_to_unmap_flush", seen="v6.12")
def try_to_unmap_flush(k: Kernel, cpu: Cpu, cpus: frozenset[Cpu]) -> Steps:
    """Do the flush that was put off, if there is one."""
    if len(cpus) > 0:
        yield from arch_tlbbatch_flush(k, cpu, cpus)


@operation(source="arch/x86/mm/tlb.c:arch_tlbbatch_flush", seen="v6.12")
def arch_tlbbatch_flush(k: Kernel, cpu: Cpu, cpus: frozenset[Cpu]) -> Steps:
    """On return none of these CPUs holds a translation from before, of any address space."""
    atomic("who sends waits for all answers: that the requests go out one by one makes no difference to it")
    wait(all(k.flush[to, cpu] is None for to in Cpu))
    note("all")
    for other in Cpu:
        if other != cpu and other in cpus:
            k.flush[other, cpu] = FlushRequest(mm=None, va=None)
    if cpu in cpus:
        yield "flush_tlb_func"
        atomic("the TLB is this CPU's own")
        drop_translations(k, cpu, None, None)
    yield "smp_call_function_many_cond"
    atomic("an answer stays")
    wait(all(k.flush[to, cpu] is None for to in Cpu))


@operation(source="mm/rmap.c:flush_tlb_batched_pending", seen="v6.12")
def flush_tlb_batched_pending(k: Kernel, cpu: Cpu, mm: Mm) -> Steps:
    """Flush the address space, because reclaim has not yet, or did not say so; the caller holds the PTE lock."""
    yield from flush_tlb_mm_range(k, cpu, mm, None)
    yield "tlb_flush_batched"
    k[UnmapBatch].flush_batched[mm] = False
