"""Buffers that a process hands to the kernel for I/O: pinned, kept, and given back later."""

from __future__ import annotations

from shootdown.model import Record, State, Steps, Table, atomic, nothing, operation, table, wait

from .gup import pin_user_pages, put_page, unpin_user_page
from .gup_fast import get_user_pages_fast, pin_user_pages_fast
from .promise import pin_saw, pin_stored
from .state import Cpu, Frame, Kernel, Mm, Va, Writer, new_token
from .user import enter


class Hold(Record, show="{frame} {pin:pinned}"):
    """A page that I/O holds: by FOLL_PIN or by FOLL_GET."""

    frame: Frame
    pin: bool


class Buffers(State):
    """The I/O buffer at each address; one at a time."""

    hold: Table[tuple[Mm, Va], Hold | None] = table(None, show="{0} {1} buffer: {value}")


def _hand_in(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> None:
    """The task enters the kernel with a buffer that is not held yet."""
    atomic("a program hands a buffer in once; a CPU switches address spaces with interrupts off")
    wait(k[Buffers].hold[mm, va] is None)
    enter(k, cpu, mm)


def _register(k: Kernel, cpu: Cpu, mm: Mm, va: Va, frame: Frame | None, pin: bool) -> None:
    """Remember the page, if there is one, and return to user mode."""
    atomic("the task is in user mode again")
    if frame is not None:
        k[Buffers].hold[mm, va] = Hold(frame=frame, pin=pin)
    k.inside[cpu] = False


@operation(source="io_uring/rsrc.c:io_pin_pages", seen="v6.1", litmus="pin {mm} {va}")
def pin_buffer(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Pin the buffer for writing, with mmap_lock."""
    _hand_in(k, cpu, mm, va)
    frame = yield from pin_user_pages(k, cpu, mm, va, True)
    yield "register"
    _register(k, cpu, mm, va, frame, True)


@operation(source="io_uring/rsrc.c:io_pin_pages", seen="v6.12", litmus="pin_fast {mm} {va}")
def pin_buffer_fast(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Pin the buffer for writing, without locks if that is possible."""
    _hand_in(k, cpu, mm, va)
    frame = yield from pin_user_pages_fast(k, cpu, mm, va, True)
    yield "register"
    _register(k, cpu, mm, va, frame, True)


@operation(source="io_uring/rsrc.c:io_pin_pages", seen="v6.12", litmus="pin_read {mm} {va}")
def pin_buffer_read(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Pin the buffer for reading, without locks if that is possible."""
    _hand_in(k, cpu, mm, va)
    frame = yield from pin_user_pages_fast(k, cpu, mm, va, False)
    yield "register"
    _register(k, cpu, mm, va, frame, True)


@operation(source="lib/iov_iter.c:iov_iter_get_pages2", seen="v6.1", litmus="get_fast {mm} {va}")
def get_buffer(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Take a plain reference to the buffer, for writing (O_DIRECT until v6.4)."""
    _hand_in(k, cpu, mm, va)
    frame = yield from get_user_pages_fast(k, cpu, mm, va, True)
    yield "register"
    _register(k, cpu, mm, va, frame, False)


@operation(source="io_uring/rsrc.c:io_buffer_unmap", seen="v6.12", litmus="unpin {mm} {va}")
def put_buffer(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """The I/O is done: give the page back."""
    hold = k[Buffers].hold[mm, va]
    if hold is not None:
        k[Buffers].hold[mm, va] = None
        if hold.pin:
            yield from unpin_user_page(k, hold.frame)
        else:
            yield from put_page(k, hold.frame)


@operation(source="a disk controller", litmus="disk_reads {mm} {va}")
def disk_reads(k: Kernel, mm: Mm, va: Va) -> Steps:
    """The device loads from the buffer, if there is one."""
    atomic("a buffer is given back when its transfers are done")
    hold = k[Buffers].hold[mm, va]
    if hold is not None:
        pin_saw(k, mm, va, hold.frame)
    yield from nothing()


@operation(source="a disk controller", litmus="disk_writes {mm} {va}")
def disk_writes(k: Kernel, mm: Mm, va: Va) -> Steps:
    """The device stores to the buffer, if there is one."""
    atomic("a buffer is given back when its transfers are done")
    hold = k[Buffers].hold[mm, va]
    if hold is not None:
        token = new_token(k, Writer.DMA, mm)
        k.frame[hold.frame].content = token
        pin_stored(k, mm, va, hold.frame, token)
    yield from nothing()
