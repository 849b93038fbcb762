"""mmap of files in the page cache: shared, private, and private for a file that the process may only read."""

from __future__ import annotations

from shootdown.model import Steps, atomic, operation, wait

from .filepromise import file_mapped
from .i_mmap import vma_link_file
from .mmap import begin
from .state import Cpu, File, Kernel, Life, Mm, Va, Vma
from .user import switch_mm


def _mmap(k: Kernel, cpu: Cpu, mm: Mm) -> None:
    """The task enters the kernel; the first mmap of an unused address space begins it."""
    atomic("nobody else runs in an address space that begins; a CPU switches address spaces with interrupts off")
    wait((k.life[mm] == Life.UNUSED or k.life[mm] == Life.RUNS) and not k.inside[cpu])
    begin(k, mm)
    switch_mm(k, cpu, mm)


@operation(source="mm/mmap.c:mmap_region", seen="v6.12")
def generic_file_mmap(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, file: File) -> Steps:
    """Map the file, if nothing is mapped there. The address is filled by faults."""
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "vma_link"
    old = k.vma[mm, va]
    if old is None:
        k.vma[mm, va] = vma
        file_mapped(k, mm, va, file, vma.shared)
        yield from vma_link_file(k, mm, va, vma, file)
    yield "mmap_write_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].write_unlock()
    k.inside[cpu] = False


@operation(source="mm/mmap.c:do_mmap", seen="v6.12", litmus="mmap_shared {mm} {va} {file}")
def mmap_shared(k: Kernel, cpu: Cpu, mm: Mm, va: Va, file: File) -> Steps:
    """MAP_SHARED, readable and writable."""
    _mmap(k, cpu, mm)
    yield from generic_file_mmap(k, cpu, mm, va, Vma(file=file, shared=True), file)


@operation(source="mm/mmap.c:do_mmap", seen="v6.12", litmus="mmap_private {mm} {va} {file}")
def mmap_private(k: Kernel, cpu: Cpu, mm: Mm, va: Va, file: File) -> Steps:
    """MAP_PRIVATE, readable and writable."""
    _mmap(k, cpu, mm)
    yield from generic_file_mmap(k, cpu, mm, va, Vma(file=file), file)


@operation(source="mm/mmap.c:do_mmap", seen="v6.12", litmus="mmap_read_only {mm} {va} {file}")
def mmap_read_only(k: Kernel, cpu: Cpu, mm: Mm, va: Va, file: File) -> Steps:
    """MAP_PRIVATE and PROT_READ: what a process may do to a file that it may only read. mprotect could allow writes."""
    _mmap(k, cpu, mm)
    yield from generic_file_mmap(k, cpu, mm, va, Vma(file=file, write=False), file)
