"""MMU notifiers: how the kernel tells devices that address translations change.

A subscriber on the list hears start, end, release and the invalidation of secondary TLBs of its address space; an
interval subscriber hears `interval_invalidate` for the pages that it covers. `va` None stands for all pages.
"""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Device,
    Enum,
    Result,
    State,
    Steps,
    Table,
    atomic,
    auto,
    has,
    note,
    nothing,
    operation,
    slot,
    table,
    wait,
    way,
)

from .mechanisms import SecondaryFlush, interval_counts_ranges, release_notifies, secondary_flush
from .state import Kernel, Mm, Pte, Va

Seq = Annotated[int, Between(0, 15)]
"""A sequence of interval notifiers. Only whether two are equal matters: 0 stands for any even number, and an odd number
may be used again when nobody remembers it."""


class Event(Enum):
    """Why a range is invalidated (enum mmu_notifier_event)."""

    UNMAP = auto()
    CLEAR = auto()
    PROTECTION_VMA = auto()
    PROTECTION_PAGE = auto()
    RELEASE = auto()


class Tree(Enum):
    """Where an interval subscription is: out of the tree, in it, or put off until the running invalidations end."""

    OUT = auto()
    IN = auto()
    INSERTING = auto()
    REMOVING = auto()


class Notifiers(State):
    """struct mmu_notifier_subscriptions of each address space, and who is in it."""

    subscriptions: Table[Mm, bool] = table(False)
    """mm_has_notifiers: somebody has subscribed once."""
    listed: Table[tuple[Mm, Device], bool] = table(False)
    """The device is on the list of plain notifiers."""
    readers: Table[Mm, Annotated[int, Between(0, 7)]] = table(0)
    """Walks of the list under SRCU."""
    has_itree: Table[Mm, bool] = table(False)
    tree: Table[tuple[Mm, Device], Tree] = table(Tree.OUT)
    covers: Table[tuple[Mm, Device], frozenset[Va]] = table(frozenset())
    """The pages of the device's interval subscription."""
    active_invalidate_ranges: Table[Mm, Annotated[int, Between(0, 4)]] = table(0)
    invalidate_seq: Table[Mm, Seq] = table(0)
    """Odd while an invalidation that met a subscription runs."""
    interval_seq: Table[tuple[Mm, Device], Seq] = table(0)
    """interval_sub->invalidate_seq."""
    remembered: Table[tuple[Mm, Device], Seq] = table(0)
    """The last sequence that the driver has read: one fault of a device looks for invalidations at a time."""


@slot
def invalidate_range_start(k: Kernel, dev: Device, mm: Mm, va: Va | None, event: Event) -> Steps:
    """On return the device uses no translation of the pages, and makes none until the range ends."""
    yield from nothing()


