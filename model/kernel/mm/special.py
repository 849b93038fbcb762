"""Entries that a driver makes for memory of its own: with or without a struct page that is counted.

An entry that is marked special names a page frame and takes no reference. Only the owner's word protects it: before
the owner gives the memory up, it has every entry cleared (unmap_mapping_range).
"""

from __future__ import annotations

from shootdown.model import Mechanism, Result, atomic, has, operation, way

from .mechanisms import Arch, arch
from .promise import mapped
from .state import Frame, Kernel, Mm, Pte, Va, Vma
from .vma import is_cow_mapping

entries_marked_special = Mechanism(
    bool,
    meaning="remap_pfn_range, vmf_insert_pfn and vmf_insert_mixed mark their entries special (pte_mkspecial)",
    since="v2.6.26",
    commit="7e675137a8e1",
    prevents="a page frame that is counted although its owner does not count",
    evidence="recalled",
)
pmd_special = Mechanism(
    bool,
    meaning="huge entries have a mark for special mappings, and lockless pinning tests it",
    since="v6.12",
    commit="6857be5fecae",
    prevents="a reference to a page of a huge mapping whose owner does not count references",
    evidence="read",
)
insert_pfn_refuses_cow = Mechanism(
    bool,
    meaning="vmf_insert_pfn does not insert into a private mapping with VM_PFNMAP that may become writable (BUG_ON)",
    since="v2.6.20",
    commit="e0dc0d8f4a32",
    prevents="a page frame that is taken for a private copy, where entries have no mark",
    evidence="recalled",
)


@operation(source="mm/memory.c:remap_pfn_range", seen="v6.12")
def remap_pfn_range(k: Kernel, mm: Mm, va: Va, vma: Vma, frame: Frame) -> Result[Vma]:
    """Map the whole VMA when it is made; the result is the VMA with its new flags. Nobody faults there yet.

    A private VMA keeps the page frame number in vm_pgoff: that is how a copy is told from the original later.
    """
    remapped = Vma(
        write=vma.write,
        maywrite=vma.maywrite,
        shared=vma.shared,
        pfnmap=True,
        io=True,
        file=vma.file,
        pgoff=frame if is_cow_mapping(vma) else None,
    )
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    k.page_table[mm] = True
    yield "set_pte_at"
    k.pte[mm, va] = Pte(frame=frame, write=vma.write and vma.shared, special=marked(k))
    mapped(k, mm, va, frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return remapped


@operation(source="mm/memory.c:vmf_insert_pfn_prot", seen="v6.12")
def vmf_insert_pfn(k: Kernel, mm: Mm, va: Va, vma: Vma, frame: Frame) -> Result[bool]:
    """Map a page frame in a VM_PFNMAP mapping. False: the kernel stops here (BUG_ON).

    It does so, too, for a frame that has a struct page in a VM_MIXEDMAP mapping.
    """
    if vma.mixedmap or refused_as_cow(k, vma):
        return False
    pte = Pte(frame=frame, write=vma.write and vma.shared, special=marked(k))
    return (yield from insert_pfn(k, mm, va, pte))


@operation(source="mm/memory.c:vmf_insert_mixed", seen="v6.12")
def vmf_insert_mixed(k: Kernel, mm: Mm, va: Va, vma: Vma, frame: Frame) -> Result[bool]:
    """Map a page frame in a VM_MIXEDMAP mapping: as a page that is counted, where entries have no mark.

    False: it is no such mapping, and the kernel stops here (BUG_ON).
    """
    if not vma.mixedmap:
        return False
    if way(k, arch) == Arch.NO_PTE_SPECIAL:
        return (yield from insert_page(k, mm, va, vma, frame))
    pte = Pte(frame=frame, write=vma.write and vma.shared, special=marked(k))
    return (yield from insert_pfn(k, mm, va, pte))


@operation(source="mm/huge_memory.c:vmf_insert_pfn_pmd", seen="recalled")
def vmf_insert_pfn_pmd(k: Kernel, mm: Mm, va: Va, vma: Vma, frame: Frame) -> Result[bool]:
    """Map a range of page frames by one entry a level up; the world shows one. False: as for vmf_insert_pfn."""
    if refused_as_cow(k, vma):
        return False
    pte = Pte(frame=frame, write=vma.write and vma.shared, special=has(k, pmd_special), huge=True)
    return (yield from insert_pfn(k, mm, va, pte))


def refused_as_cow(k: Kernel, vma: Vma) -> bool:
    """Whether the kernel stops at a page frame for this mapping, because copies could be made in it."""
    return has(k, insert_pfn_refuses_cow) and vma.pfnmap and is_cow_mapping(vma)


def marked(k: Kernel) -> bool:
    """Whether an entry for a page frame gets the special mark."""
    return has(k, entries_marked_special) and way(k, arch) != Arch.NO_PTE_SPECIAL


@operation(source="mm/memory.c:insert_pfn", seen="v6.12")
def insert_pfn(k: Kernel, mm: Mm, va: Va, pte: Pte) -> Result[bool]:
    """Store the entry, unless there is one. No reference, no reverse map, no flush."""
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    k.page_table[mm] = True
    empty = k.pte[mm, va] is None
    if empty:
        yield "set_pte_at"
        k.pte[mm, va] = pte
        mapped(k, mm, va, pte.frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return True


@operation(source="mm/memory.c:vm_insert_page", seen="v6.12")
def insert_page(k: Kernel, mm: Mm, va: Va, vma: Vma, frame: Frame) -> Result[bool]:
    """Map a page with its struct page: the entry has a reference, and is in the reverse map.

    False: the mapping is for page frames, and the kernel stops here (BUG_ON).
    """
    if vma.pfnmap:
        return False
    yield "pte_lock"
    atomic("entries change only under this lock")
    k.ptl[mm].lock()
    k.page_table[mm] = True
    empty = k.pte[mm, va] is None
    if empty:
        yield "folio_get"
        k.frame[frame].refs += 1
        yield "folio_add_file_rmap_pte"
        k.frame[frame].mapcount += 1
        yield "set_pte_at"
        k.pte[mm, va] = Pte(frame=frame, write=vma.write and vma.shared)
        mapped(k, mm, va, frame)
    yield "pte_unlock"
    k.ptl[mm].unlock()
    return True
