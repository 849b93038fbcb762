"""The worker that writes completion records which the device could not write: drivers/dma/idxd/cdev.c, irq.c."""

from __future__ import annotations

from shootdown.model import Mechanism, Result, Steps, atomic, check, has, operation, wait

from ..mm.exit import mmput
from ..mm.state import Cpu, Kernel, Mm
from ..mm.user import do_user_addr_fault
from ..mm.walk import walked
from .dma import Dma
from .dsa_engine import put_status
from .dsa_queue import Descriptor, Dsa, Wq, body_written, lost

fixup_gets_mm = Mechanism(
    bool,
    meaning="the worker becomes a user of the address space that it writes to, or gives up (mmget_not_zero)",
    prevents="a page that is faulted in while the address space is taken down, and left there for ever",
    evidence="read",
)
status_last = Mechanism(
    bool,
    meaning="the worker writes the status byte of a record after all others",
    since="v6.4",
    commit="b022f59725f0",
    prevents="a program that finds the status set and reads the rest too early",
    evidence="read",
)


@operation(source="drivers/dma/idxd/irq.c:idxd_evl_fault_work", seen="v6.9")
def idxd_evl_fault_work(k: Kernel, wq: Wq) -> Steps:
    """Copy one record to the address space that has its PASID in this queue's table, and count a failure."""
    wait(not k[Dsa].work[wq].empty)
    entry = k[Dsa].work[wq].head
    yield "mutex_lock"
    k[Dsa].uc_lock[wq].lock()
    yield "xa_load"
    mm = k[Dsa].context[wq, entry.descriptor.pasid]
    if mm is None:
        lost(k, wq, entry.descriptor)
    copied = True
    if mm is not None:
        copied = yield from idxd_copy_cr(k, k[Dma].worker[k[Dsa].device[wq]], mm, entry.descriptor)
    yield "mutex_unlock"
    k[Dsa].uc_lock[wq].unlock()
    if not copied:
        yield "cr_fault_failures"
        k[Dsa].failures[wq] += 1
        lost(k, wq, entry.descriptor)
    yield "kmem_cache_free"
    k[Dsa].work[wq].pop()


@operation(source="drivers/dma/idxd/cdev.c:idxd_copy_cr", seen="v6.9")
def idxd_copy_cr(k: Kernel, cpu: Cpu, mm: Mm, descriptor: Descriptor) -> Result[bool]:
    """Write the record into the address space, faulting its page in if need be. False: it cannot be."""
    atomic("kthread_use_mm takes a reference to the structure, and does not look whether it has users")
    check(k.count[mm] > 0, "no_work_outlives_its_owner")
    check(mm == descriptor.owner, "records_stay_with_their_owner")
    if has(k, fixup_gets_mm):
        if k.users[mm] == 0:
            return False
        k.users[mm] += 1
    if has(k, status_last):
        copied = yield from copy_body(k, cpu, mm, descriptor)
        if copied:
            copied = yield from copy_status(k, cpu, mm, descriptor)
    else:
        copied = yield from copy_status(k, cpu, mm, descriptor)
        if copied:
            copied = yield from copy_body(k, cpu, mm, descriptor)
    if has(k, fixup_gets_mm):
        yield from mmput(k, cpu, mm)
    return copied


@operation(source="include/linux/uaccess.h:copy_to_user", seen="recalled")
def copy_body(k: Kernel, cpu: Cpu, mm: Mm, descriptor: Descriptor) -> Result[bool]:
    """Write all bytes but the status. False: the page cannot be faulted in."""
    possible = True
    while possible:
        atomic("a flush also ends the walks of page tables that are under way", hardware=True)
        pte = walked(k, mm, descriptor.record)
        if pte is not None and pte.write:
            body_written(k, descriptor.owner, descriptor.record)
            return True
        possible = yield from do_user_addr_fault(k, cpu, mm, descriptor.record, True)
        yield "again"
    return False


@operation(source="include/linux/uaccess.h:put_user", seen="recalled")
def copy_status(k: Kernel, cpu: Cpu, mm: Mm, descriptor: Descriptor) -> Result[bool]:
    """Write the status byte. False: the page cannot be faulted in."""
    possible = True
    while possible:
        atomic("IPIs are taken between instructions: a translation holds until the access is done", hardware=True)
        pte = walked(k, mm, descriptor.record)
        if pte is not None and pte.write:
            put_status(k, descriptor, pte.frame)
            return True
        possible = yield from do_user_addr_fault(k, cpu, mm, descriptor.record, True)
        yield "again"
    return False
