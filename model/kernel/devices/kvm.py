"""A virtual machine: guest memory is the process's memory, through page tables that KVM builds from the process's.

A vCPU is a task of the process, and runs on the device's `worker`. Its accesses go through the guest TLB, then through
shadow entries (SPTEs); where none permits the access, the vCPU leaves the guest, finds the page by get_user_pages, maps
it under mmu_lock if no invalidation has met it since, and gives the reference back: an SPTE holds none. A machine
has one vCPU, and a slot is one page. The look for invalidations before mmu_lock is taken (from v6.9 on) is left out: it
only spares the lock.
"""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Device,
    DeviceType,
    Mechanism,
    Result,
    State,
    Steps,
    Table,
    atomic,
    hardware,
    has,
    nothing,
    operation,
    pick,
    table,
    wait,
)

from ..mm.gup import put_page
from ..mm.locks import SpinLock
from ..mm.mechanisms import notifier_ranges_only
from ..mm.notifier import (
    Event,
    Notifiers,
    change_pte,
    clear_flush_young,
    invalidate_range_end,
    invalidate_range_start,
    mmu_notifier_register,
    mmu_notifier_unregister,
    release,
)
from ..mm.state import Cpu, Frame, Kernel, Life, Mm, Pte, Va
from ..mm.user import enter
from .dma import Dma, attach, bind, commit_read, commit_write, detach, translate
from .hva_to_pfn import hva_to_pfn

kvm_retry_range = Mechanism(
    bool,
    meaning="a fault starts over if a range that is open covers its page, when it is about to map it",
    since="v2.6.27",
    commit="e930bffe95e1",
    prevents="an SPTE made between the start of a range and the change of the page table: nobody tells of it again",
    evidence="recalled",
)
kvm_retry_sequence = Mechanism(
    bool,
    meaning="a fault starts over if a range has ended since it began",
    since="v2.6.27",
    commit="e930bffe95e1",
    prevents="an SPTE for a page that was found before the range, and given up in it",
    evidence="recalled",
)
kvm_sequence_first = Mechanism(
    bool,
    meaning="a fault reads the sequence before it looks for the page, not after",
    since="v2.6.27",
    commit="e930bffe95e1",
    prevents="an SPTE for a page that the process has given up between the two",
    evidence="recalled",
)
kvm_stale_under_lock = Mechanism(
    bool,
    meaning="a fault looks whether its page is stale while it holds mmu_lock, under which it maps the page",
    since="v2.6.27",
    commit="e930bffe95e1",
    prevents="an invalidation between the look and the mapping",
    evidence="recalled",
)
kvm_flush_under_lock = Mechanism(
    bool,
    meaning="an invalidation flushes the guest's TLBs before it drops mmu_lock",
    since="v3.4",
    commit="565f3be21746",
    prevents="another invalidation that finds the SPTE gone, returns, and has the page freed before that flush",
    evidence="recalled",
)
kvm_sequence_before_count = Mechanism(
    bool,
    meaning="the end of a range raises the sequence, then lowers the count of open ranges",
    since="v2.6.27",
    commit="e930bffe95e1",
    prevents="nothing where the fault looks at both under mmu_lock: it matters to those who look without",
    evidence="recalled",
)

Name = Annotated[int, Between(0, 1)]
"""A value of the sequence. The vCPU compares it with the one that it remembers and with no other, so two will do."""


