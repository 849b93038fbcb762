"""The IOMMU between a device and a process's page table: PASID table, caches, invalidation; after VT-d.

A device names an address space by a PASID. The IOMMU finds the address space through the PASID table, or its cache of
it, walks the page table for the device, and keeps translations in its IOTLB; the device asks for them (ATS) and keeps
them in its own cache, the device TLB, whose use nobody checks. All caches are keyed by PASID: nothing else keeps one
process's translations from another's. Each device has an IOMMU of its own.
"""

from __future__ import annotations

from shootdown.model import (
    Device,
    Enum,
    Mechanism,
    Queue,
    Record,
    Result,
    State,
    Steps,
    Table,
    atomic,
    auto,
    has,
    nothing,
    operation,
    queue,
    replace,
    some,
    table,
    wait,
)

from ..mm.notifier import Notifiers, mmu_notifier_register
from ..mm.pasid import Pasid, Pasids, iommu_alloc_global_pasid
from ..mm.state import Kernel, Mm, Pte, Va
from ..mm.walk import walked
from .dma import accesses, bind

iotlb_before_devtlb = Mechanism(
    bool,
    meaning="an invalidation clears the IOTLB before the device's own cache",
    prevents="a device cache filled again from an IOTLB that is about to be cleared",
    evidence="read",
)
invalidation_waits = Mechanism(
    bool,
    meaning="who asks for an invalidation waits until the hardware has done it",
    prevents="a page freed while a device still holds its translation",
    evidence="read",
)
completion_waits_for_accesses = Mechanism(
    bool,
    meaning="a device answers an invalidation only when no access that used the translation is left",
    prevents="an access that reaches a page after it was freed",
    evidence="recalled",
)
bind_checks_handle = Mechanism(
    bool,
    meaning="a bind fails if the device still has the PASID attached for another address space (EBUSY)",
    since="v6.2",
    prevents="a PASID entry that is written over while its device works in the name of another process",
    evidence="recalled",
)


class PasidEntry(Record, show="{mm} {present:P}"):
    """An entry of the PASID table: the page table of an address space.

    Without `present` (P) it is being taken down, or what release has left, with fault processing disabled (FPD).
    """

    mm: Mm
    present: bool = True


class Invalidation(Record, show="invalidate {pasid} {va} {entry:PASID-entry}"):
    """Descriptors in the IOMMU's queue, up to the one that reports completion. `va` None: all pages."""

    pasid: Pasid
    va: Va | None
    entry: bool = False
    """Clear the cached PASID entry first."""


class Translation(Record, show="{va} -> {pte}"):
    """An answer of the IOMMU on its way to the device."""

    pasid: Pasid
    va: Va
    pte: Pte


class Torn(Enum):
    """What a teardown of a PASID entry has found."""

    NOTHING = auto()
    PRESENT = auto()
    RELEASED = auto()


class Iommu(State):
    """The IOMMU, and the device's translation cache."""

    entry: Table[tuple[Device, Pasid], PasidEntry | None] = table(None, show="PASID entry {0} {1}: {value}")
    pasid_cache: Table[tuple[Device, Pasid], Mm | None] = table(None, show="PASID cache {0} {1}: {value}")
    """The address space whose present entry the IOMMU has in its PASID cache."""
    iotlb: Table[tuple[Device, Pasid, Va], Pte | None] = table(None, show="IOTLB {0} {1} {2}: {value}")
    devtlb: Table[tuple[Device, Pasid, Va], Pte | None] = table(None, show="ATC {0} {1} {2}: {value}")
    answer: Table[Device, Translation | None] = table(None)
    """What the IOMMU has answered and the device has not yet put into its cache."""
    invalidations: Table[Device, Queue[Invalidation]] = table(queue(4), show="{0} queue: {value}")
    """The IOMMU's queue: it works on the first. Where submitters wait for completion, there is one at a time."""
    tag: Table[Device, Pasid | None] = table(None)
    """The PASID that the device uses: its driver, or the descriptor at hand, has told it."""


