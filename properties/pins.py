"""What must hold of references that keep a page for a device."""

from __future__ import annotations

from shootdown.model import Device, always, step_assertion
from shootdown.model.kernel.devices.pinned import Pinned
from shootdown.model.kernel.mm.buffers import Buffers, Hold
from shootdown.model.kernel.mm.exported import managed
from shootdown.model.kernel.mm.pipe import Pipe, PipeBuffer
from shootdown.model.kernel.mm.state import Frame, Kernel, Mm, Va


@always
def pinned_pages_are_kept(k: Kernel) -> bool:
    """A page frame has no more pins than references: a pinned page is not free."""
    return all(k.frame[frame].pins <= k.frame[frame].refs for frame in Frame)


@always
def exported_memory_is_not_pinned(k: Kernel) -> bool:
    """Nobody keeps a reference of get_user_pages to memory that a driver gives up by its own rules.

    Entries that map such memory may have references: they are the driver's to clear.
    """
    buffers = all(not holds_exported(k, k[Buffers].hold[mm, va]) for mm in Mm for va in Va)
    regions = all(not region_exported(k, k[Pinned].region[dev, va]) for dev in Device for va in Va)
    return buffers and regions and not spliced_exported(k, k[Pipe].buffer)


def holds_exported(k: Kernel, hold: Hold | None) -> bool:
    """Whether the buffer that is held is a driver's memory."""
    return hold is not None and managed(k, hold.frame)


def region_exported(k: Kernel, frame: Frame | None) -> bool:
    """Whether there is a page, and it is a driver's memory."""
    return frame is not None and managed(k, frame)


def spliced_exported(k: Kernel, buffer: PipeBuffer | None) -> bool:
    """Whether the page in the pipe is a driver's memory."""
    return buffer is not None and managed(k, buffer.frame)


@step_assertion
def references_balance() -> None:
    """Nobody takes a page out of the reverse map that no entry counts as mapping it."""
