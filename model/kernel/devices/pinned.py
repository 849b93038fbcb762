"""A device that is given the addresses of page frames: RDMA memory regions, VFIO.

The process's page is taken once, by a reference that keeps the frame and not the mapping; what becomes of the mapping
afterwards never reaches the device.
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

from ..mm.gup import gup_slow, pin_user_pages, put_page, unpin_user_page
from ..mm.gup_fast import get_user_pages_fast, pin_user_pages_fast
from ..mm.state import Cpu, Frame, Kernel, Mm, Va
from .dma import Dma, accesses, attach, bind, detach, holds_reference, translate


class PageReference(Enum):
    """What a driver takes to keep a page for its device."""

    PIN = auto()
    GET = auto()


class PagePath(Enum):
    """How a driver takes it."""

    SLOW = auto()
    FAST = auto()


pinned_reference = Mechanism(
    PageReference,
    meaning="the driver takes FOLL_PIN | FOLL_GET, which fork cannot tell from any other reference",
    since="v5.6",
    prevents="fork taking a page away from its process while a device writes it",
    evidence="read",
)
pinned_path = Mechanism(
    PagePath,
    meaning="the driver takes the page under mmap_lock | without locks, and under mmap_lock only if that fails",
    since="v2.6.27",
    evidence="read",
)
unpin_after_stop = Mechanism(
    bool,
    meaning="the driver lets go of the page only when the device does not use it any more",
    prevents="an access that reaches a page after it was freed",
    evidence="recalled",
)


class Pinned(State):
    """Memory regions."""

    region: Table[tuple[Device, Va], Frame | None] = table(None, show="{0} {1}: {value}")
    """The frame whose address the device was given for the page."""


@operation(source="drivers/infiniband/core/umem.c:ib_umem_get", seen="recalled")
def ib_umem_get(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Result[Frame | None]:
    """Take the page, for writing. None: there is no VMA."""
    fast = way(k, pinned_path) == PagePath.FAST
    if way(k, pinned_reference) == PageReference.PIN:
        if fast:
            return (yield from pin_user_pages_fast(k, cpu, mm, va, True))
        return (yield from pin_user_pages(k, cpu, mm, va, True))
    if fast:
        return (yield from get_user_pages_fast(k, cpu, mm, va, True))
    return (yield from gup_slow(k, cpu, mm, va, False, True))


@operation(source="drivers/infiniband/core/umem.c:ib_umem_get", seen="recalled")
def pinned_attach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Register a memory region of one page."""
    frame = yield from ib_umem_get(k, cpu, mm, va)
    if frame is not None:
        yield "create mkey"
        atomic("the device starts to use a region when the driver has set it up")
        bind(k, dev, mm)
        k[Pinned].region[dev, va] = frame


@operation(source="drivers/infiniband/core/umem.c:ib_umem_release", seen="recalled")
def pinned_detach(k: Kernel, dev: Device, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Take the region from the device, wait for its accesses, and let go of the page."""
    frame = k[Pinned].region[dev, va]
    if frame is None:
        return
    if has(k, unpin_after_stop):
        yield from destroy_mkey(k, dev, va)
        yield from let_go(k, frame)
    else:
        yield from let_go(k, frame)
        yield from destroy_mkey(k, dev, va)


@operation(source="drivers/infiniband/hw/mlx5/mr.c:mlx5r_umr_revoke_mr", seen="recalled")
def destroy_mkey(k: Kernel, dev: Device, va: Va) -> Steps:
    """The device drops the region; on return no access is left that used it."""
    k[Pinned].region[dev, va] = None
    yield "accesses done"
    wait(not accesses(k, dev, frozenset({va})))


@operation(source="drivers/infiniband/core/umem.c:ib_umem_release", seen="recalled")
def let_go(k: Kernel, frame: Frame) -> Steps:
    """Give the reference back."""
    if way(k, pinned_reference) == PageReference.PIN:
        yield from unpin_user_page(k, frame)
    else:
        yield from put_page(k, frame)


@operation(source="RDMA hardware: access through a memory key", seen="recalled")
def pinned_translate(k: Kernel, dev: Device, va: Va, write: bool) -> Result[Frame | None]:
    """Use the region's frame."""
    yield "lookup"
    atomic("the device counts an access as in flight when it uses the region", hardware=True)
    wait(k[Dma].in_flight[dev] is None)
    frame = k[Pinned].region[dev, va]
    if frame is not None:
        k[Dma].in_flight[dev] = va
    return frame


def pinned_holds_reference(k: Kernel, dev: Device) -> bool:
    """It does."""
    return True


PINNED = DeviceType(
    "pinned",
    fills={
        translate: pinned_translate,
        attach: pinned_attach,
        detach: pinned_detach,
        holds_reference: pinned_holds_reference,
    },
)