def permits(entry: Pte | None, write: bool) -> bool:
    """Whether a translation permits the access."""
    return entry is not None and (entry.write or not write)


def translated(k: Kernel, dev: Device, pasid: Pasid) -> Mm | None:
    """The address space that the IOMMU finds for a PASID, in its cache or in the table; None: it refuses all."""
    cached = k[Iommu].pasid_cache[dev, pasid]
    entry = k[Iommu].entry[dev, pasid]
    if cached is not None:
        return cached
    return entry.mm if entry is not None and entry.present else None


def walk(k: Kernel, dev: Device, pasid: Pasid, va: Va) -> Pte | None:
    """What the IOMMU finds: through the PASID entry, cached or not, and the process's page table."""
    mm = translated(k, dev, pasid)
    return walked(k, mm, va) if mm is not None else None


def hit(k: Kernel, dev: Device, va: Va) -> Pte | None:
    """What the device finds in its own cache, under the PASID that it was told to use."""
    pasid = k[Iommu].tag[dev]
    return k[Iommu].devtlb[dev, pasid, va] if pasid is not None else None


def found(k: Kernel, dev: Device, va: Va) -> Pte | None:
    """What the IOMMU finds for the PASID that the device was told to use."""
    pasid = k[Iommu].tag[dev]
    return walk(k, dev, pasid, va) if pasid is not None else None


def refused(k: Kernel, dev: Device) -> bool:
    """The IOMMU finds no PASID entry for the device's PASID: it refuses accesses and page requests."""
    pasid = k[Iommu].tag[dev]
    return pasid is None or translated(k, dev, pasid) is None


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_bind_device", seen="read in several versions")
def iommu_sva_bind_device(k: Kernel, dev: Device, mm: Mm) -> Result[Pasid | None]:
    """Give the address space a PASID, and subscribe: no translation may exist of which nobody tells. None: it failed.

    The domain keeps the mm structure. A second bind of the same address space changes nothing.
    """
    atomic("iommu_sva_lock is held")
    pasid = iommu_alloc_global_pasid(k, mm)
    if pasid is None:
        return None
    old = k[Iommu].entry[dev, pasid]
    if old is not None and old.mm != mm and has(k, bind_checks_handle):
        return None
    if old is None or old.mm != mm:
        k.count[mm] += 1
    subscribes = bind(k, dev, mm) and not k[Notifiers].listed[mm, dev]
    if subscribes:
        yield from mmu_notifier_register(k, dev, mm)
    return pasid


@operation(source="drivers/iommu/intel/pasid.c:intel_pasid_tear_down_entry", seen="read in several versions")
def intel_pasid_tear_down_entry(k: Kernel, dev: Device, mm: Mm, released: bool) -> Result[Torn]:
    """Make the PASID entry not present, then clear the caches, from the one that fills the others on.

    `released`: the address space ends, and the entry is left with fault processing disabled.
    """
    atomic("iommu->lock is held; an address space keeps its number")
    pasid = some(k[Pasids].of[mm])
    entry = k[Iommu].entry[dev, pasid]
    if entry is None:
        return Torn.NOTHING
    if not entry.present:
        if not released:
            k[Iommu].entry[dev, pasid] = None
        return Torn.RELEASED
    k[Iommu].entry[dev, pasid] = replace(entry, present=False)
    yield from qi_submit_sync(k, dev, mm, None, True)
    if not released:
        yield "pasid_clear_entry"
        k[Iommu].entry[dev, pasid] = None
    return Torn.PRESENT


@operation(source="drivers/iommu/intel/dmar.c:qi_submit_sync", seen="read in several versions")
def qi_submit_sync(k: Kernel, dev: Device, mm: Mm, va: Va | None, entry: bool) -> Steps:
    """Put descriptors into the IOMMU's queue, and spin until it has reported completion.

    Who spins does nothing else: to wait for an empty queue is as good as to wait in it. Who does not spin finds room:
    the kernel's queue has 256 entries.
    """
    atomic("an address space keeps its number")
    wait(k[Iommu].invalidations[dev].empty or not has(k, invalidation_waits))
    k[Iommu].invalidations[dev].push(Invalidation(pasid=some(k[Pasids].of[mm]), va=va, entry=entry))
    if has(k, invalidation_waits):
        yield "wait for completion"
        wait(k[Iommu].invalidations[dev].empty)


