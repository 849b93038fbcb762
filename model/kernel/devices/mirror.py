"""A device with page tables of its own, built by its driver from those of a process: ODP, HMM, a GPU's user pointers.

The driver fills an entry under its lock, if no invalidation has met the page since it began to look at the process's
page table, and drops the entry before the process's entry changes. It holds no reference to the page.
"""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    Enum,
    Mechanism,
    Result,
    State,
    Steps,
    Table,
    atomic,
    auto,
    has,
    operation,
    table,
    wait,
    way,
)

from ..mm.interval import (
    mmu_interval_look,
    mmu_interval_notifier_insert,
    mmu_interval_notifier_remove,
    mmu_interval_read_begin,
    mmu_interval_read_retry,
    mmu_interval_set_seq,
)
from ..mm.locks import Mutex
from ..mm.mechanisms import interval_notifiers
from ..mm.notifier import (
    Event,
    Notifiers,
    Seq,
    arch_invalidate_secondary_tlbs,
    hears_ranges,
    interval_invalidate,
    invalidate_range_end,
    mmu_notifier_register,
    mmu_notifier_unregister,
    new_seq,
    release,
)
from ..mm.state import Cpu, Frame, Kernel, Mm, Pte, Va
from .dma import Dma, accesses, attach, bind, detach, translate
from .hmm import hmm_range_fault
from .remote import mm_done, mmget_not_zero


class Told(Enum):
    """When the driver of a mirror drops its entries."""

    RANGE_START = auto()
    CPU_FLUSH = auto()
    RANGE_END = auto()


mirror_told = Mechanism(
    Told,
    meaning="the driver drops entries when a range starts | when the CPU's TLBs are flushed | when a range ends",
    since="v5.5",
    commit="99cb252f5e68",
    prevents="a mirror that still uses the old page when the new one is visible or the old one is freed",
    evidence="read",
)
mirror_set_seq_always = Mechanism(
    bool,
    meaning="the driver notes every invalidation in its sequence, also if it has no entry to drop",
    since="v5.5",
    commit="99cb252f5e68",
    prevents="a fault under way that fills in a page which has been taken away",
    evidence="read",
)
mirror_retry_under_lock = Mechanism(
    bool,
    meaning="the driver looks for a missed invalidation while it holds the lock under which it fills the entry",
    since="v5.5",
    commit="99cb252f5e68",
    prevents="an invalidation between the look and the fill",
    evidence="read",
)
mirror_read_begin_waits = Mechanism(
    bool,
    meaning="the driver reads its sequence when no invalidation that met the page is under way",
    since="v5.5",
    commit="99cb252f5e68",
    prevents="an entry filled between the start of a range and the change of the page table, of which nobody tells",
    evidence="read",
)
mirror_hears_protection = Mechanism(
    bool,
    meaning="the driver drops entries also when only the right to write is taken away"
    " (MMU_NOTIFY_PROTECTION_PAGE, MMU_NOTIFY_PROTECTION_VMA)",
    since="v5.2",
    prevents="a device that writes a page which its process shares with a child, or may only read",
    evidence="read",
)
mirror_zap_waits = Mechanism(
    bool,
    meaning="the driver waits until the device has dropped the entry and finished the accesses that used it",
    prevents="an access that reaches the page after it was freed",
    evidence="read",
)


class Mirror(State):
    """Page tables of devices, and their drivers."""

    region: Table[tuple[Device, Va], bool] = table(False)
    """The page is registered: the device may access it, and its driver finds the region when it must fault it in."""
    faulting: Table[Device, Va | None] = table(None)
    """The page that the driver faults in; it uses the page's region until it is done."""
    spte: Table[tuple[Device, Va], Pte | None] = table(None, show="{0} {1}: {value}")
    lock: Table[Device, Mutex] = table(Mutex)
    """umem_mutex, notifier_lock: what an invalidation and a fill exclude each other with."""


