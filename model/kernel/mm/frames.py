"""Page frames: allocation, references, the last put. A frame is zeroed when it is freed (as init_on_free does)."""

from __future__ import annotations

from shootdown.model import atomic, check, note, pick, wait

from .promise import freed
from .state import Frame, Kernel


def alloc_frame(k: Kernel) -> Frame:
    """Any free frame, with one reference; mm/page_alloc.c:alloc_pages."""
    atomic("nobody else knows the new page")
    frame = pick(Frame, where=lambda f: k.frame[f].free)
    k.frame[frame].free = False
    k.frame[frame].refs = 1
    note(f"{frame}")
    return frame


def lock_folio(k: Kernel, frame: Frame) -> None:
    """Wait until nobody holds the page's lock, then hold it. Stands at the head of a step."""
    wait(not k.frame[frame].locked)
    k.frame[frame].locked = True


def put_frame(k: Kernel, frame: Frame) -> None:
    """One reference fewer; the last one frees the frame. mm/swap.c:folio_put."""
    left = k.frame[frame].refs - 1
    k.frame[frame].refs = left
    if left == 0:
        k.frame[frame].exclusive = False
        k.frame[frame].file = None
        k.frame[frame].dirty = False
        k.frame[frame].content = None
        k.frame[frame].locked = False
        note(f"{frame} is freed")
        freed(k, frame)
        k.frame[frame].free = True


def add_new_anon_rmap(k: Kernel, frame: Frame) -> None:
    """The first entry is about to map a new page; mm/rmap.c:folio_add_new_anon_rmap."""
    k.frame[frame].mapcount = 1
    k.frame[frame].exclusive = True


def remove_rmap(k: Kernel, frame: Frame) -> None:
    """One entry fewer maps the page; mm/rmap.c:folio_remove_rmap_pte."""
    count = k.frame[frame].mapcount
    check(count > 0, "references_balance")
    k.frame[frame].mapcount = max(0, count - 1)
