"""What a walk of the page table finds that takes no lock: by a CPU, by a device, or by the kernel for a pin."""

from __future__ import annotations

from .pmd import PmdEntry, entry_under, pmd_of
from .state import Kernel, Mm, Pte, Va


def walked(k: Kernel, mm: Mm, va: Va) -> Pte | None:
    """The entry, if it translates: one of PROT_NONE does not."""
    return walked_under(k, mm, va, pmd_of(k, mm))


def walked_under(k: Kernel, mm: Mm, va: Va, pmd: PmdEntry) -> Pte | None:
    """The same, for a walk that has read the PMD entry before."""
    pte = entry_under(k, mm, va, pmd)
    return pte if pte is not None and not pte.protnone else None
