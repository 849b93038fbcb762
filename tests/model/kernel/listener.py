"""A device type that only listens: its callbacks note that they ran, as the recorder's module did."""

from __future__ import annotations

from shootdown.model import (
    Device,
    DeviceType,
    Enum,
    Result,
    State,
    Steps,
    Table,
    auto,
    operation,
    table,
)
from shootdown.model.kernel.mm.notifier import (
    Event,
    Seq,
    arch_invalidate_secondary_tlbs,
    change_pte,
    clear_flush_young,
    interval_invalidate,
    invalidate_range_end,
    invalidate_range_start,
    mmu_notifier_register,
    mmu_notifier_unregister,
    release,
)
from shootdown.model.kernel.mm.state import Cpu, Kernel, Mm, Pte, Va


class Heard(Enum):
    """A callback."""

    NOTHING = auto()
    START = auto()
    END = auto()
    SECTLB = auto()
    CHANGE_PTE = auto()
    CLEAR_FLUSH_YOUNG = auto()
    RELEASE = auto()
    INTERVAL = auto()


class Listener(State):
    """The last callback of each device."""

    heard: Table[Device, Heard] = table(Heard.NOTHING)


@operation(source="the recorder's module")
def heard_start(k: Kernel, dev: Device, mm: Mm, va: Va | None, event: Event) -> Steps:
    """A range starts."""
    yield "CB:start"
    k[Listener].heard[dev] = Heard.START


@operation(source="the recorder's module")
def heard_end(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """A range ends."""
    yield "CB:end"
    k[Listener].heard[dev] = Heard.END


@operation(source="the recorder's module")
def heard_secondary(k: Kernel, dev: Device, mm: Mm, va: Va | None) -> Steps:
    """Secondary TLBs are invalidated."""
    yield "CB:sectlb"
    k[Listener].heard[dev] = Heard.SECTLB


@operation(source="the recorder's module")
def heard_change_pte(k: Kernel, dev: Device, mm: Mm, va: Va, pte: Pte) -> Steps:
    """An entry changes."""
    yield "CB:change_pte"
    k[Listener].heard[dev] = Heard.CHANGE_PTE


@operation(source="the recorder's module")
def heard_clear_flush_young(k: Kernel, dev: Device, mm: Mm, va: Va) -> Result[bool]:
    """Reclaim asks for the age of a page."""
    yield "CB:clear_flush_young"
    k[Listener].heard[dev] = Heard.CLEAR_FLUSH_YOUNG
    return False


@operation(source="the recorder's module")
def heard_release(k: Kernel, dev: Device, mm: Mm) -> Steps:
    """The address space ends."""
    yield "CB:release"
    k[Listener].heard[dev] = Heard.RELEASE


@operation(source="the recorder's module")
def heard_interval(k: Kernel, dev: Device, mm: Mm, va: Va | None, event: Event, cur_seq: Seq) -> Steps:
    """An interval is invalidated."""
    yield "CB:interval_invalidate"
    k[Listener].heard[dev] = Heard.INTERVAL


LISTENER = DeviceType(
    "listener",
    fills={
        invalidate_range_start: heard_start,
        invalidate_range_end: heard_end,
        arch_invalidate_secondary_tlbs: heard_secondary,
        change_pte: heard_change_pte,
        clear_flush_young: heard_clear_flush_young,
        release: heard_release,
        interval_invalidate: heard_interval,
    },
)


@operation(source="the recorder's module", litmus="listen {dev} {mm}")
def listen(k: Kernel, cpu: Cpu, dev: Device, mm: Mm) -> Steps:
    """Subscribe."""
    yield from mmu_notifier_register(k, dev, mm)


@operation(source="the recorder's module", litmus="unlisten {dev} {mm}")
def unlisten(k: Kernel, cpu: Cpu, dev: Device, mm: Mm) -> Steps:
    """Unsubscribe."""
    yield from mmu_notifier_unregister(k, dev, mm)
