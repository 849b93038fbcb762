"""vmsplice: a process hands pages of its memory on through a pipe, without copying them. One pipe, with one buffer."""

from __future__ import annotations

from shootdown.model import Record, State, Steps, atomic, operation, wait

from .gup import put_page
from .gup_fast import get_user_pages_fast
from .promise import lent_saw
from .state import Cpu, Frame, Kernel, Mm, Va
from .user import enter


class PipeBuffer(Record, show="{frame} of {mm} {va}"):
    """struct pipe_buffer: a page, and from where it was handed on."""

    frame: Frame
    mm: Mm
    va: Va


class Pipe(State):
    """struct pipe_inode_info."""

    buffer: PipeBuffer | None = None


@operation(source="fs/splice.c:iter_to_pipe", seen="recalled", litmus="vmsplice {mm} {va}")
def vmsplice(k: Kernel, cpu: Cpu, mm: Mm, va: Va) -> Steps:
    """Put a page of the process into the empty pipe: a plain reference (FOLL_GET), for reading."""
    atomic("the pipe has its mutex; a CPU switches address spaces with interrupts off")
    wait(k[Pipe].buffer is None)
    enter(k, cpu, mm)
    frame = yield from get_user_pages_fast(k, cpu, mm, va, False)
    yield "add_to_pipe"
    atomic("the task is in user mode again")
    if frame is not None:
        k[Pipe].buffer = PipeBuffer(frame=frame, mm=mm, va=va)
    k.inside[cpu] = False


@operation(source="fs/pipe.c:pipe_read", seen="recalled", litmus="pipe_read")
def pipe_read(k: Kernel, cpu: Cpu) -> Steps:
    """Somebody reads the pipe, whichever process: the page is looked at only now."""
    wait(k[Pipe].buffer is not None)
    yield "copy_page_to_iter"
    atomic("a page in the pipe has its reference")
    buffer = k[Pipe].buffer
    if buffer is not None:
        lent_saw(k, buffer.mm, buffer.va, buffer.frame)
        yield "pipe_buf_release"
        k[Pipe].buffer = None
        yield from put_page(k, buffer.frame)
