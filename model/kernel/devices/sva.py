"""A device that shares the CPU's page table through an IOMMU (SVA), with the translation caches in between.

The IOMMU finds the page table by the device's PASID entry, walks it, and keeps what it found in its IOTLB. The device
asks for translations (ATS), is answered from the IOTLB, and keeps them in its own cache, the device TLB; its accesses
are then checked by nobody. Both caches may be filled at any time, also with nothing to access.
"""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    Mechanism,
    Record,
    Result,
    State,
    Steps,
    Table,
    atomic,
    hardware,
    has,
    nothing,
    operation,
    some,
    table,
    wait,
)

from ..mm.notifier import (
    Notifiers,
    arch_invalidate_secondary_tlbs,
    hears_ranges,
    mmu_notifier_put,
    mmu_notifier_register,
    release,
)
from ..mm.state import Cpu, Frame, Kernel, Mm, Pte, Va
from .dma import Dma, accesses, attach, bind, detach, translate
from .iopf import iommu_sva_handle_iopf

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


class Invalidation(Record, show="invalidate {va} {pasid:PASID}"):
    """Descriptors in the IOMMU's queue, up to the one that reports completion. `va` None: all pages."""

    va: Va | None
    pasid: bool = False
    """Clear the cached PASID entry first."""


class Translation(Record, show="{va} -> {pte}"):
    """An answer of the IOMMU on its way to the device."""

    va: Va
    pte: Pte


class Sva(State):
    """The IOMMU, and the device's translation cache."""

    pasid_entry: Table[Device, bool] = table(False, show="PASID entry {0}: {value}")
    """P of the PASID-table entry: the device may translate through its address space."""
    pasid_cache: Table[Device, bool] = table(False)
    """The IOMMU has the present entry in its PASID cache."""
    iotlb: Table[tuple[Device, Va], Pte | None] = table(None, show="IOTLB {0} {1}: {value}")
    devtlb: Table[tuple[Device, Va], Pte | None] = table(None, show="ATC {0} {1}: {value}")
    answer: Table[Device, Translation | None] = table(None)
    """What the IOMMU has answered and the device has not yet put into its cache."""
    queue: Table[Device, Invalidation | None] = table(None, show="{0} queue: {value}")
    """The invalidation that the IOMMU works on for the device."""


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_bind_device", seen="read in several versions")
def sva_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Bind the device to the address space: subscribe first, so that no translation exists of which nobody tells."""
    yield "bind"
    atomic("iommu_sva_lock is held")
    subscribes = bind(k, dev, mm) and not k[Notifiers].listed[mm, dev]
    if subscribes:
        yield from mmu_notifier_register(k, dev, mm)
    yield "intel_pasid_setup_first_level"
    k[Sva].pasid_entry[dev] = True


@operation(source="drivers/iommu/iommu-sva.c:iommu_sva_unbind_device", seen="read in several versions")
def sva_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Unbind the device."""
    yield from intel_pasid_tear_down_entry(k, dev)
    yield from mmu_notifier_put(k, dev, mm)


@operation(source="PCIe: address translation services", seen="recalled")
def sva_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Use the device's cache; where neither it nor a walk permits the access, request the page and try again."""
    while True:
        yield "lookup"
        atomic(
            "a miss waits for a translation or for the answer that there is none; a hit counts as in flight",
            hardware=True,
        )
        wait(k[Dma].in_flight[dev] is None)
        wait(permits(k[Sva].devtlb[dev, va], write) or not permits(walk(k, dev, va), write))
        entry = k[Sva].devtlb[dev, va]
        if entry is not None and permits(entry, write):
            k[Dma].in_flight[dev] = va
            return entry.frame
        mm = k[Dma].mm[dev]
        if mm is None or not bound(k, dev):
            return None
        served = yield from iommu_sva_handle_iopf(k, k[Dma].worker[dev], mm, va, write)
        if not served:
            return None


def permits(entry: Pte | None, write: bool) -> bool:
    """Whether a translation permits the access."""
    return entry is not None and (entry.write or not write)


def bound(k: Kernel, dev: Device) -> bool:
    """The IOMMU finds a PASID entry, in memory or in its cache; without one it refuses accesses and page requests."""
    return k[Sva].pasid_entry[dev] or k[Sva].pasid_cache[dev]


def walk(k: Kernel, dev: Device, va: Va) -> Pte | None:
    """What the IOMMU finds: through the PASID entry, cached or not, and the process's page table."""
    mm = k[Dma].mm[dev]
    if mm is None or not bound(k, dev):
        return None
    return k.pte[mm, va]


@operation(source="drivers/iommu/intel/svm.c:intel_arch_invalidate_secondary_tlbs", seen="read in several versions")
def sva_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """The page table has changed: clear IOTLB and device cache."""
    yield from qi_submit_sync(k, dev, Invalidation(va=va))