class Kvm(State):
    """struct kvm of each machine, and its vCPU."""

    slot: Table[tuple[Device, Va], bool] = table(False)
    """The page is guest memory."""
    spte: Table[tuple[Device, Va], Pte | None] = table(None, show="{0} SPTE {1}: {value}")
    guest_tlb: Table[tuple[Device, Va], Pte | None] = table(None, show="{0} TLB {1}: {value}")
    mmu_lock: Table[Device, SpinLock] = table(SpinLock)
    mn_active_invalidate_count: Table[Device, Annotated[int, Between(0, 4)]] = table(0)
    """Ranges that are open, guest memory or not: slots do not change meanwhile."""
    mmu_invalidate_in_progress: Table[Device, Annotated[int, Between(0, 4)]] = table(0)
    """Ranges that are open and cover guest memory."""
    mmu_invalidate_range: Table[Device, frozenset[Va]] = table(frozenset())
    """What these ranges cover together."""
    mmu_invalidate_seq: Table[Device, Name] = table(0)
    remembered: Table[Device, Name | None] = table(None)
    """The sequence that the vCPU's fault has read; None: it is not in a fault."""
    in_guest_mode: Table[Device, bool] = table(False)
    flush_requested: Table[Device, bool] = table(False)
    """KVM_REQ_TLB_FLUSH: the vCPU empties its TLB before it runs the guest again."""


@operation(source="virt/kvm/kvm_main.c:kvm_vm_ioctl_set_memory_region", seen="recalled")
def kvm_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Make the machine, if this is its first page, and the page guest memory."""
    yield "bind"
    atomic("the ioctl holds the machine's slots_lock")
    subscribes = bind(k, dev, mm) and not k[Notifiers].listed[mm, dev]
    if subscribes:
        yield from mmu_notifier_register(k, dev, mm)
    yield from kvm_swap_active_memslots(k, dev, va, True)


@operation(source="virt/kvm/kvm_main.c:kvm_delete_memslot", seen="recalled")
def kvm_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Take the page from the guest; with its last page the machine is destroyed."""
    yield from kvm_swap_active_memslots(k, dev, va, False)
    yield "synchronize_srcu"
    wait(k[Kvm].remembered[dev] is None)
    yield "mmu_lock"
    k[Kvm].mmu_lock[dev].lock()
    flush = yield from kvm_unmap_gfn_range(k, dev, frozenset({va}))
    if flush:
        yield from kvm_flush_remote_tlbs(k, dev)
    yield "mmu_unlock"
    k[Kvm].mmu_lock[dev].unlock()
    yield "kvm_put_kvm"
    atomic("the ioctl holds the machine's slots_lock")
    last = all(not k[Kvm].slot[dev, page] for page in Va) and k[Notifiers].listed[mm, dev]
    if last:
        yield from mmu_notifier_unregister(k, dev, mm)


@operation(source="virt/kvm/kvm_main.c:kvm_swap_active_memslots", seen="recalled")
def kvm_swap_active_memslots(k: Kernel, dev: Device, va: Va, present: bool) -> Steps:
    """Change the slots when no range is open, so that who hears of a range's end has heard of its start."""
    atomic("mn_invalidate_lock is held")
    wait(k[Kvm].mn_active_invalidate_count[dev] == 0)
    k[Kvm].slot[dev, va] = present
    yield from nothing()


@operation(source="virt/kvm/kvm_main.c:kvm_vcpu_ioctl", seen="recalled")
def kvm_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """A guest instruction reads or writes the page, and has done so on return. Without a process, there is no guest."""
    atomic("a CPU switches address spaces with interrupts off")
    mm = k[Dma].mm[dev]
    if mm is None:
        return None
    life = k.life[mm]
    if life != Life.RUNS:
        return None
    enter(k, k[Dma].worker[dev], mm)
    running = True
    while running:
        yield from vcpu_enter_guest(k, dev)
        done = yield from guest_access(k, dev, va, write)
        running = not done
        if running:
            running = yield from kvm_tdp_page_fault(k, dev, mm, va, write)
    yield "ioctl returns"
    k.inside[k[Dma].worker[dev]] = False
    return None


@operation(source="arch/x86/kvm/x86.c:vcpu_enter_guest", seen="recalled")
def vcpu_enter_guest(k: Kernel, dev: Device) -> Steps:
    """Say that the guest runs, then look at the requests: whoever asks for a flush sees one, or is seen."""
    yield "IN_GUEST_MODE"
    k[Kvm].in_guest_mode[dev] = True
    yield "kvm_check_request"
    atomic("the guest's TLB is the vCPU's own")
    if k[Kvm].flush_requested[dev]:
        k[Kvm].flush_requested[dev] = False
        for page in Va:
            k[Kvm].guest_tlb[dev, page] = None


