"""CPUs with TLBs and interrupts, and devices of two types: what setup, hardware and bindings have to do with."""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    Index,
    State,
    Steps,
    Table,
    always,
    atomic,
    given,
    hardware,
    operation,
    table,
    wait,
)


class Cpu(Index):
    """A CPU."""


class Va(Index):
    """A page of the address space."""


class Machine(State):
    """Entries, what CPUs cache of them, flushes asked for, and the page that each device is set up for."""

    present: Table[Va, bool] = table(True)
    cached: Table[tuple[Cpu, Va], bool] = table(False, show="TLB {0} {1}: {value}")
    asked: Table[Cpu, bool] = table(False)
    written: Table[Va, bool] = table(False)
    page: Table[Device, Va] = given()


@hardware(unit="tlb", per=Cpu)
def tlb_fill(k: Machine, cpu: Cpu, va: Va) -> Steps:
    """Cache a present entry."""
    yield "walk"
    atomic("a walk is one event here")
    wait(k.present[va])
    k.cached[cpu, va] = True


@hardware(unit="ipi", per=Cpu, owed=True)
def answer(k: Machine, cpu: Cpu) -> Steps:
    """Flush, then answer."""
    wait(k.asked[cpu])
    yield "flush"
    atomic("the TLB is the CPU's own")
    for va in Va:
        k.cached[cpu, va] = False
    yield "answer"
    k.asked[cpu] = False


@operation(source="units.c:unmap", seen="v1", litmus="unmap {va}")
def unmap(k: Machine, cpu: Cpu, va: Va) -> Steps:
    """Clear an entry, and have the other CPUs flush."""
    k.present[va] = False
    yield "ask"
    atomic("interrupts are sent at once")
    for other in Cpu:
        if other != cpu:
            k.asked[other] = True
    yield "wait for answers"
    atomic("an answer stays")
    wait(all(not k.asked[each] for each in Cpu))


NIC = DeviceType("nic", fills={}, needs=())
GPU = DeviceType("gpu", fills={}, needs=())


@operation(source="units.c:nic_write", seen="v1", litmus="write", device=NIC)
def nic_write(k: Machine, dev: Device) -> Steps:
    """Write the page that the device is set up for."""
    yield "write"
    k.written[k.page[dev]] = True


@operation(source="units.c:gpu_write", seen="v1", litmus="write", device=GPU)
def gpu_write(k: Machine, dev: Device) -> Steps:
    """As a NIC does, the long way round."""
    yield "send"
    k.written[k.page[dev]] = True


@hardware(unit="atc", device=GPU)
def atc_evict(k: Machine, dev: Device, va: Va) -> Steps:
    """Forget that a page was written."""
    yield "evict"
    k.written[va] = False


@always
def absent_is_not_cached(k: Machine) -> bool:
    """What is not present is cached nowhere."""
    return all(k.present[va] or not k.cached[cpu, va] for cpu in Cpu for va in Va)