@slot
def invalidate_range_end(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """The device may translate the pages again."""
    yield from nothing()


@slot
def arch_invalidate_secondary_tlbs(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """On return no cache of the device holds an old translation. May not sleep. Before v6.6: invalidate_range."""
    yield from nothing()


@slot
def change_pte(k: Kernel, dev: Device, mm: Mm, va: Va, pte: Pte) -> Steps:
    """The entry is about to become `pte`. Until v6.10."""
    yield from nothing()


@slot
def clear_flush_young(k: Kernel, dev: Device, mm: Mm, va: Va) -> Result[bool]:
    """Whether the device has used the page lately. On return it has not, and will say so if it does again."""
    yield from nothing()
    return False


@slot
def release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends: on return the device uses no translation of it, and makes none."""
    yield from nothing()


@slot
def interval_invalidate(k: Kernel, dev: Device, mm: Mm, va: Va | None, event: Event, cur_seq: Seq) -> Steps:
    """The driver sets its sequence to `cur_seq` under its lock, always, and drops its translations of the pages."""
    yield from nothing()


@slot
def hears_ranges(k: Kernel, dev: Device) -> bool:
    """Whether the device's subscription has invalidate_range_start or invalidate_range_end."""
    return True


def srcu_read_lock(k: Kernel, mm: Mm) -> frozenset[Device]:
    """Begin a walk of the list: the subscribers that it meets. Nobody of them is done unregistering before it ends."""
    k[Notifiers].readers[mm] += 1
    return frozenset(dev for dev in Device if k[Notifiers].listed[mm, dev])


def srcu_read_unlock(k: Kernel, mm: Mm) -> None:
    """End a walk of the list."""
    k[Notifiers].readers[mm] -= 1


@operation(source="kernel/rcu/srcutree.c:synchronize_srcu", seen="recalled")
def synchronize_srcu(k: Kernel, mm: Mm) -> Steps:
    """Wait until no walk of the list is left that began before."""
    wait(k[Notifiers].readers[mm] == 0)
    yield from nothing()


def has_list(k: Kernel, mm: Mm) -> bool:
    """The list is not empty; once a range is open, it can only become so."""
    return any(k[Notifiers].listed[mm, dev] for dev in Device)


def in_tree(k: Kernel, mm: Mm, va: Va | None) -> frozenset[Device]:
    """The interval subscribers that cover the page (None: any page)."""
    return frozenset(
        dev
        for dev in Device
        if (k[Notifiers].tree[mm, dev] == Tree.IN or k[Notifiers].tree[mm, dev] == Tree.REMOVING)
        and (va is None or va in k[Notifiers].covers[mm, dev])
    )


def new_seq(k: Kernel, mm: Mm) -> Seq:
    """The next odd number: one that nobody remembers."""
    seq: Seq = 0
    for half in range(0, 8):
        odd = half * 2 + 1
        if seq == 0 and not any(
            k[Notifiers].interval_seq[mm, dev] == odd or k[Notifiers].remembered[mm, dev] == odd for dev in Device
        ):
            seq = odd
    assert seq != 0
    return seq


@operation(source="mm/mmu_notifier.c:__mmu_notifier_invalidate_range_start", seen="v6.12")
def mmu_notifier_invalidate_range_start(k: Kernel, mm: Mm, va: Va | None, event: Event) -> Steps:
    """Tell every subscriber that the page is about to change: interval subscribers first, then the list."""
    atomic("who registers holds mmap_lock for writing: the subscribers of a range do not change while it is open")
    if not k[Notifiers].subscriptions[mm]:
        return
    if va is None:
        note(f"{event} all")
    else:
        note(f"{event} {va}")
    listed = any(k[Notifiers].listed[mm, dev] and hears_ranges(k, dev) for dev in Device)
    if k[Notifiers].has_itree[mm]:
        yield from mn_itree_invalidate(k, mm, va, event)
    if listed:
        yield from mn_hlist_invalidate_range_start(k, mm, va, event)
    if way(k, secondary_flush) == SecondaryFlush.AT_START:
        yield from mmu_notifier_invalidate_secondary(k, mm, va)


@operation(source="mm/mmu_notifier.c:mn_hlist_invalidate_range_start", seen="v6.12")
def mn_hlist_invalidate_range_start(k: Kernel, mm: Mm, va: Va | None, event: Event) -> Steps:
    """Tell the list."""
    atomic("the list is read under SRCU")
    listed = srcu_read_lock(k, mm)
    for dev in Device:
        if dev in listed:
            yield from invalidate_range_start(k, dev, mm, va, event)
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)


@operation(source="mm/mmu_notifier.c:mn_itree_invalidate", seen="v6.12")
def mn_itree_invalidate(k: Kernel, mm: Mm, va: Va | None, event: Event) -> Steps:
    """Count the range as active, make the sequence odd if it meets a subscription, and tell those that it meets."""
    atomic("subscriptions->lock is held")
    met = in_tree(k, mm, va)
    k[Notifiers].active_invalidate_ranges[mm] += 1
    idle = k[Notifiers].invalidate_seq[mm] == 0
    if len(met) > 0 and idle:
        k[Notifiers].invalidate_seq[mm] = new_seq(k, mm)
    cur_seq = k[Notifiers].invalidate_seq[mm]
    for dev in Device:
        if dev in met:
            yield from interval_invalidate(k, dev, mm, va, event, cur_seq)


@operation(source="mm/mmu_notifier.c:__mmu_notifier_invalidate_range_end", seen="v6.12")
def mmu_notifier_invalidate_range_end(k: Kernel, mm: Mm, va: Va | None, only_end: bool) -> Steps:
    """The page has changed. `only_end`: without the secondary TLBs where the design invalidates them at the end."""
    atomic("who registers holds mmap_lock for writing: the subscribers of a range do not change while it is open")
    if not k[Notifiers].subscriptions[mm]:
        return
    note("end")
    flush = way(k, secondary_flush) == SecondaryFlush.AT_END or (
        way(k, secondary_flush) == SecondaryFlush.EXPLICIT_AND_END and not only_end
    )
    listed = any(k[Notifiers].listed[mm, dev] and (flush or hears_ranges(k, dev)) for dev in Device)
    if k[Notifiers].has_itree[mm]:
        yield from mn_itree_inv_end(k, mm)
    if listed:
        yield from mn_hlist_invalidate_end(k, mm, va, flush)


@operation(source="mm/mmu_notifier.c:mn_hlist_invalidate_end", seen="v6.12")
def mn_hlist_invalidate_end(k: Kernel, mm: Mm, va: Va | None, flush: bool) -> Steps:
    """Tell the list; with `flush`, to invalidate the secondary TLBs, too."""
    atomic("the list is read under SRCU")
    listed = srcu_read_lock(k, mm)
    for dev in Device:
        if dev in listed:
            if flush:
                yield from arch_invalidate_secondary_tlbs(k, dev, mm, va)
            yield from invalidate_range_end(k, dev, mm, va)
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)


