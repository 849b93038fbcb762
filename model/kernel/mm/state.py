"""What CPUs, page tables and page frames are: the shared declarations of the memory-management model.

Abstractions. A page table is one table under one PMD entry, with one PTE lock. Each page of the world lies in a VMA of
its own, and a file has one page. The zero page is not modelled, a read fault gets a zeroed page. A TLB holds entries of
the address space that is loaded; a switch empties it (no PCID). Per-VMA locks are not told from mmap_lock.
"""

from __future__ import annotations

from shootdown.model import Annotated, Between, Enum, Index, Record, State, Struct, Table, auto, place, size, table

from .locks import RwSem, SpinLock


class Cpu(Index):
    """A processor."""


class Mm(Index):
    """An address space."""


class Va(Index):
    """A page of every address space."""


class Frame(Index):
    """A page frame of memory."""


class File(Index):
    """A file of one page: an inode and its address_space. What a driver exports to be mapped is a file, too."""


class Life(Enum):
    """Where an address space is in its life."""

    UNUSED = auto()
    FORMING = auto()
    RUNS = auto()
    EXITS = auto()
    GONE = auto()


class Writer(Enum):
    """Who stored: a program on a CPU, or a device."""

    CPU = auto()
    DMA = auto()


class Token(Record, show="{by} {mm}.{number}"):
    """What a store wrote: the writer, the address space in whose name, and which of its stores it was."""

    by: Writer
    mm: Mm
    number: Annotated[int, Between(1, 3)]


class Pte(Record, show="{frame} {write:W} {special:special} {huge:huge} {protnone:PROT_NONE}"):
    """A present page-table entry, or a cached copy of one."""

    frame: Frame
    write: bool = False
    special: bool = False
    """pte_special: the frame has no struct page, or nobody may use it."""
    huge: bool = False
    """A leaf one level up (PMD), of which the world shows one page; only vmf_insert_pfn_pmd makes it."""
    protnone: bool = False
    """pte_protnone: the kernel finds the page here, and no CPU translates through it."""


class Vma(
    Record,
    show="vma {shared:SHARED} {pfnmap:PFNMAP} {mixedmap:MIXEDMAP} {io:IO} {dontcopy:DONTCOPY} {inaccessible:PROT_NONE}",
):
    """A mapping. Without a file it is anonymous; the default is private, readable and writable memory."""

    write: bool = True
    """VM_WRITE: user code may write."""
    maywrite: bool = True
    """VM_MAYWRITE: mprotect may make it writable."""
    shared: bool = False
    """VM_SHARED."""
    dontcopy: bool = False
    """VM_DONTCOPY: a child does not get it."""
    pfnmap: bool = False
    """VM_PFNMAP: page frames without struct page; pages only where copy on write has put them."""
    mixedmap: bool = False
    """VM_MIXEDMAP: both."""
    io: bool = False
    """VM_IO."""
    file: File | None = None
    """vm_file: whose page is mapped. None: anonymous memory."""
    pgoff: Frame | None = None
    """vm_pgoff, where remap_pfn_range has stored a page frame number in it."""
    inaccessible: bool = False
    """Neither VM_READ nor VM_WRITE nor VM_EXEC (PROT_NONE)."""


class Page(Struct):
    """A page frame. Without references it is nobody's; it is free once the allocator has it back."""

    free: bool = True
    refs: Annotated[int, Between(0, 12)] = 0
    """References: one for each entry that maps it, for each pin, and for each user in between."""
    pins: Annotated[int, Between(0, 4)] = 0
    """How many of the references are FOLL_PIN pins."""
    mapcount: Annotated[int, Between(0, 4)] = 0
    """Entries that map it, as the reverse map counts them."""
    exclusive: bool = False
    """PageAnonExclusive: no other address space maps it."""
    file: File | None = None
    """folio->mapping: whose page it is, in the page cache or exported. None: an anonymous page, or nobody's."""
    dirty: bool = False
    """The page of a file: what it holds is not on disk."""
    content: Token | None = None
    """The last store to it; None is zeros."""
    locked: bool = False
    """PG_locked: somebody reads it in, or reclaims it."""


class SeqCount(Struct):
    """A sequence counter that is odd while a fork write-protects. It never wraps: every fork makes another child."""

    sequence: Annotated[int, Between(0, 2 * size(Mm) * size(Va))] = 0

    def write_begin(self) -> None:
        """Even to odd."""
        self.sequence += 1

    def write_end(self) -> None:
        """Odd to even."""
        self.sequence += 1


class FlushRequest(Record, show="{mm} {va}"):
    """A TLB flush that a CPU asks another for. `va` None: the whole address space; `mm` None: everything."""

    mm: Mm | None
    va: Va | None


class Kernel(State):
    """What the CPUs share."""

    life: Table[Mm, Life] = table(Life.UNUSED, show="{0} {value}")
    users: Table[Mm, Annotated[int, Between(0, 4)]] = table(0)
    """mm_users: at 0 the address space is torn down."""
    count: Table[Mm, Annotated[int, Between(0, 4)]] = table(0)
    """mm_count: at 0 the structure is freed; all users together hold one."""
    mmap_lock: Table[Mm, RwSem] = table(RwSem)
    write_protect_seq: Table[Mm, SeqCount] = table(SeqCount)
    has_pinned: Table[Mm, bool] = table(False)
    """MMF_HAS_PINNED."""
    tlb_flush_pending: Table[Mm, Annotated[int, Between(0, 4)]] = table(0)
    """How many mmu_gather are open."""
    vma: Table[tuple[Mm, Va], Vma | None] = table(None, show="{0} {1}: {value}")
    page_table: Table[Mm, bool] = table(False, show="{0} page table: {value}")
    """Whether a page table hangs under the PMD entry."""
    ptl: Table[Mm, SpinLock] = table(SpinLock)
    pte: Table[tuple[Mm, Va], Pte | None] = table(None, show="{0} {1}: {value}")
    frame: Table[Frame, Page] = table(Page, show="{0}: {value}")
    anon_vma: RwSem = place(RwSem)
    """The lock of the reverse map (anon_vma->root->rwsem); all processes descend from one."""
    loaded: Table[Cpu, Mm | None] = table(None)
    """The address space that the CPU has loaded: its bit in mm_cpumask is set."""
    inside: Table[Cpu, bool] = table(False)
    """Whether a task runs an operation on the CPU now."""
    irqs_off: Table[Cpu, bool] = table(False)
    tlb: Table[tuple[Cpu, Va], Pte | None] = table(None, show="TLB {0} {1}: {value}")
    flush: Table[tuple[Cpu, Cpu], FlushRequest | None] = table(None)
    """What the second CPU wants the first to flush, by IPI; None: done."""
    written: Table[tuple[Writer, Mm], Annotated[int, Between(0, 3)]] = table(0)


def new_token(k: Kernel, by: Writer, mm: Mm) -> Token:
    """A value that differs from the last two stores of this writer."""
    number = k.written[by, mm] % 3 + 1
    k.written[by, mm] = number
    return Token(by=by, mm=mm, number=number)
