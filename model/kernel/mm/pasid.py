"""Process address space identifiers: the names by which devices tell address spaces apart.

An address space has one for all devices. It keeps the number to its end; the allocator may give the number to somebody
else once it is freed.
"""

from __future__ import annotations

from shootdown.model import Index, Mechanism, State, Table, has, pick, table

from .state import Kernel, Mm

pasid_freed_last = Mechanism(
    bool,
    meaning="the PASID is freed with the mm structure (mm_count), and not with the address space (mm_users)",
    since="v5.18",
    commit="2667ed10d9f0",
    prevents="a device that goes on with a PASID which stands for another process by now",
    evidence="read",
)


class Pasid(Index):
    """A process address space identifier."""


class Pasids(State):
    """mm->iommu_mm, and the global allocator."""

    of: Table[Mm, Pasid | None] = table(None, show="{0} PASID: {value}")
    """The address space's number; None: it has never been bound."""
    allocated: Table[Pasid, bool] = table(False)


def iommu_alloc_global_pasid(k: Kernel, mm: Mm) -> Pasid | None:
    """The number that the address space has, or else any free one. None: there is none left (ENOSPC)."""
    old = k[Pasids].of[mm]
    some_taken = any(k[Pasids].allocated[pasid] for pasid in Pasid)
    if old is not None or (some_taken and all(k[Pasids].allocated[pasid] for pasid in Pasid)):
        return old
    new = pick(Pasid, where=lambda pasid: not k[Pasids].allocated[pasid])
    k[Pasids].allocated[new] = True
    k[Pasids].of[mm] = new
    return new


def mm_pasid_drop(k: Kernel, mm: Mm, last: bool) -> None:
    """Free the number with the structure (`last`) or with the address space; drivers/iommu/iommu-sva.c."""
    pasid = k[Pasids].of[mm]
    if pasid is not None and last == has(k, pasid_freed_last):
        k[Pasids].allocated[pasid] = False