@operation(source="mm/mmu_notifier.c:mn_itree_inv_end", seen="v6.12")
def mn_itree_inv_end(k: Kernel, mm: Mm) -> Steps:
    """Count the range as ended; the last one makes the sequence even, and does the inserts and removals put off."""
    atomic("subscriptions->lock is held")
    k[Notifiers].active_invalidate_ranges[mm] -= 1
    if k[Notifiers].active_invalidate_ranges[mm] == 0 or not has(k, interval_counts_ranges):
        k[Notifiers].invalidate_seq[mm] = 0
        for dev in Device:
            tree = k[Notifiers].tree[mm, dev]
            if tree == Tree.INSERTING:
                k[Notifiers].tree[mm, dev] = Tree.IN
            if tree == Tree.REMOVING:
                k[Notifiers].tree[mm, dev] = Tree.OUT
    yield from nothing()


@operation(source="mm/mmu_notifier.c:__mmu_notifier_arch_invalidate_secondary_tlbs", seen="v6.12")
def mmu_notifier_invalidate_secondary(k: Kernel, mm: Mm, va: Va | None) -> Steps:
    """Let every subscriber invalidate the caches of devices that walk the page table."""
    atomic("the list is read under SRCU: who leaves it waits for this walk")
    if not k[Notifiers].subscriptions[mm]:
        return
    if va is None:
        note("all")
    else:
        note(f"{va}")
    if not has_list(k, mm):
        return
    listed = srcu_read_lock(k, mm)
    for dev in Device:
        if dev in listed:
            yield from arch_invalidate_secondary_tlbs(k, dev, mm, va)
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)


