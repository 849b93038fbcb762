"""The PMD entry above the page table, in worlds that look at it (`Pmd = 1`): what khugepaged takes away and puts back.

Abstractions. The world shows one page of what the entry covers, so that whoever maps a second page under it has no
huge page. A leaf stands where entries stand (`Kernel.pte`), and is one as far as faults, fork and unmapping are
concerned: its page is taken, copied and given back as a whole. What hung under the entry before is empty then. Whoever
holds mmap_lock, or the lock of the reverse map, finds no entry that is on its way out.
"""

from __future__ import annotations

from shootdown.model import Enum, Index, State, Table, atomic, auto, size, table

from .state import Kernel, Mm, Pte, Va


class Pmd(Index):
    """A PMD entry of every address space: none, where the world does not look at them, or one."""


class PmdEntry(Enum):
    """What the entry is: the page table, empty or not; none, while khugepaged has that; or a leaf."""

    TABLE = auto()
    NONE = auto()
    LEAF = auto()


class PmdEntries(State):
    """The upper level of the page table of each address space."""

    pmd: Table[Mm, PmdEntry] = table(PmdEntry.TABLE, show="{0} PMD: {value}")


def pmd_of(k: Kernel, mm: Mm) -> PmdEntry:
    """What a walk finds in the PMD entry."""
    return k[PmdEntries].pmd[mm] if size(Pmd) > 0 else PmdEntry.TABLE


def populate(k: Kernel, mm: Mm) -> None:
    """Hang a page table under the PMD entry, if none is there; mm/memory.c:pte_alloc."""
    atomic("the PMD entry is one word, whatever it is")
    k.page_table[mm] = True
    if size(Pmd) > 0:
        k[PmdEntries].pmd[mm] = PmdEntry.TABLE


def entry_under(k: Kernel, mm: Mm, va: Va, pmd: PmdEntry) -> Pte | None:
    """The entry, for a walk that has read the PMD entry before: a table that was taken away is empty in the end."""
    emptied = pmd == PmdEntry.TABLE and pmd_of(k, mm) == PmdEntry.LEAF
    return None if emptied or pmd == PmdEntry.NONE else k.pte[mm, va]


def entry(k: Kernel, mm: Mm, va: Va) -> Pte | None:
    """The entry, for a walk that reads the PMD entry now."""
    return entry_under(k, mm, va, pmd_of(k, mm))