@operation(source="arch/x86/kvm/svm/svm.c:svm_vcpu_run", seen="v6.12")
def guest_access(k: Kernel, dev: Device, va: Va, write: bool) -> Result[bool]:
    """The guest's instruction. False: it has no right to the page, and the vCPU has left the guest."""
    while True:
        yield "svm_vcpu_run"
        atomic("IPIs are taken between instructions: a translation holds until the access is done", hardware=True)
        entry = k[Kvm].guest_tlb[dev, va]
        walked = k[Kvm].spte[dev, va]
        if entry is not None and (entry.write or not write):
            if write:
                commit_write(k, dev, va, entry.frame)
            else:
                commit_read(k, dev, va, entry.frame)
            k[Kvm].in_guest_mode[dev] = False
            return True
        k[Kvm].guest_tlb[dev, va] = walked
        if walked is None or (write and not walked.write):
            k[Kvm].guest_tlb[dev, va] = None
            k[Kvm].in_guest_mode[dev] = False
            return False


@operation(source="arch/x86/kvm/mmu/mmu.c:kvm_tdp_page_fault", seen="recalled")
def kvm_tdp_page_fault(k: Kernel, dev: Device, mm: Mm, va: Va, write: bool) -> Result[bool]:
    """Map the page, or find that it is stale: the guest tries again either way. False: there is no such page."""
    yield "kvm_vcpu_gfn_to_memslot"
    atomic("slots are read under SRCU, and who changes them waits; what the vCPU has read is its own affair")
    if not k[Kvm].slot[dev, va]:
        return False
    k[Kvm].remembered[dev] = k[Kvm].mmu_invalidate_seq[dev]
    found = yield from hva_to_pfn(k, k[Dma].worker[dev], mm, va, write)
    if found is not None:
        if not has(k, kvm_sequence_first):
            yield "mmu_invalidate_seq"
            atomic("what the vCPU has read is its own affair")
            k[Kvm].remembered[dev] = k[Kvm].mmu_invalidate_seq[dev]
        yield from direct_map(k, dev, va, found)
        yield from put_page(k, found.frame)
    yield "srcu_read_unlock"
    k[Kvm].remembered[dev] = None
    return found is not None


@operation(source="arch/x86/kvm/mmu/mmu.c:kvm_tdp_mmu_page_fault", seen="recalled")
def direct_map(k: Kernel, dev: Device, va: Va, found: Pte) -> Steps:
    """Store the SPTE under mmu_lock, unless the page is stale."""
    stale = False
    if not has(k, kvm_stale_under_lock):
        yield "is_page_fault_stale"
        atomic("without the lock the words are read one by one; who looks has read the sequence before")
        stale = mmu_invalidate_retry(k, dev, va)
    yield "mmu_lock"
    k[Kvm].mmu_lock[dev].lock()
    if has(k, kvm_stale_under_lock):
        yield "is_page_fault_stale"
        atomic("mmu_lock is held")
        stale = mmu_invalidate_retry(k, dev, va)
    if not stale:
        yield "kvm_tdp_mmu_map"
        k[Kvm].spte[dev, va] = found
    yield "mmu_unlock"
    k[Kvm].mmu_lock[dev].unlock()


def mmu_invalidate_retry(k: Kernel, dev: Device, va: Va) -> bool:
    """Whether the page may have been given up since the fault began; include/linux/kvm_host.h."""
    covered = k[Kvm].mmu_invalidate_in_progress[dev] > 0 and va in k[Kvm].mmu_invalidate_range[dev]
    moved = k[Kvm].mmu_invalidate_seq[dev] != k[Kvm].remembered[dev]
    return (has(k, kvm_retry_range) and covered) or (has(k, kvm_retry_sequence) and moved)