def fill_iotlb(k: Kernel, dev: Device, va: Va) -> None:
    """Walk the page table and keep what is found, in place of what was kept before."""
    atomic(
        "an invalidation of the IOTLB completes only when no walk is left that could put an old entry in", hardware=True
    )
    pasid = k[Iommu].tag[dev]
    mm = translated(k, dev, pasid) if pasid is not None else None
    pte = walked(k, mm, va) if mm is not None else None
    wait(pte is not None and (pasid is None or pte != k[Iommu].iotlb[dev, pasid, va]))
    if pasid is not None:
        k[Iommu].pasid_cache[dev, pasid] = mm
        k[Iommu].iotlb[dev, pasid, va] = pte


def ask_translation(k: Kernel, dev: Device, va: Va) -> None:
    """Ask for the translation of a page; the IOMMU answers from its IOTLB."""
    atomic("answers and invalidations reach the device in the order in which the IOMMU sends them", hardware=True)
    pasid = k[Iommu].tag[dev]
    wait(pasid is not None)
    if pasid is not None:
        pte = k[Iommu].iotlb[dev, pasid, va]
        wait(pte is not None and pte != k[Iommu].devtlb[dev, pasid, va])
        k[Iommu].answer[dev] = Translation(pasid=pasid, va=va, pte=some(pte))


def fill_devtlb(k: Kernel, dev: Device) -> None:
    """The answer reaches the device's cache."""
    atomic(
        "an answer that an invalidation overtakes is dropped: answer and cache are one to an invalidation",
        hardware=True,
    )
    answer = k[Iommu].answer[dev]
    if answer is not None:
        k[Iommu].devtlb[dev, answer.pasid, answer.va] = answer.pte
        k[Iommu].answer[dev] = None


@operation(source="VT-d specification: queued invalidation", seen="read in the driver")
def work_off_queue(k: Kernel, dev: Device) -> Result[Invalidation]:
    """Work off the descriptors in order, up to the one that reports completion."""
    wait(not k[Iommu].invalidations[dev].empty)
    request = k[Iommu].invalidations[dev].head
    if request.entry:
        yield "PASID cache"
        k[Iommu].pasid_cache[dev, request.pasid] = None
    if has(k, iotlb_before_devtlb):
        yield from clear_iotlb(k, dev, request)
        yield from clear_devtlb(k, dev, request)
    else:
        yield from clear_devtlb(k, dev, request)
        yield from clear_iotlb(k, dev, request)
    if has(k, completion_waits_for_accesses):
        yield "accesses done"
        atomic("an access is in flight under the PASID that the device uses", hardware=True)
        pages = frozenset(page for page in Va if request.va is None or page == request.va)
        wait(k[Iommu].tag[dev] != request.pasid or not accesses(k, dev, pages))
    return request


@operation(source="VT-d specification: IOTLB invalidate descriptor")
def clear_iotlb(k: Kernel, dev: Device, request: Invalidation) -> Steps:
    """Drop the IOMMU's translations."""
    atomic("an invalidation has an effect when it completes: the entries of the range go together", hardware=True)
    for page in Va:
        if request.va is None or page == request.va:
            k[Iommu].iotlb[dev, request.pasid, page] = None
    yield from nothing()


@operation(source="PCIe: invalidate request")
def clear_devtlb(k: Kernel, dev: Device, request: Invalidation) -> Steps:
    """Drop the device's translations, and those on their way to it."""
    atomic("an invalidation has an effect when it completes: the entries of the range go together", hardware=True)
    for page in Va:
        if request.va is None or page == request.va:
            k[Iommu].devtlb[dev, request.pasid, page] = None
    answer = k[Iommu].answer[dev]
    if answer is not None and answer.pasid == request.pasid and (request.va is None or answer.va == request.va):
        k[Iommu].answer[dev] = None
    yield from nothing()
