"""What KVM finds in the page table of a process for its guest; virt/kvm/kvm_main.c."""

from __future__ import annotations

from shootdown.model import Result, operation

from ..mm.gup import gup_slow, put_page
from ..mm.gup_fast import get_user_pages_fast_only
from ..mm.state import Cpu, Kernel, Mm, Pte, Va


@operation(source="virt/kvm/kvm_main.c:hva_to_pfn", seen="v6.12")
def hva_to_pfn(k: Kernel, cpu: Cpu, mm: Mm, va: Va, write: bool) -> Result[Pte | None]:
    """The page, with a reference, and whether it may be written; writable if that is possible, for reads, too."""
    page = yield from get_user_pages_fast_only(k, cpu, mm, va, True)
    if page is not None:
        return Pte(frame=page, write=True)
    slow = yield from gup_slow(k, cpu, mm, va, False, write)
    if slow is None:
        return None
    if write:
        return Pte(frame=slow, write=True)
    writable = yield from get_user_pages_fast_only(k, cpu, mm, va, True)
    if writable is None:
        return Pte(frame=slow)
    yield from put_page(k, slow)
    return Pte(frame=writable, write=True)