@operation(source="drivers/infiniband/core/umem_odp.c:ib_umem_odp_get", seen="read in several versions")
def mirror_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Subscribe to changes of the page; no entry is filled yet."""
    yield "bind"
    atomic("the driver's own lock is held while a device is set up")
    subscribes = bind(k, dev, mm)
    if subscribes and way(k, mirror_told) == Told.RANGE_START:
        yield from mmu_interval_notifier_insert(k, dev, mm, va)
    if subscribes and way(k, mirror_told) != Told.RANGE_START and not k[Notifiers].listed[mm, dev]:
        yield from mmu_notifier_register(k, dev, mm)
    yield "create mkey"
    k[Mirror].region[dev, va] = True


@operation(source="drivers/infiniband/core/umem_odp.c:ib_umem_odp_release", seen="read in several versions")
def mirror_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Stop the device, drop the entry under the driver's lock, and then the subscription, if no other page needs it."""
    if not k[Mirror].region[dev, va]:
        return
    yield from revoke_region(k, dev, va)
    yield "driver_lock"
    k[Mirror].lock[dev].lock()
    yield from drop_entries(k, dev, frozenset({va}))
    yield "driver_unlock"
    k[Mirror].lock[dev].unlock()
    yield "other regions"
    atomic("the driver's own lock is held while a region is taken down")
    last = all(not k[Mirror].region[dev, page] for page in Va)
    if last and k[Notifiers].listed[mm, dev]:
        yield from mmu_notifier_unregister(k, dev, mm)
    elif way(k, mirror_told) == Told.RANGE_START:
        yield from mmu_interval_notifier_remove(k, dev, mm, va)


@operation(source="drivers/infiniband/hw/mlx5/mr.c:mlx5_ib_dereg_mr", seen="recalled")
def revoke_region(k: Kernel, dev: Device, va: Va) -> Steps:
    """The device and its faults find the region no more; on return none is left that found it before."""
    yield "destroy mkey"
    k[Mirror].region[dev, va] = False
    yield "page faults done"
    wait(k[Mirror].faulting[dev] != va)
    yield "accesses done"
    wait(not accesses(k, dev, frozenset({va})))


@operation(source="ODP hardware: access to a page that the device page table maps or not", seen="inferred")
def mirror_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Use the device's entry; without one that permits the access, park it and let the driver fill one in."""
    while True:
        yield "lookup"
        atomic("the device counts an access as in flight when it uses the entry", hardware=True)
        wait(k[Dma].in_flight[dev] is None)
        if not k[Mirror].region[dev, va]:
            return None
        entry = k[Mirror].spte[dev, va]
        if entry is not None and (entry.write or not write):
            k[Dma].in_flight[dev] = va
            return entry.frame
        filled = yield from mirror_fault(k, dev, va, write)
        if not filled:
            return None


@operation(source="drivers/infiniband/hw/mlx5/odp.c:pagefault_mr", seen="read in several versions")
def mirror_fault(k: Kernel, dev: Device, va: Va, write: bool) -> Result[bool]:
    """Fill in the entry of a page; False: there is no such region or page, or the process may not access it so."""
    yield "find mkey"
    atomic("the table of regions is read under its lock, which a revocation takes, too")
    mm = k[Dma].mm[dev]
    if mm is None or not k[Mirror].region[dev, va]:
        return False
    k[Mirror].faulting[dev] = va
    yield "mmget_not_zero"
    filled = False
    mapped = mmget_not_zero(k, mm)
    if mapped:
        filled = yield from pagefault_real_mr(k, dev, mm, va, write)
        yield from mm_done(k, k[Dma].worker[dev], mm)
    yield "mkey usecount"
    k[Mirror].faulting[dev] = None
    return filled


@operation(source="drivers/infiniband/hw/mlx5/odp.c:pagefault_real_mr", seen="read in several versions")
def pagefault_real_mr(k: Kernel, dev: Device, mm: Mm, va: Va, write: bool) -> Result[bool]:
    """Look at the page table and fill in what it says, until no invalidation came in between."""
    mapped = True
    filled = False
    while mapped and not filled:
        seq = yield from read_begin(k, dev, mm)
        pte = yield from hmm_range_fault(k, k[Dma].worker[dev], mm, va, write)
        mapped = pte is not None
        if pte is not None:
            filled = yield from fill_entry(k, dev, mm, va, pte, seq)
    return filled


@operation(source="drivers/infiniband/core/umem_odp.c:ib_umem_odp_map_dma_and_lock", seen="read in several versions")
def read_begin(k: Kernel, dev: Device, mm: Mm) -> Result[Seq]:
    """The sequence that tells later whether an invalidation came in between."""
    if has(k, mirror_read_begin_waits) and way(k, mirror_told) == Told.RANGE_START:
        return (yield from mmu_interval_read_begin(k, dev, mm))
    yield "read sequence"
    atomic("that the driver remembers what it has read is its own affair")
    return mmu_interval_look(k, dev, mm)


