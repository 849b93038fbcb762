"""Swap: the slots that keep the content of anonymous pages, and the swap cache, which finds a page by its slot.

Abstractions. An entry of a page table is one word, kept in two tables: what is present is in `Kernel.pte`, a swap entry
is here. Slots hold a page's content once it was written out; a page is read back through the swap cache, always. A page
leaves the swap cache with its last swap entry, as when swap is half full.
"""

from __future__ import annotations

from shootdown.model import (
    Annotated,
    Between,
    Index,
    Record,
    Result,
    State,
    Steps,
    Table,
    atomic,
    has,
    nothing,
    operation,
    pick,
    size,
    table,
    way,
)

from .frames import alloc_frame, lock_folio, put_frame
from .mechanisms import CowReuse, cow_reuse, swapin_writable
from .promise import mapped
from .state import Frame, Kernel, Mm, Pte, Token, Va, Vma


class Swap(Index):
    """A slot of the swap device."""


class SwapPte(Record, show="{slot} {exclusive:exclusive}"):
    """A swap entry in a page table. `exclusive`: no other address space has the page (pte_swp_exclusive)."""

    slot: Swap
    exclusive: bool


class SwapSpace(State):
    """The swap device, its cache, and who refers to it."""

    swap_pte: Table[tuple[Mm, Va], SwapPte | None] = table(None, show="{0} {1}: {value}")
    """Swap entries in page tables."""
    swap_map: Table[Swap, Annotated[int, Between(0, 4)]] = table(0)
    """How many swap entries name the slot."""
    swap_cache: Table[Swap, Frame | None] = table(None, show="swap cache {0}: {value}")
    """The page that the swap cache has for the slot; it holds a reference."""
    content: Table[Swap, Token | None] = table(None, show="{0}: content {value}")
    """What was written out."""


def swap_entry(k: Kernel, mm: Mm, va: Va) -> SwapPte | None:
    """The swap entry at va, if there is one; a world without swap has none."""
    return k[SwapSpace].swap_pte[mm, va] if size(Swap) > 0 else None


def swap_count(k: Kernel, frame: Frame) -> Annotated[int, Between(0, 4 * size(Swap))]:
    """How many swap entries stand for the page."""
    return sum(k[SwapSpace].swap_map[slot] for slot in Swap if k[SwapSpace].swap_cache[slot] == frame)


def free_swap(k: Kernel, slot: Swap) -> None:
    """One swap entry fewer, of a page that the caller has locked. With the last one it leaves the swap cache."""
    left = k[SwapSpace].swap_map[slot] - 1
    k[SwapSpace].swap_map[slot] = left
    cached = k[SwapSpace].swap_cache[slot]
    if left == 0 and cached is not None:
        k[SwapSpace].swap_cache[slot] = None
        put_frame(k, cached)


def unlock_folio(k: Kernel, frame: Frame) -> None:
    """Let the page's lock go. A page without swap entries leaves the swap cache before that (folio_free_swap)."""
    for slot in Swap:
        if k[SwapSpace].swap_cache[slot] == frame and k[SwapSpace].swap_map[slot] == 0:
            k[SwapSpace].swap_cache[slot] = None
            put_frame(k, frame)
    k.frame[frame].locked = False


@operation(source="mm/swap_slots.c:folio_alloc_swap", seen="recalled")
def add_to_swap(k: Kernel, frame: Frame) -> Result[Swap | None]:
    """Give the locked page a slot and put it into the swap cache, unless it is there. None: no slot is free."""
    atomic("slots are handed out under a lock, and the swap cache of a locked page does not change")
    cached = frozenset(slot for slot in Swap if k[SwapSpace].swap_cache[slot] == frame)
    empty = frozenset(
        slot for slot in Swap if k[SwapSpace].swap_cache[slot] is None and k[SwapSpace].swap_map[slot] == 0
    )
    if len(cached) > 0:
        return pick(cached)
    if len(empty) == 0:
        return None
    found = pick(empty)
    k[SwapSpace].swap_cache[found] = frame
    k.frame[frame].refs += 1
    yield from nothing()
    return found


