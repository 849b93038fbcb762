"""What a process does with a DSA work queue: open, submit, look for the record, close; drivers/dma/idxd/cdev.c."""

from __future__ import annotations

from shootdown.model import Device, Enum, Mechanism, Steps, atomic, auto, check, has, operation, some, wait, way

from ..mm.pasid import Pasid, Pasids
from ..mm.promise import saw
from ..mm.state import Cpu, Frame, Kernel, Mm, Va, Writer
from ..mm.user import do_user_addr_fault, enter
from ..mm.walk import walked
from .dsa_log import idxd_cdev_evl_drain_pasid
from .dsa_queue import Descriptor, Dsa, Records, Wq, submitted
from .iommu import Iommu, PasidEntry, iommu_sva_bind_device
from .prq import iommu_sva_unbind_device
from .requests import Requests


class CloseOrder(Enum):
    """In which order a close of a work queue takes things down."""

    HARDWARE_LOG_UNBIND = auto()
    LOG_HARDWARE_UNBIND = auto()
    HARDWARE_UNBIND_LOG = auto()


close_order = Mechanism(
    CloseOrder,
    meaning="a close drains the hardware, then the event log, then unbinds | drains the event log first"
    " | unbinds before it drains the event log",
    since="v6.4",
    commit="c40bd7d9737b",
    prevents="a fix-up for a client that is gone, or for whoever has its PASID next",
    evidence="read",
)
close_drains_hardware = Mechanism(
    bool,
    meaning="a close waits until the device has completed the client's descriptors (DRAIN_PASID)",
    since="v5.11",
    prevents="a descriptor that completes in the name of whoever has the PASID next",
    evidence="read",
)
close_drains_log = Mechanism(
    bool,
    meaning="a close takes the client's entries out of the event log, and waits for fix-ups under way",
    since="v6.4",
    commit="c40bd7d9737b",
    prevents="a fix-up for a client that is gone, or for whoever has its PASID next",
    evidence="read",
)


@operation(source="drivers/dma/idxd/cdev.c:idxd_cdev_open", seen="v6.6", litmus="open_wq {wq} {mm}")
def idxd_cdev_open(k: Kernel, cpu: Cpu, wq: Wq, mm: Mm) -> Steps:
    """Open a shared work queue: bind the device to the address space, and note whose the PASID is."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    dev = k[Dsa].device[wq]
    pasid = yield from iommu_sva_bind_device(k, dev, mm)
    if pasid is not None:
        yield "iommu_attach_device_pasid"
        k[Requests].handle[dev, pasid] = mm
        yield "intel_pasid_setup_first_level"
        k[Iommu].entry[dev, pasid] = PasidEntry(mm=mm)
        yield "xa_insert"
        atomic("uc_lock is held")
        wait(not k[Dsa].uc_lock[wq].held)
        other = k[Dsa].context[wq, pasid]
        if other is None:
            k[Dsa].context[wq, pasid] = mm
    yield "open returns"
    k.inside[cpu] = False


@operation(source="a program", litmus="submit {wq} {mm} {record}")
def submit(k: Kernel, cpu: Cpu, wq: Wq, mm: Mm, record: Va) -> Steps:
    """ENQCMD: put a descriptor into the queue, which has room or tells the program to try again."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "ENQCMD"
    atomic("the device takes the descriptor or refuses it, and the task is in user mode", hardware=True)
    wait(not k[Dsa].descriptors[wq].full)
    pasid = k[Pasids].of[mm]
    if pasid is not None and k[Dsa].context[wq, pasid] == mm:
        k[Dsa].descriptors[wq].push(Descriptor(pasid=pasid, record=record, owner=mm))
        k[Dsa].outstanding[wq, pasid] += 1
        submitted(k, mm, record)
    k.inside[cpu] = False


@operation(source="a program", litmus="poll {mm} {record}")
def poll(k: Kernel, cpu: Cpu, mm: Mm, record: Va) -> Steps:
    """Read the record again and again until its status is set, then the rest of it."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    running = True
    while running:
        yield "access"
        atomic("IPIs are taken between instructions: a translation holds until the access is done", hardware=True)
        entry = k.tlb[cpu, record]
        wait(entry is None or status_set(k, entry.frame))
        fault = False
        if entry is not None:
            saw(k, mm, record, entry.frame)
            check(k[Records].whole[mm, record], "records_are_whole")
            k.inside[cpu] = False
            running = False
        else:
            pte = walked(k, mm, record)
            k.tlb[cpu, record] = pte
            fault = pte is None
        if fault:
            running = yield from do_user_addr_fault(k, cpu, mm, record, False)
            if not running:
                yield "SIGSEGV"
                k.inside[cpu] = False


def status_set(k: Kernel, frame: Frame) -> bool:
    """Whether the last store to the frame was a device's, or a driver's in its place."""
    content = k.frame[frame].content
    return content is not None and content.by == Writer.DMA


@operation(source="drivers/dma/idxd/cdev.c:idxd_file_dev_release", seen="v6.6", litmus="close_wq {wq} {mm}")
def idxd_file_dev_release(k: Kernel, cpu: Cpu, wq: Wq, mm: Mm) -> Steps:
    """The last reference to the file goes, by whoever has it: the process may have ended. Not open: nothing."""
    atomic("what a CPU runs is its own; an address space keeps its number")
    dev = k[Dsa].device[wq]
    pasid = some(k[Pasids].of[mm])
    wait(not k.inside[cpu])
    if k[Dsa].context[wq, pasid] != mm:
        return
    k.inside[cpu] = True
    if way(k, close_order) == CloseOrder.LOG_HARDWARE_UNBIND:
        yield from drain_log(k, dev, wq, pasid)
        yield from drain_hardware(k, wq, pasid)
        yield from iommu_sva_unbind_device(k, dev, mm)
    elif way(k, close_order) == CloseOrder.HARDWARE_UNBIND_LOG:
        yield from drain_hardware(k, wq, pasid)
        yield from iommu_sva_unbind_device(k, dev, mm)
        yield from drain_log(k, dev, wq, pasid)
    else:
        yield from drain_hardware(k, wq, pasid)
        yield from drain_log(k, dev, wq, pasid)
        yield from iommu_sva_unbind_device(k, dev, mm)
    yield "xa_cmpxchg"
    atomic("uc_lock is held; the task is in user mode again")
    wait(not k[Dsa].uc_lock[wq].held)
    if k[Dsa].context[wq, pasid] == mm:
        k[Dsa].context[wq, pasid] = None
    k.inside[cpu] = False


@operation(source="drivers/dma/idxd/device.c:idxd_device_drain_pasid", seen="read")
def drain_hardware(k: Kernel, wq: Wq, pasid: Pasid) -> Steps:
    """Wait until the device has completed every descriptor of the PASID."""
    if has(k, close_drains_hardware):
        yield "DRAIN_PASID"
        wait(k[Dsa].outstanding[wq, pasid] == 0)


@operation(source="drivers/dma/idxd/cdev.c:idxd_file_dev_release", seen="v6.6")
def drain_log(k: Kernel, dev: Device, wq: Wq, pasid: Pasid) -> Steps:
    """Let nothing of the client be left in the event log or with the worker."""
    if has(k, close_drains_log):
        yield from idxd_cdev_evl_drain_pasid(k, dev, wq, pasid)
