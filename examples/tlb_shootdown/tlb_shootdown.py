"""A toy of the TLB shootdown: unmap a page, tell every CPU, free the page when all have answered.

The two mechanisms are what makes it safe: the handler drops the entry, and the initiator waits for every answer.
"""

from __future__ import annotations

from shootdown.model import (
    Enum,
    Index,
    Mechanism,
    State,
    Steps,
    Table,
    always,
    auto,
    hardware,
    has,
    nothing,
    operation,
    sometimes,
    table,
    wait,
)


class Cpu(Index):
    """A processor."""


class Unmap(Enum):
    """How far the unmapping is."""

    IDLE = auto()
    CLEARED = auto()
    WAITING = auto()
    FREED = auto()


class Memory(State):
    """One page, its translation, and who was told to drop it."""

    mapped: bool = True
    tlb: Table[Cpu, bool] = table(False, show="{0} caches: {value}")
    ipi: Table[Cpu, bool] = table(False)
    answered: Table[Cpu, bool] = table(False)
    initiator: Cpu | None = None
    unmap: Unmap = Unmap.IDLE


handler_flushes = Mechanism(
    bool, meaning="the interrupt handler drops the entry", prevents="a CPU that answers and keeps the entry"
)
waits_for_answers = Mechanism(
    bool, meaning="the page is freed when all CPUs have answered", prevents="a page freed under a cached translation"
)


@hardware(unit="tlb", per=Cpu, atomic="a Murphi rule", litmus="walk")
def walk(k: Memory, cpu: Cpu) -> Steps:
    """Cache the translation."""
    wait(k.mapped and not k.tlb[cpu])
    k.tlb[cpu] = True
    yield from nothing()


@hardware(unit="tlb", per=Cpu, atomic="a Murphi rule", litmus="evict")
def evict(k: Memory, cpu: Cpu) -> Steps:
    """Drop the translation for want of room."""
    wait(k.tlb[cpu])
    k.tlb[cpu] = False
    yield from nothing()


@hardware(unit="ipi", per=Cpu, owed=True, atomic="a Murphi rule", litmus="handle")
def handle(k: Memory, cpu: Cpu) -> Steps:
    """Answer the interrupt."""
    wait(k.ipi[cpu])
    k.ipi[cpu] = False
    if has(k, handler_flushes):
        k.tlb[cpu] = False
    k.answered[cpu] = True
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="clear on {cpu}")
def clear(k: Memory, cpu: Cpu) -> Steps:
    """Clear the page-table entry."""
    wait(k.unmap == Unmap.IDLE and k.mapped)
    k.unmap = Unmap.CLEARED
    k.initiator = cpu
    k.mapped = False
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="flush on {cpu}")
def flush(k: Memory, cpu: Cpu) -> Steps:
    """Drop the own entry and interrupt the others."""
    wait(k.unmap == Unmap.CLEARED and k.initiator == cpu)
    k.tlb[cpu] = False
    k.answered[cpu] = True
    for other in Cpu:
        if other != cpu:
            k.ipi[other] = True
    k.unmap = Unmap.WAITING
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="free")
def free(k: Memory) -> Steps:
    """Give the page back."""
    wait(k.unmap == Unmap.WAITING)
    wait(all(k.answered[cpu] for cpu in Cpu) or not has(k, waits_for_answers))
    k.unmap = Unmap.FREED
    yield from nothing()


@operation(atomic="a Murphi rule", litmus="map")
def remap(k: Memory) -> Steps:
    """Map a page again."""
    wait(k.unmap == Unmap.FREED)
    k.unmap = Unmap.IDLE
    k.mapped = True
    k.initiator = None
    for cpu in Cpu:
        k.answered[cpu] = False
    yield from nothing()


@always
def freed_is_not_cached(k: Memory) -> bool:
    """No CPU caches a translation of a page that was freed."""
    return k.unmap != Unmap.FREED or not any(k.tlb[cpu] for cpu in Cpu)


@sometimes
def page_is_freed(k: Memory) -> bool:
    """The page can be freed."""
    return k.unmap == Unmap.FREED