@operation(source="mm/mmu_notifier.c:__mmu_notifier_change_pte", seen="v6.1")
def mmu_notifier_change_pte(k: Kernel, mm: Mm, va: Va, pte: Pte) -> Steps:
    """Tell every subscriber what the entry is about to become."""
    atomic("the list is read under SRCU: who leaves it waits for this walk")
    if not k[Notifiers].subscriptions[mm] or not has_list(k, mm):
        return
    listed = srcu_read_lock(k, mm)
    for dev in Device:
        if dev in listed:
            yield from change_pte(k, dev, mm, va, pte)
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)


@operation(source="mm/mmu_notifier.c:__mmu_notifier_clear_flush_young", seen="recalled")
def mmu_notifier_clear_flush_young(k: Kernel, mm: Mm, va: Va) -> Result[bool]:
    """Ask every subscriber whether it has used the page lately."""
    atomic("the list is read under SRCU: who leaves it waits for this walk")
    if not k[Notifiers].subscriptions[mm] or not has_list(k, mm):
        return False
    note(f"{va}")
    young = False
    listed = srcu_read_lock(k, mm)
    for dev in Device:
        if dev in listed:
            used = yield from clear_flush_young(k, dev, mm, va)
            young = young or used
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)
    return young


@operation(source="mm/mmu_notifier.c:__mmu_notifier_release", seen="v6.12")
def mmu_notifier_release(k: Kernel, mm: Mm) -> Steps:
    """The address space ends: tell every subscriber, then drop the list; interval subscribers stay in the tree."""
    atomic("the tree and the list only become empty now: an address space without users gets no subscribers")
    if not k[Notifiers].subscriptions[mm]:
        return
    note("release")
    listed = has_list(k, mm)
    if k[Notifiers].has_itree[mm] and has(k, release_notifies):
        yield from mn_itree_invalidate(k, mm, None, Event.RELEASE)
        yield from mn_itree_inv_end(k, mm)
    if listed:
        yield from mn_hlist_release(k, mm)


@operation(source="mm/mmu_notifier.c:mn_hlist_release", seen="v6.12")
def mn_hlist_release(k: Kernel, mm: Mm) -> Steps:
    """Release every subscriber on the list; unlink them all; wait for releases that unregistrations have begun."""
    atomic("the list is read under SRCU")
    listed = srcu_read_lock(k, mm)
    if has(k, release_notifies):
        for dev in Device:
            if dev in listed:
                yield from release(k, dev, mm)
    yield "hlist_del_init_rcu"
    atomic("subscriptions->lock is held")
    for dev in Device:
        k[Notifiers].listed[mm, dev] = False
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)
    yield from synchronize_srcu(k, mm)


@operation(source="mm/mmu_notifier.c:mmu_notifier_register", seen="v6.12")
def mmu_notifier_register(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """Put the device on the list: with all locks of the address space held, so that no range is open."""
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "hlist_add_head_rcu"
    atomic("mm_take_all_locks: no start or end of this address space is under way")
    wait(k.anon_vma.holders == 0)
    k[Notifiers].subscriptions[mm] = True
    k[Notifiers].listed[mm, dev] = True
    yield "mmap_write_unlock"
    k.mmap_lock[mm].write_unlock()


@operation(source="mm/mmu_notifier.c:mmu_notifier_unregister", seen="v6.12")
def mmu_notifier_unregister(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """Call release if the device is still on the list, and take it off; no callback runs after the return."""
    atomic("the list is read under SRCU")
    listed = srcu_read_lock(k, mm)
    if dev in listed:
        yield from release(k, dev, mm)
        yield "hlist_del_init_rcu"
        k[Notifiers].listed[mm, dev] = False
    yield "srcu_read_unlock"
    srcu_read_unlock(k, mm)
    yield from synchronize_srcu(k, mm)


@operation(source="mm/mmu_notifier.c:mmu_notifier_put", seen="v6.12")
def mmu_notifier_put(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """Take the device off the list without a release; callbacks that have begun may still run after the return."""
    k[Notifiers].listed[mm, dev] = False
    yield from nothing()
