"""Interval notifiers: the sequence that lets a driver see whether a page changed while it built a translation.

The protocol of a driver: read_begin; fault the pages in; take its lock; if read_retry, drop the lock and start over;
else program the device and drop the lock.
"""

from __future__ import annotations

from shootdown.model import Device, Result, Steps, atomic, operation, wait

from .notifier import Notifiers, Seq, Tree, new_seq
from .state import Kernel, Mm, Va


@operation(source="mm/mmu_notifier.c:mmu_interval_notifier_insert", seen="v6.12")
def mmu_interval_notifier_insert(k: Kernel, dev: Device, mm: Mm, va: Va) -> Steps:
    """Subscribe the device to the page; while an invalidation runs, from its end on.

    All pages of a device share a subscription here. One that is in the tree takes the page at once: the driver's faults
    wait for the end of the invalidation either way.
    """
    first = not k[Notifiers].has_itree[mm]
    if first:
        yield "mmap_write_lock"
        k.mmap_lock[mm].write_lock()
        yield "mmu_notifier_register"
        atomic("mm_take_all_locks: no start or end of this address space is under way")
        wait(k.anon_vma.holders == 0)
        k[Notifiers].subscriptions[mm] = True
        k[Notifiers].has_itree[mm] = True
        yield "mmap_write_unlock"
        k.mmap_lock[mm].write_unlock()
    yield "interval_tree_insert"
    atomic("subscriptions->lock is held")
    k[Notifiers].covers[mm, dev] = k[Notifiers].covers[mm, dev] | {va}
    if k[Notifiers].active_invalidate_ranges[mm] == 0:
        k[Notifiers].tree[mm, dev] = Tree.IN
        k[Notifiers].interval_seq[mm, dev] = new_seq(k, mm)
    else:
        old = k[Notifiers].tree[mm, dev]
        if k[Notifiers].invalidate_seq[mm] == 0:
            k[Notifiers].invalidate_seq[mm] = new_seq(k, mm)
            k[Notifiers].tree[mm, dev] = Tree.IN
        elif old == Tree.OUT:
            k[Notifiers].tree[mm, dev] = Tree.INSERTING
        elif old == Tree.REMOVING:
            k[Notifiers].tree[mm, dev] = Tree.IN
        k[Notifiers].interval_seq[mm, dev] = k[Notifiers].invalidate_seq[mm]


@operation(source="mm/mmu_notifier.c:mmu_interval_notifier_remove", seen="v6.12")
def mmu_interval_notifier_remove(k: Kernel, dev: Device, mm: Mm, va: Va) -> Steps:
    """End the subscription to the page; no callback runs after the return if it was the last page."""
    atomic("subscriptions->lock is held")
    k[Notifiers].covers[mm, dev] = k[Notifiers].covers[mm, dev] - {va}
    if len(k[Notifiers].covers[mm, dev]) > 0:
        return
    running = k[Notifiers].invalidate_seq[mm] != 0
    inserted = k[Notifiers].tree[mm, dev] == Tree.IN
    k[Notifiers].tree[mm, dev] = Tree.REMOVING if running and inserted else Tree.OUT
    yield "wait for invalidations"
    wait(k[Notifiers].tree[mm, dev] != Tree.REMOVING)


@operation(source="mm/mmu_notifier.c:mmu_interval_read_begin", seen="v6.12")
def mmu_interval_read_begin(k: Kernel, dev: Device, mm: Mm) -> Result[Seq]:
    """The sequence to hand to read_retry; waits while an invalidation that met this subscription runs."""
    atomic("subscriptions->lock is held")
    seq = mmu_interval_look(k, dev, mm)
    busy = seq != 0 and seq == k[Notifiers].invalidate_seq[mm]
    yield "wait for invalidations"
    wait(not busy or k[Notifiers].invalidate_seq[mm] != seq)
    return seq


def mmu_interval_look(k: Kernel, dev: Device, mm: Mm) -> Seq:
    """The subscription's sequence, which the driver now remembers."""
    seq = k[Notifiers].interval_seq[mm, dev]
    k[Notifiers].remembered[mm, dev] = seq
    return seq


def mmu_interval_read_retry(k: Kernel, dev: Device, mm: Mm, seq: Seq) -> bool:
    """Whether the pages may have changed since read_begin. Called under the driver's lock."""
    return k[Notifiers].interval_seq[mm, dev] != seq


def mmu_interval_set_seq(k: Kernel, dev: Device, mm: Mm, cur_seq: Seq) -> None:
    """Note that an invalidation met the subscription. Called under the driver's lock, whatever is mapped."""
    k[Notifiers].interval_seq[mm, dev] = cur_seq
