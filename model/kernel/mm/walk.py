"""What a walk of the page table finds that takes no lock: by a CPU, by a device, or by the kernel for a pin."""

from __future__ import annotations

from .state import Kernel, Mm, Pte, Va


def walked(k: Kernel, mm: Mm, va: Va) -> Pte | None:
    """The entry, if it translates: one of PROT_NONE does not."""
    pte = k.pte[mm, va]
    return pte if pte is not None and not pte.protnone else None
