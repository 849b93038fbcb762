"""Questions to a VMA and its entries: what may be done there, and whether an entry maps a page that is counted."""

from __future__ import annotations

from shootdown.model import way

from .mechanisms import Arch, arch
from .state import Kernel, Pte, Vma


def access_error(vma: Vma, write: bool) -> bool:
    """Whether user code may not do this; arch/x86/mm/fault.c:access_error, mm/gup.c:check_vma_flags."""
    return vma.inaccessible or (write and not vma.write)


def is_cow_mapping(vma: Vma) -> bool:
    """A private mapping that may become writable: pages are copied on write; include/linux/mm.h."""
    return vma.maywrite and not vma.shared


def vma_needs_copy(vma: Vma) -> bool:
    """Whether fork copies entries, which a later fault could not make again; mm/memory.c.

    A private mapping may have anonymous pages: that none is there (anon_vma) is not told.
    """
    return vma.pfnmap or vma.mixedmap or not vma.shared


def vm_normal_page(k: Kernel, vma: Vma, pte: Pte) -> bool:
    """Whether the entry maps a page that has a struct page and is counted; mm/memory.c.

    Without a bit in the entry, a VM_PFNMAP mapping is told from the copies in it by its page frame number: vm_pgoff
    has what remap_pfn_range put there. Every frame of the model has a struct page (pfn_valid). A huge leaf in such a
    VMA is never counted (vma_is_special_huge).
    """
    if pte.huge:
        return False
    if way(k, arch) != Arch.NO_PTE_SPECIAL:
        return not pte.special
    if vma.pfnmap and not vma.mixedmap:
        return is_cow_mapping(vma) and vma.pgoff != pte.frame
    return True


def maps_anon_page(k: Kernel, vma: Vma, pte: Pte) -> bool:
    """Whether the entry maps a page that is counted and no file's: a private copy, where a file is mapped."""
    return vm_normal_page(k, vma, pte) and k.frame[pte.frame].file is None


def maps_file(vma: Vma | None) -> bool:
    """Whether there is a mapping, and one of a file."""
    return vma is not None and vma.file is not None
