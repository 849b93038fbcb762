"""CPU TLBs: how entries come and go, and how one CPU makes all others drop theirs."""

from __future__ import annotations

from shootdown.model import Steps, atomic, hardware, note, nothing, operation, wait, way

from .mechanisms import Arch, SecondaryFlush, arch, secondary_flush
from .notifier import mmu_notifier_invalidate_secondary
from .state import Cpu, FlushRequest, Kernel, Mm, Va
from .walk import walked


def drop_translations(k: Kernel, cpu: Cpu, mm: Mm | None, va: Va | None) -> None:
    """The CPU's TLB forgets the page (None: all pages) of mm (None: of whatever it has loaded)."""
    if mm is None or k.loaded[cpu] == mm:
        for page in Va:
            if va is None or va == page:
                k.tlb[cpu, page] = None


@hardware(unit="tlb", per=Cpu, source="Intel SDM 3A, 4.10", litmus="tlb_fill {mm} {va}")
def tlb_fill(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """The page walker caches a present entry. It takes no lock."""
    atomic("an invalidation also ends the walks that are under way", hardware=True)
    wait(k.loaded[cpu] == mm and k.tlb[cpu, va] is None and walked(k, mm, va) is not None)
    k.tlb[cpu, va] = walked(k, mm, va)
    yield from nothing()


@hardware(unit="tlb", per=Cpu, source="Intel SDM 3A, 4.10", litmus="tlb_evict {va}")
def tlb_evict(k: Kernel, cpu: Cpu, va: Va) -> Steps:
    """The TLB needs the room."""
    wait(k.tlb[cpu, va] is not None)
    k.tlb[cpu, va] = None
    yield from nothing()


@hardware(unit="ipi", per=Cpu, owed=True, source="arch/x86/mm/tlb.c:flush_tlb_func", seen="v6.12")
def flush_tlb_func(k: Kernel, cpu: Cpu, sender: Cpu) -> Steps:
    """Drop what the sender asked for, and answer. An IPI, unlike a broadcast, waits while interrupts are off."""
    atomic("the sender sees only the answer, which comes after the flush")
    wait((way(k, arch) == Arch.ARM64 or not k.irqs_off[cpu]) and k.flush[cpu, sender] is not None)
    request = k.flush[cpu, sender]
    if request is not None:
        drop_translations(k, cpu, request.mm, request.va)
    k.flush[cpu, sender] = None
    yield from nothing()


@operation(source="arch/x86/mm/tlb.c:flush_tlb_mm_range", seen="v6.12")
def flush_tlb_mm_range(k: Kernel, cpu: Cpu, mm: Mm, va: Va | None) -> Steps:
    """On return no CPU holds a translation of the page (None: of any page) from before.

    Preemption is off, so a CPU asks for one flush at a time: a kernel thread may share it with a task.
    """
    atomic("mm_cpumask is read once: a CPU that loads the address space later finds the entries as they are now")
    wait(all(k.flush[to, cpu] is None for to in Cpu))
    if va is None:
        note("all")
    else:
        note(f"{va}")
    for other in Cpu:
        if other != cpu and k.loaded[other] == mm:
            k.flush[other, cpu] = FlushRequest(mm=mm, va=va)
    yield "flush_tlb_func"
    atomic("the TLB is this CPU's own")
    drop_translations(k, cpu, mm, va)
    yield "smp_call_function_many_cond"
    atomic("an answer stays")
    wait(all(k.flush[to, cpu] is None for to in Cpu))
    if way(k, secondary_flush) == SecondaryFlush.WITH_CPU_FLUSH:
        yield from mmu_notifier_invalidate_secondary(k, mm, va)