def guest_pages(k: Kernel, dev: Device, va: Va | None) -> frozenset[Va]:
    """The guest's pages in a range (None: all)."""
    return frozenset(page for page in Va if (va is None or va == page) and k[Kvm].slot[dev, page])


@operation(source="virt/kvm/kvm_main.c:kvm_mmu_notifier_invalidate_range_start", seen="v6.12")
def kvm_invalidate_range_start(k: Kernel, dev: Device, mm: Mm, va: Va | None, event: Event) -> Steps:
    """Let no fault map a page of the range until it ends; drop what is mapped, and flush the guest's TLBs."""
    atomic("mn_invalidate_lock is held, and slots do not change while a range is open")
    k[Kvm].mn_active_invalidate_count[dev] += 1
    pages = guest_pages(k, dev, va)
    if len(pages) == 0:
        return
    yield "mmu_lock"
    k[Kvm].mmu_lock[dev].lock()
    yield "kvm_mmu_invalidate_begin"
    atomic("mmu_lock is held")
    others = k[Kvm].mmu_invalidate_in_progress[dev] > 0
    k[Kvm].mmu_invalidate_in_progress[dev] += 1
    k[Kvm].mmu_invalidate_range[dev] = (k[Kvm].mmu_invalidate_range[dev] | pages) if others else pages
    flush = yield from kvm_unmap_gfn_range(k, dev, pages)
    if flush and has(k, kvm_flush_under_lock):
        yield from kvm_flush_remote_tlbs(k, dev)
    yield "mmu_unlock"
    k[Kvm].mmu_lock[dev].unlock()
    if flush and not has(k, kvm_flush_under_lock):
        yield from kvm_flush_remote_tlbs(k, dev)


@operation(source="arch/x86/kvm/mmu/mmu.c:kvm_unmap_gfn_range", seen="v6.12")
def kvm_unmap_gfn_range(k: Kernel, dev: Device, pages: frozenset[Va]) -> Result[bool]:
    """Drop the SPTEs of the pages; the caller holds mmu_lock. True: there were some, and guests' TLBs need a flush."""
    atomic("SPTEs change only under mmu_lock; what the guest's page walker finds meanwhile is flushed")
    found = any(k[Kvm].spte[dev, page] is not None for page in Va if page in pages)
    for page in Va:
        if page in pages:
            k[Kvm].spte[dev, page] = None
    yield from nothing()
    return found


@operation(source="virt/kvm/kvm_main.c:kvm_flush_remote_tlbs", seen="v6.12")
def kvm_flush_remote_tlbs(k: Kernel, dev: Device) -> Steps:
    """Have the vCPU empty its TLB before it runs the guest again, and make it leave the guest if it is in it."""
    k[Kvm].flush_requested[dev] = True
    yield "kvm_kick_many_cpus"
    wait(not k[Kvm].in_guest_mode[dev])


