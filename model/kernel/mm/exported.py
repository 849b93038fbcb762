"""Memory that a driver owns and lets processes map: a buffer object, a ring, a BAR.

The owner, and nobody's count of references, decides for how long an object has its memory.
"""

from __future__ import annotations

from shootdown.model import Enum, Mechanism, Result, State, Table, auto, has, operation, some, table, way

from .locks import Mutex
from .special import insert_page, vmf_insert_mixed, vmf_insert_pfn, vmf_insert_pfn_pmd
from .state import File, Frame, Kernel, Mm, Va, Vma


class Insertion(Enum):
    """How a driver puts its memory into page tables."""

    PFN = auto()
    PAGE = auto()
    MIXED = auto()
    HUGE = auto()
    REMAP = auto()


class ExporterFlags(Enum):
    """How a driver marks the VMAs that map its memory."""

    PFNMAP_IO = auto()
    MIXEDMAP = auto()
    MIXEDMAP_IO = auto()


exporter_inserts = Mechanism(
    Insertion,
    meaning="a driver maps by vmf_insert_pfn | by vm_insert_page | by vmf_insert_mixed | by vmf_insert_pfn_pmd"
    " | by remap_pfn_range, when the process calls mmap",
    since="v5.14",
    commit="f91142c62161",
    prevents="by page, and by mixed where entries have no mark: nothing keeps get_user_pages from the driver's memory",
    evidence="read",
)
exporter_flags = Mechanism(
    ExporterFlags,
    meaning="a driver marks its mappings VM_PFNMAP and VM_IO | VM_MIXEDMAP | VM_MIXEDMAP and VM_IO",
    since="v5.14",
    commit="f91142c62161",
    prevents="get_user_pages under mmap_lock does not ask for VM_MIXEDMAP",
    evidence="read",
)
exporter_refuses_cow = Mechanism(
    bool,
    meaning="a driver's mmap refuses a private mapping that may become writable (is_cow_mapping)",
    since="v5.14",
    commit="f91142c62161",
    prevents="private copies of the driver's memory, which it cannot take back, or take for a page that is counted",
    evidence="read",
)
exporter_revokes = Mechanism(
    bool,
    meaning="a driver has all entries cleared (unmap_mapping_range) before it gives an object's memory up",
    prevents="a process that uses memory which belongs to the next object",
    evidence="read",
)
exporter_locks_faults = Mechanism(
    bool,
    meaning="a driver's fault looks for the memory and stores the entry under the lock under which it is revoked",
    prevents="an entry that is stored after the mappings were cleared",
    evidence="read",
)


class Exported(State):
    """The objects of a driver: each is a file that processes map."""

    memory: Table[File, Frame | None] = table(None, show="{0} has {value}")
    """The object's memory, while it has some."""
    lock: Table[File, Mutex] = table(Mutex)
    """The driver's lock for the object (dma_resv)."""
    pool: Table[Frame, bool] = table(False)
    """Memory that the driver keeps for its next object."""


def managed(k: Kernel, frame: Frame) -> bool:
    """Whether a driver owns the page frame and decides by itself what becomes of it."""
    return k[Exported].pool[frame] or any(k[Exported].memory[file] == frame for file in File)


@operation(source="drivers/gpu/drm/ttm/ttm_bo_vm.c:ttm_bo_vm_fault", seen="recalled")
def exporter_fault(k: Kernel, mm: Mm, va: Va, vma: Vma) -> Result[bool]:
    """Map the object's memory. The caller holds mmap_lock for reading. False: SIGBUS, it has none."""
    if way(k, exporter_inserts) == Insertion.REMAP:
        return False
    file = some(vma.file)
    yield "dma_resv_lock"
    k[Exported].lock[file].lock()
    yield "object memory"
    frame = k[Exported].memory[file]
    if not has(k, exporter_locks_faults):
        yield "dma_resv_unlock"
        k[Exported].lock[file].unlock()
    inserted = False
    if frame is not None:
        inserted = yield from insert(k, mm, va, vma, frame)
    if has(k, exporter_locks_faults):
        yield "dma_resv_unlock"
        k[Exported].lock[file].unlock()
    return inserted


@operation(source="drivers/gpu/drm/ttm/ttm_bo_vm.c:ttm_bo_vm_fault_reserved", seen="recalled")
def insert(k: Kernel, mm: Mm, va: Va, vma: Vma, frame: Frame) -> Result[bool]:
    """Map the page frame in the driver's way. False: the kernel refuses."""
    how = way(k, exporter_inserts)
    if how == Insertion.PAGE:
        return (yield from insert_page(k, mm, va, vma, frame))
    if how == Insertion.MIXED:
        return (yield from vmf_insert_mixed(k, mm, va, vma, frame))
    if how == Insertion.HUGE:
        return (yield from vmf_insert_pfn_pmd(k, mm, va, vma, frame))
    return (yield from vmf_insert_pfn(k, mm, va, vma, frame))