@operation(source="mm/swap_state.c:swap_cache_get_folio", seen="recalled")
def swap_cache_get_folio(k: Kernel, slot: Swap) -> Result[Frame | None]:
    """The page that the swap cache has for the slot, with a reference. None: there is none, or it is leaving."""
    cached = k[SwapSpace].swap_cache[slot]
    if cached is None:
        return None
    yield "folio_try_get"
    frozen = k.frame[cached].refs == 0
    if frozen:
        return None
    k.frame[cached].refs += 1
    yield "xas_reload"
    same = k[SwapSpace].swap_cache[slot] == cached
    if same:
        return cached
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, cached)
    return None


@operation(source="mm/swapfile.c:free_swap_and_cache", seen="recalled")
def free_swap_and_cache(k: Kernel, slot: Swap) -> Steps:
    """One swap entry fewer. With the last one the page leaves the swap cache, now or when who has locked it is done."""
    yield "swap_entry_free"
    left = k[SwapSpace].swap_map[slot] - 1
    k[SwapSpace].swap_map[slot] = left
    if left > 0:
        return
    cached = yield from swap_cache_get_folio(k, slot)
    if cached is None:
        return
    yield "folio_trylock"
    busy = k.frame[cached].locked
    k.frame[cached].locked = True
    if not busy:
        yield "folio_unlock"
        atomic("a page without swap entries leaves the swap cache with the lock still held")
        unlock_folio(k, cached)
    yield "folio_put"
    atomic("the allocator gets the page when all of this is done")
    put_frame(k, cached)


@operation(source="mm/swap_state.c:read_swap_cache_async", seen="recalled")
def read_swap_cache(k: Kernel, slot: Swap) -> Result[Frame | None]:
    """Find the page of a slot, or read it in; with a reference. None: the slot is nobody's any more, or others read."""
    cached = yield from swap_cache_get_folio(k, slot)
    if cached is not None:
        return cached
    yield "folio_alloc"
    new = alloc_frame(k)
    yield "swapcache_prepare"
    atomic("the lock of the swap cache, and that of the slots; nobody else knows the new page")
    mine = k[SwapSpace].swap_cache[slot] is None and k[SwapSpace].swap_map[slot] > 0
    if mine:
        k.frame[new].locked = True
        k.frame[new].refs += 1
        k[SwapSpace].swap_cache[slot] = new
        yield "swap_read_folio"
        atomic("what is read into a locked page is seen when it is unlocked")
        k.frame[new].content = k[SwapSpace].content[slot]
        k.frame[new].locked = False
        return new
    put_frame(k, new)
    return None


@operation(source="mm/memory.c:do_swap_page", seen="recalled")
def do_swap_page(k: Kernel, mm: Mm, va: Va, vma: Vma, orig: SwapPte, write: bool) -> Steps:
    """Map the page that the entry stands for. If either has changed meanwhile, the task tries again."""
    frame = yield from read_swap_cache(k, orig.slot)
    if frame is None:
        return
    yield "folio_lock"
    lock_folio(k, frame)
    yield "pte_lock"
    atomic("entries change only under this lock, and the swap cache of a locked page does not change")
    k.ptl[mm].lock()
    same = k[SwapSpace].swap_pte[mm, va] == orig and k[SwapSpace].swap_cache[orig.slot] == frame
    if same:
        sole = k.frame[frame].mapcount + k[SwapSpace].swap_map[orig.slot] == 1
        yield "swap_free"
        atomic("the page is locked: nobody looks for it in the swap cache without waiting for that")
        free_swap(k, orig.slot)
        if way(k, cow_reuse) == CowReuse.EXCLUSIVE:
            sole = orig.exclusive or k.frame[frame].refs == 1
        yield "folio_add_anon_rmap_pte"
        atomic("entries, and the mark as exclusive, change only under the lock that is held")
        k.frame[frame].mapcount += 1
        k.frame[frame].exclusive = sole
        writable = vma.write and sole and (write or has(k, swapin_writable))
        yield "set_ptes"
        atomic("an entry is one word")
        k.pte[mm, va] = Pte(frame=frame, write=writable)
        mapped(k, mm, va, frame)
        k[SwapSpace].swap_pte[mm, va] = None
    yield "pte_unlock"
    k.ptl[mm].unlock()
    yield "folio_unlock"
    atomic("a page without swap entries leaves the swap cache with the lock still held")
    unlock_folio(k, frame)
    if not same:
        yield "folio_put"
        atomic("the allocator gets the page when all of this is done")
        put_frame(k, frame)