@operation(source="drivers/infiniband/core/umem_odp.c:ib_umem_odp_map_dma_and_lock", seen="read in several versions")
def fill_entry(k: Kernel, dev: Device, mm: Mm, va: Va, pte: Pte, seq: Seq) -> Result[bool]:
    """Program the device under the driver's lock; False: an invalidation came in between."""
    retry = False
    if not has(k, mirror_retry_under_lock):
        yield "mmu_interval_read_retry"
        retry = mmu_interval_read_retry(k, dev, mm, seq)
        if retry:
            return False
    yield "driver_lock"
    k[Mirror].lock[dev].lock()
    if has(k, mirror_retry_under_lock):
        yield "mmu_interval_read_retry"
        retry = mmu_interval_read_retry(k, dev, mm, seq)
    if not retry:
        yield "fill spte"
        k[Mirror].spte[dev, va] = pte
    yield "driver_unlock"
    k[Mirror].lock[dev].unlock()
    return not retry


@operation(source="include/linux/mmu_notifier.h:mmu_interval_notifier_ops", seen="v6.12")
def mirror_interval_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None, event: Event, cur_seq: Seq) -> Steps:
    """Told when a range starts."""
    protection = event == Event.PROTECTION_PAGE or event == Event.PROTECTION_VMA
    if not protection or has(k, mirror_hears_protection):
        yield from invalidate_entries(k, dev, mm, va, cur_seq)


@operation(source="a mirror that subscribes to arch_invalidate_secondary_tlbs", seen="design")
def mirror_secondary_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """Told when the CPU's TLBs are flushed."""
    if way(k, mirror_told) == Told.CPU_FLUSH:
        yield from invalidate_entries(k, dev, mm, va, None)


@operation(source="a mirror that subscribes to invalidate_range_end", seen="design")
def mirror_range_end(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """Told when a range ends."""
    if way(k, mirror_told) == Told.RANGE_END:
        yield from invalidate_entries(k, dev, mm, va, None)


@operation(source="a mirror that subscribes to release", seen="design")
def mirror_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends; later faults fail, as it has no users."""
    yield from invalidate_entries(k, dev, mm, None, None)


@operation(source="drivers/infiniband/hw/mlx5/odp.c:mlx5_ib_invalidate_range", seen="read in several versions")
def invalidate_entries(k: Kernel, dev: Device, mm: Mm, va: Va | None, cur_seq: Seq | None) -> Steps:
    """Under the driver's lock: set the sequence, drop the entries of the pages, wait for accesses that used them.

    `cur_seq` None: the driver counts by itself.
    """
    pages = frozenset(page for page in Va if va is None or page == va)
    yield "driver_lock"
    k[Mirror].lock[dev].lock()
    yield "mmu_interval_set_seq"
    atomic("the driver's lock is held")
    if has(k, mirror_set_seq_always) or any(k[Mirror].spte[dev, page] is not None for page in Va):
        if cur_seq is None:
            own_seq = new_seq(k, mm)
            mmu_interval_set_seq(k, dev, mm, own_seq)
        else:
            mmu_interval_set_seq(k, dev, mm, cur_seq)
    yield from drop_entries(k, dev, pages)
    yield "driver_unlock"
    k[Mirror].lock[dev].unlock()


@operation(source="drivers/infiniband/hw/mlx5/odp.c:mlx5_ib_invalidate_range", seen="read in several versions")
def drop_entries(k: Kernel, dev: Device, pages: frozenset[Va]) -> Steps:
    """Take entries out of the device's page table, and wait for the accesses that used them."""
    yield "zap spte"
    atomic("one work request clears the entries of a range")
    for page in Va:
        if page in pages:
            k[Mirror].spte[dev, page] = None
    if has(k, mirror_zap_waits):
        yield "wait for device"
        wait(not accesses(k, dev, pages))


def mirror_hears_ranges(k: Kernel, dev: Device) -> bool:
    """Where the design tells it so. (An interval subscription is not on the list.)"""
    return way(k, mirror_told) == Told.RANGE_END


MIRROR = DeviceType(
    "mirror",
    fills={
        translate: mirror_translate,
        attach: mirror_attach,
        detach: mirror_detach,
        interval_invalidate: mirror_interval_invalidate,
        arch_invalidate_secondary_tlbs: mirror_secondary_invalidate,
        invalidate_range_end: mirror_range_end,
        release: mirror_release,
        hears_ranges: mirror_hears_ranges,
    },
    needs=(interval_notifiers,),
)
