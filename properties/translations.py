"""What must hold of translations: whoever keeps one."""

from __future__ import annotations

from shootdown.model import Device, sometimes, step_assertion
from shootdown.model.kernel.devices.dma import Dma
from shootdown.model.kernel.devices.iommu import hit
from shootdown.model.kernel.mm.state import Cpu, Kernel, Mm, Pte, Va


@step_assertion
def no_use_after_free() -> None:
    """No CPU or device reaches a page frame that was freed, or belongs to somebody else by now."""


@sometimes
def translation_outlives_entry(k: Kernel) -> bool:
    """Some CPU or device caches a translation of a page that its page table does not map to that frame any more.

    No harm in itself: a witness that the window of legal use is reached.
    """
    return any(outlives(k, k.loaded[cpu], va, k.tlb[cpu, va]) for cpu in Cpu for va in Va) or any(
        outlives(k, k[Dma].mm[dev], va, hit(k, dev, va)) for dev in Device for va in Va
    )


@sometimes
def translation_lacks_right(k: Kernel) -> bool:
    """Some CPU caches a read-only translation of a page that its page table allows to write.

    No harm: its next store faults, finds that nothing is to be done, and tries again.
    """
    return any(lags(k, k.loaded[cpu], va, k.tlb[cpu, va]) for cpu in Cpu for va in Va)


def lags(k: Kernel, mm: Mm | None, va: Va, cached: Pte | None) -> bool:
    """Whether a cached translation is read-only where the entry of mm at va is writable, and maps the same frame."""
    if mm is None or cached is None:
        return False
    entry = k.pte[mm, va]
    return entry is not None and entry.frame == cached.frame and entry.write and not cached.write


def outlives(k: Kernel, mm: Mm | None, va: Va, cached: Pte | None) -> bool:
    """Whether a cached translation names a frame that mm does not map at va."""
    if mm is None or cached is None:
        return False
    entry = k.pte[mm, va]
    return entry is None or entry.frame != cached.frame