@operation(source="virt/kvm/kvm_main.c:kvm_mmu_notifier_invalidate_range_end", seen="v6.12")
def kvm_invalidate_range_end(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """Faults that began before or meanwhile start over; later ones may map the pages."""
    atomic("slots do not change while a range is open")
    pages = guest_pages(k, dev, va)
    if len(pages) > 0:
        yield "mmu_lock"
        k[Kvm].mmu_lock[dev].lock()
        if has(k, kvm_sequence_before_count):
            yield "mmu_invalidate_seq"
            raise_sequence(k, dev)
        yield "mmu_invalidate_in_progress"
        k[Kvm].mmu_invalidate_in_progress[dev] -= 1
        if not has(k, kvm_sequence_before_count):
            yield "mmu_invalidate_seq"
            raise_sequence(k, dev)
        yield "mmu_unlock"
        k[Kvm].mmu_lock[dev].unlock()
    yield "mn_active_invalidate_count"
    k[Kvm].mn_active_invalidate_count[dev] -= 1


def raise_sequence(k: Kernel, dev: Device) -> None:
    """The next value of the sequence: one that the vCPU does not remember."""
    atomic("which values are remembered is no memory of KVM's, but a way to name values")
    k[Kvm].mmu_invalidate_seq[dev] = 1 if k[Kvm].remembered[dev] == 0 else 0


@operation(source="virt/kvm/kvm_main.c:kvm_mmu_notifier_change_pte", seen="v6.1")
def kvm_change_pte(k: Kernel, dev: Device, mm: Mm, va: Va, pte: Pte) -> Steps:
    """Map what the entry becomes, read-only, if the page is mapped. The range's start has seen to it that it is not."""
    atomic("mmu_lock is held but for the look at the count, which does not change while a range is open")
    if k[Kvm].mmu_invalidate_in_progress[dev] > 0 and k[Kvm].slot[dev, va]:
        wait(not k[Kvm].mmu_lock[dev].held)
        mapped = k[Kvm].spte[dev, va] is not None
        if mapped:
            k[Kvm].spte[dev, va] = None if pte.write else pte
    yield from nothing()


@operation(source="virt/kvm/kvm_main.c:kvm_mmu_notifier_clear_flush_young", seen="recalled")
def kvm_clear_flush_young(k: Kernel, dev: Device, mm: Mm, va: Va) -> Result[bool]:
    """Whether the guest has used the page since it was asked for last: it may have, where an SPTE maps it."""
    yield "mmu_lock"
    k[Kvm].mmu_lock[dev].lock()
    yield "kvm_age_gfn"
    atomic("mmu_lock is held, and slots are read under SRCU")
    mapped = k[Kvm].slot[dev, va] and k[Kvm].spte[dev, va] is not None
    idle = True
    if mapped:
        idle = pick(bool)
    if not idle:
        yield from kvm_flush_remote_tlbs(k, dev)
    yield "mmu_unlock"
    k[Kvm].mmu_lock[dev].unlock()
    return not idle


@operation(source="virt/kvm/kvm_main.c:kvm_mmu_notifier_release", seen="v6.12")
def kvm_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The process, or the machine, ends: no vCPU runs any more, and so the guest's TLBs need no flush."""
    yield "kvm_arch_flush_shadow_all"
    atomic("mmu_lock is held")
    wait(not k[Kvm].mmu_lock[dev].held)
    for page in Va:
        k[Kvm].spte[dev, page] = None


KVM = DeviceType(
    "kvm",
    fills={
        translate: kvm_translate,
        attach: kvm_attach,
        detach: kvm_detach,
        invalidate_range_start: kvm_invalidate_range_start,
        invalidate_range_end: kvm_invalidate_range_end,
        change_pte: kvm_change_pte,
        clear_flush_young: kvm_clear_flush_young,
        release: kvm_release,
    },
    needs=(notifier_ranges_only,),
)


@hardware(unit="guest_tlb", device=KVM, source="Intel SDM 3C, 30.4", litmus="guest_tlb_fill {va}")
def guest_tlb_fill(k: Kernel, dev: Device, va: Va) -> Steps:
    """While the guest runs, its page walker caches a present SPTE. It takes no lock."""
    atomic("a flush also ends the walks that are under way", hardware=True)
    wait(k[Kvm].in_guest_mode[dev] and k[Kvm].guest_tlb[dev, va] is None and k[Kvm].spte[dev, va] is not None)
    k[Kvm].guest_tlb[dev, va] = k[Kvm].spte[dev, va]
    yield from nothing()


@hardware(unit="guest_tlb", device=KVM, source="Intel SDM 3C, 30.4", litmus="guest_tlb_evict {va}")
def guest_tlb_evict(k: Kernel, dev: Device, va: Va) -> Steps:
    """The TLB needs the room."""
    wait(k[Kvm].guest_tlb[dev, va] is not None)
    k[Kvm].guest_tlb[dev, va] = None
    yield from nothing()