@operation(source="drivers/iommu/intel/svm.c:intel_mm_release", seen="read in several versions")
def sva_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends: the device reaches nothing from now on. No invalidation will reach the driver."""
    yield from intel_pasid_tear_down_entry(k, dev)


@operation(source="drivers/iommu/intel/pasid.c:intel_pasid_tear_down_entry", seen="read in several versions")
def intel_pasid_tear_down_entry(k: Kernel, dev: Device) -> Steps:
    """Make the PASID entry not present, then clear the caches, from the one that fills the others on."""
    k[Sva].pasid_entry[dev] = False
    yield from qi_submit_sync(k, dev, Invalidation(va=None, pasid=True))


@operation(source="drivers/iommu/intel/dmar.c:qi_submit_sync", seen="read in several versions")
def qi_submit_sync(k: Kernel, dev: Device, request: Invalidation) -> Steps:
    """Put descriptors into the IOMMU's queue, and spin until it has reported completion."""
    wait(k[Sva].queue[dev] is None)
    k[Sva].queue[dev] = request
    if has(k, invalidation_waits):
        yield "wait for completion"
        wait(k[Sva].queue[dev] is None)


def sva_hears_ranges(k: Kernel, dev: Device) -> bool:
    """It does not: a subscription has either these or arch_invalidate_secondary_tlbs."""
    return False


SVA = DeviceType(
    "sva",
    fills={
        translate: sva_translate,
        attach: sva_attach,
        detach: sva_detach,
        arch_invalidate_secondary_tlbs: sva_invalidate,
        release: sva_release,
        hears_ranges: sva_hears_ranges,
    },
)


@hardware(unit="iotlb", device=SVA, source="VT-d specification: first-stage translation", litmus="iotlb_fill {va}")
def iotlb_fill(k: Kernel, dev: Device, va: Va) -> Steps:
    """Walk the page table and keep what is found, in place of what was kept before."""
    atomic(
        "an invalidation of the IOTLB completes only when no walk is left that could put an old entry in", hardware=True
    )
    found = walk(k, dev, va)
    wait(found is not None and found != k[Sva].iotlb[dev, va])
    k[Sva].pasid_cache[dev] = True
    k[Sva].iotlb[dev, va] = found
    yield from nothing()


@hardware(unit="atc", device=SVA, source="PCIe: address translation services", litmus="ats_request {va}")
def ats_request(k: Kernel, dev: Device, va: Va) -> Steps:
    """Ask for the translation of a page; the IOMMU answers from its IOTLB."""
    atomic("answers and invalidations reach the device in the order in which the IOMMU sends them", hardware=True)
    found = k[Sva].iotlb[dev, va]
    wait(found is not None and found != k[Sva].devtlb[dev, va])
    k[Sva].answer[dev] = Translation(va=va, pte=some(found))
    yield "fill ATC"
    atomic(
        "an answer that an invalidation overtakes is dropped: answer and cache are one to an invalidation",
        hardware=True,
    )
    answer = k[Sva].answer[dev]
    if answer is not None:
        k[Sva].devtlb[dev, answer.va] = answer.pte
        k[Sva].answer[dev] = None


@hardware(unit="invalidation", device=SVA, owed=True, source="VT-d specification: queued invalidation")
def invalidate_caches(k: Kernel, dev: Device) -> Steps:
    """Work off the descriptors in order, then report completion."""
    asked = k[Sva].queue[dev]
    wait(asked is not None)
    request = some(asked)
    if request.pasid:
        yield "PASID cache"
        k[Sva].pasid_cache[dev] = False
    if has(k, iotlb_before_devtlb):
        yield from clear_iotlb(k, dev, request.va)
        yield from clear_devtlb(k, dev, request.va)
    else:
        yield from clear_devtlb(k, dev, request.va)
        yield from clear_iotlb(k, dev, request.va)
    if has(k, completion_waits_for_accesses):
        yield "accesses done"
        wait(not accesses(k, dev, frozenset(page for page in Va if request.va is None or page == request.va)))
    yield "completion"
    k[Sva].queue[dev] = None


@operation(source="VT-d specification: IOTLB invalidate descriptor")
def clear_iotlb(k: Kernel, dev: Device, va: Va | None) -> Steps:
    """Drop the IOMMU's translations."""
    atomic("an invalidation has an effect when it completes: the entries of the range go together", hardware=True)
    for page in Va:
        if va is None or page == va:
            k[Sva].iotlb[dev, page] = None
    yield from nothing()


@operation(source="PCIe: invalidate request")
def clear_devtlb(k: Kernel, dev: Device, va: Va | None) -> Steps:
    """Drop the device's translations, and those on their way to it."""
    atomic("an invalidation has an effect when it completes: the entries of the range go together", hardware=True)
    for page in Va:
        if va is None or page == va:
            k[Sva].devtlb[dev, page] = None
    answer = k[Sva].answer[dev]
    if answer is not None and (va is None or answer.va == va):
        k[Sva].answer[dev] = None
    yield from nothing()
