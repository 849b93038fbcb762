"""A driver that exports memory: how objects begin, how processes map them, and how the driver takes them back.

The driver gives memory up by its own rules: it goes to the pool from which the next object is made, whatever the
reference count of the page says.
"""

from __future__ import annotations

from shootdown.model import Steps, atomic, has, operation, pick, wait, way

from .exported import (
    Exported,
    ExporterFlags,
    Insertion,
    exporter_flags,
    exporter_inserts,
    exporter_refuses_cow,
    exporter_revokes,
)
from .filepromise import file_mapped, page_added, page_given_up
from .frames import alloc_frame
from .i_mmap import vma_link_file
from .mmap import begin
from .promise import freed
from .rmap import unmap_mapping_range
from .special import remap_pfn_range
from .state import Cpu, File, Frame, Kernel, Life, Mm, Va, Vma
from .user import switch_mm
from .vma import is_cow_mapping


@operation(source="drivers/gpu/drm/ttm/ttm_bo.c:ttm_bo_init_reserved", seen="recalled", litmus="create {file}")
def create_object(k: Kernel, file: File) -> Steps:
    """Give the object memory: what the driver has in its pool, or a new page."""
    atomic("nobody knows the memory yet: it is looked for and taken under the locks of the pool and the allocator")
    wait(k[Exported].memory[file] is None)
    if any(k[Exported].pool[frame] for frame in Frame):
        frame = pick(Frame, where=lambda f: k[Exported].pool[f])
        k[Exported].pool[frame] = False
    else:
        frame = alloc_frame(k)
    k.frame[frame].file = file
    page_added(k, frame, file)
    yield "object memory"
    k[Exported].memory[file] = frame


def special_vma(k: Kernel, file: File, shared: bool, write: bool) -> Vma:
    """The VMA as the driver's mmap marks it."""
    flags = way(k, exporter_flags)
    return Vma(
        write=write,
        shared=shared,
        pfnmap=flags == ExporterFlags.PFNMAP_IO,
        mixedmap=flags != ExporterFlags.PFNMAP_IO,
        io=flags != ExporterFlags.MIXEDMAP,
        file=file,
    )


@operation(source="mm/mmap.c:mmap_region", seen="v6.12")
def mmap_object(k: Kernel, cpu: Cpu, mm: Mm, va: Va, vma: Vma, file: File) -> Steps:
    """Let the driver prepare the mapping; then the VMA is in the tree; then its file knows it."""
    yield "mmap_write_lock"
    k.mmap_lock[mm].write_lock()
    yield "mmap_file"
    old = k.vma[mm, va]
    if old is None and not (has(k, exporter_refuses_cow) and is_cow_mapping(vma)):
        file_mapped(k, mm, va, file, vma.shared)
        if way(k, exporter_inserts) == Insertion.REMAP:
            yield from exporter_remap(k, mm, va, vma, file)
        else:
            yield from vma_link(k, mm, va, vma, file)
    yield "mmap_write_unlock"
    atomic("the task is in user mode again: no more than the lock is seen of that")
    k.mmap_lock[mm].write_unlock()
    k.inside[cpu] = False


@operation(source="a driver's mmap that fills the mapping at once", seen="recalled")
def exporter_remap(k: Kernel, mm: Mm, va: Va, vma: Vma, file: File) -> Steps:
    """Map the object's memory, if it has some: else mmap fails."""
    yield "dma_resv_lock"
    k[Exported].lock[file].lock()
    yield "object memory"
    frame = k[Exported].memory[file]
    remapped: Vma | None = None
    if frame is not None:
        remapped = yield from remap_pfn_range(k, mm, va, vma, frame)
    yield "dma_resv_unlock"
    k[Exported].lock[file].unlock()
    if remapped is not None:
        yield from vma_link(k, mm, va, remapped, file)


@operation(source="mm/vma.c:__mmap_new_vma", seen="read in several versions")
def vma_link(k: Kernel, mm: Mm, va: Va, vma: Vma, file: File) -> Steps:
    """The VMA enters the tree of the address space, then that of its file."""
    yield "vma_iter_store"
    k.vma[mm, va] = vma
    yield from vma_link_file(k, mm, va, vma, file)


def _call(k: Kernel, cpu: Cpu, mm: Mm) -> None:
    """The task enters the kernel; the first mmap of an unused address space begins it."""
    atomic("nobody else runs in an address space that begins; a CPU switches address spaces with interrupts off")
    wait((k.life[mm] == Life.UNUSED or k.life[mm] == Life.RUNS) and not k.inside[cpu])
    begin(k, mm)
    switch_mm(k, cpu, mm)


@operation(source="mm/mmap.c:do_mmap", seen="v6.12", litmus="map {mm} {va} {file}")
def map_object(k: Kernel, cpu: Cpu, mm: Mm, va: Va, file: File) -> Steps:
    """MAP_SHARED of an object, readable and writable."""
    _call(k, cpu, mm)
    yield from mmap_object(k, cpu, mm, va, special_vma(k, file, True, True), file)


@operation(source="mm/mmap.c:do_mmap", seen="v6.12", litmus="map_private {mm} {va} {file}")
def map_object_private(k: Kernel, cpu: Cpu, mm: Mm, va: Va, file: File) -> Steps:
    """MAP_PRIVATE of an object, readable and writable: what is written is copied."""
    _call(k, cpu, mm)
    yield from mmap_object(k, cpu, mm, va, special_vma(k, file, False, True), file)


@operation(source="drivers/gpu/drm/ttm/ttm_bo.c:ttm_bo_unmap_virtual", seen="recalled", litmus="revoke {file}")
def revoke_object(k: Kernel, cpu: Cpu, file: File) -> Steps:
    """Take the object's memory from whoever maps it, and keep it for the next object."""
    yield "dma_resv_lock"
    k[Exported].lock[file].lock()
    yield "object memory"
    frame = k[Exported].memory[file]
    k[Exported].memory[file] = None
    if has(k, exporter_revokes):
        yield from unmap_mapping_range(k, cpu, file, False)
    if frame is not None:
        yield "ttm_pool_free"
        atomic("the pool gets the memory when all of this is done")
        k.frame[frame].file = None
        k.frame[frame].content = None
        freed(k, frame)
        page_given_up(k, file, frame)
        k[Exported].pool[frame] = True
    yield "dma_resv_unlock"
    k[Exported].lock[file].unlock()
