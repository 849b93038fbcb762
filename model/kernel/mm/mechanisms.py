"""What a design of the kernel's memory management can have or lack.

Each line of the kernel that a mutant would drop or move is a mechanism here; presets of releases are in designs.toml.
"""

from __future__ import annotations

from shootdown.model import Enum, Mechanism, auto


class CowReuse(Enum):
    """When a write fault on a shared anonymous page keeps the page instead of copying it."""

    MAPCOUNT = auto()
    REFCOUNT = auto()
    EXCLUSIVE = auto()


class SecondaryFlush(Enum):
    """Where caches of devices that walk the CPU's page tables are invalidated."""

    WITH_CPU_FLUSH = auto()
    EXPLICIT_AND_END = auto()
    AT_START = auto()
    AT_END = auto()


class Arch(Enum):
    """The architecture, as far as memory management depends on it."""

    X86_64 = auto()
    ARM64 = auto()
    NO_PTE_SPECIAL = auto()


arch = Mechanism(
    Arch,
    meaning="a CPU flushes the TLBs of others by interrupts, which they take when they have them on"
    " | by broadcast, whatever they do"
    " | by interrupts, and page-table entries have no bit for special mappings",
    prevents="nothing by itself; that interrupts are off keeps a page from being freed only where flushes need them",
    evidence="read",
)
notifier_ranges_only = Mechanism(
    bool,
    meaning="subscribers hear of ranges; until v4.13 reclaim told them of pages (invalidate_page): not modelled",
    since="v4.14",
    commit="5f32b2654080",
    prevents="nothing that is modelled: devices that subscribe need it",
    evidence="recalled",
)
interval_notifiers = Mechanism(
    bool,
    meaning="there are interval notifiers; before, each driver had a protocol of its own, which is not modelled",
    since="v5.5",
    commit="99cb252f5e68",
    prevents="nothing by itself: mirrors need it",
    evidence="read",
)
iommu_sva = Mechanism(
    bool,
    meaning="drivers bind devices to address spaces through the IOMMU core (iommu_sva_bind_device), with PASIDs by mm",
    since="v5.11",
    prevents="nothing by itself: devices with PASIDs need it",
    evidence="recalled",
)
cow_break_notifies = Mechanism(
    bool,
    meaning="wp_page_copy puts its change of the entry between invalidate_range_start and invalidate_range_end",
    since="v3.7",
    commit="6bdb913f0a70",
    prevents="a mirror that keeps the page that its process has left",
    evidence="read",
)
fork_notifies = Mechanism(
    bool,
    meaning="copy_page_range puts the write-protection of a private mapping between start and end",
    since="v2.6.27",
    commit="cddb8a5c14aa",
    prevents="a mirror that writes a page which the child shares",
    evidence="read",
)
zap_notifies = Mechanism(
    bool,
    meaning="munmap and MADV_DONTNEED put their clearing of entries between start and end",
    since="v2.6.27",
    commit="cddb8a5c14aa",
    prevents="a mirror that uses a page after it was freed",
    evidence="read",
)
release_notifies = Mechanism(
    bool,
    meaning="exit_mmap calls release of every subscriber before it clears the first entry",
    since="v2.6.27",
    commit="cddb8a5c14aa",
    prevents="a device that uses pages of a process that has ended",
    evidence="read",
)
interval_counts_ranges = Mechanism(
    bool,
    meaning="the sequence of interval notifiers stays odd until the last open range ends, and not only the first",
    since="v5.5",
    commit="99cb252f5e68",
    prevents="a driver that fills in a page whose range is still open, because another range has ended",
    evidence="read",
)
fault_gets_mm = Mechanism(
    bool,
    meaning="a device's fault becomes a user of the address space, or fails if it has none left (mmget_not_zero)",
    since="v2.6.12",
    prevents="a fault that fills in a page of an address space which is being taken down",
    evidence="read",
)
secondary_flush = Mechanism(
    SecondaryFlush,
    meaning="device caches are invalidated with every CPU TLB flush | at some flushes, and when a range ends"
    " | when a range starts | when a range ends",
    since="v6.6",
    commit="6bbd42e2df8f",
    prevents="a device cache that outlives the page, or is filled again from an entry about to change",
    evidence="read",
)
change_pte_notifies = Mechanism(
    bool,
    meaning="wp_page_copy tells subscribers the new entry before it stores it (removed in v6.10)",
    since="v2.6.32",
    commit="828502d30073",
    prevents="nothing since start and end surround it: an optimisation",
    evidence="read",
)
fork_final_flush = Mechanism(
    bool,
    meaning="dup_mmap flushes the parent's TLBs after the last entry is write-protected, before the child runs",
    since="v2.6.12",
    prevents="a parent CPU that writes a shared page through an old entry after the child runs",
    evidence="recalled",
)
fork_clears_exclusive = Mechanism(
    bool,
    meaning="fork takes the mark as exclusive to one address space from the page, or its swap entry, that it shares",
    since="v5.19",
    commit="6c287605fd56",
    prevents="a parent that writes in place what its child shares",
    evidence="read",
)
fork_links_file_first = Mechanism(
    bool,
    meaning="the child's VMA is in the tree of its file, behind its parent's, before its entries are copied",
    since="v2.6.12",
    prevents="an entry of the child that whoever clears the file's entries does not find",
    evidence="read",
)
early_copy = Mechanism(
    bool,
    meaning="fork copies a pinned page for the child and leaves the parent's entry alone",
    since="v5.9",
    commit="70e806e4e645",
    prevents="a pinned page that its owner leaves at the next write",
    evidence="read",
)
write_protect_seq = Mechanism(
    bool,
    meaning="fork makes a counter odd while it write-protects, and lockless pinning starts over if the counter moved",
    since="v5.11",
    commit="57efa1fe5957",
    prevents="a pin taken between fork's test for pins and its write-protection",
    evidence="read",
)
cow_reuse = Mechanism(
    CowReuse,
    meaning="a write fault keeps the page if no other entry maps it | if nobody else has a reference"
    " | if it is marked exclusive, or nobody else has a reference",
    since="v5.19",
    commit="6c287605fd56",
    prevents="by mapcount: a reader who kept a reference sees later writes; by refcount: a pinned page is left",
    evidence="read",
)
gup_unshare = Mechanism(
    bool,
    meaning="a read-only pin of a page that is not exclusive first makes it exclusive, by an unshare fault",
    since="v5.19",
    commit="a7f226604170",
    prevents="a pinned page that its owner leaves at the next write",
    evidence="read",
)
gup_breaks_cow = Mechanism(
    bool,
    meaning="get_user_pages takes a page as if for writing, which breaks copy on write first (v5.8 only)",
    since="v5.8",
    commit="17839856fd58",
    prevents="a reader who kept a reference to a shared page sees what the other side writes later",
    evidence="read",
)
gup_fast_recheck = Mechanism(
    bool,
    meaning="lockless pinning reads the entry again after it has the reference",
    since="v2.6.27",
    commit="8174c430e445",
    prevents="a reference to a page that was freed and belongs to somebody else",
    evidence="recalled",
)
gup_fast_rechecks_pmd = Mechanism(
    bool,
    meaning="lockless pinning reads the PMD entry again, too, after it has the reference",
    since="v6.1",
    commit="70cbc3cc78a9",
    prevents="a pin of a page that khugepaged has just copied into a huge page",
    evidence="read",
)
gup_checks_vma_flags = Mechanism(
    bool,
    meaning="get_user_pages under mmap_lock refuses a VMA with VM_IO or VM_PFNMAP (check_vma_flags)",
    since="v2.6.15",
    prevents="a reference to memory whose owner does not count references",
    evidence="read",
)
gup_fast_tests_special = Mechanism(
    bool,
    meaning="lockless pinning refuses an entry that is marked special",
    since="v2.6.27",
    commit="8174c430e445",
    prevents="a reference to memory whose owner does not count references",
    evidence="read",
)
nested_gather_flush = Mechanism(
    bool,
    meaning="tlb_finish_mmu flushes if another mmu_gather is open on the address space, even with nothing gathered",
    since="v4.13",
    commit="99baac21e458",
    prevents="MADV_DONTNEED returning while another's flush for the same page is still to come",
    evidence="read",
)
flush_before_free = Mechanism(
    bool,
    meaning="mmu_gather flushes the TLBs before it frees the pages",
    since="v2.4",
    prevents="a CPU or device that uses a page after it was freed",
    evidence="recalled",
)
cow_flush_before_set = Mechanism(
    bool,
    meaning="wp_page_copy clears the entry and flushes before it stores the new one (ptep_clear_flush)",
    since="v2.6.29",
    prevents="two CPUs, or a CPU and a device, that see different pages at one address",
    evidence="recalled",
)
batched_unmap_flush = Mechanism(
    bool,
    meaning="reclaim clears many entries before it flushes the TLBs once (set_tlb_ubc_flush_pending)",
    since="v4.3",
    commit="72b252aed506",
    prevents="nothing: an optimisation; that it flushes everything hides that a page was moved",
    evidence="recalled",
)
batched_flush_pending = Mechanism(
    bool,
    meaning="who changes entries flushes first if reclaim has put a flush off (flush_tlb_batched_pending)",
    since="v4.13",
    commit="3ea277194daa",
    prevents="munmap or mprotect returning while a CPU still has the entry that reclaim has cleared",
    evidence="read",
)
reclaim_flush_before_io = Mechanism(
    bool,
    meaning="reclaim flushes what it has put off before it writes a page out (try_to_unmap_flush_dirty)",
    since="v4.3",
    commit="d950c9477d51",
    prevents="a store that reaches the page after it was written to swap",
    evidence="recalled",
)
reclaim_notifies = Mechanism(
    bool,
    meaning="try_to_unmap_one puts its clearing of the entry between start and end",
    since="v4.14",
    commit="369ea8242c0f",
    prevents="a mirror that uses a page which was reclaimed",
    evidence="recalled",
)
reclaim_skips_pinned = Mechanism(
    bool,
    meaning="reclaim leaves a page alone that may be pinned, before it gets a slot in swap (folio_maybe_dma_pinned)",
    since="v5.11",
    commit="feb889fb40fa",
    prevents="a pinned page that its owner maps read-only from then on, and leaves at the next write",
    evidence="recalled",
)
pageout_clears_young = Mechanism(
    bool,
    meaning="MADV_PAGEOUT first stores the entry again as one not used lately, and flushes at the end (until v6.9)",
    since="v5.4",
    prevents="nothing",
    evidence="recalled",
)
swapin_writable = Mechanism(
    bool,
    meaning="a read fault maps a swapped page writable if no other address space has it",
    since="v6.11",
    prevents="nothing: it saves a fault",
    evidence="recalled",
)
mprotect_notifies = Mechanism(
    bool,
    meaning="mprotect puts its change of the entry between start and end",
    since="v2.6.27",
    commit="cddb8a5c14aa",
    prevents="a mirror that writes a page which may only be read",
    evidence="recalled",
)
mprotect_makes_writable = Mechanism(
    bool,
    meaning="mprotect makes the entry of an exclusive page writable at once, and does not leave that to a fault",
    since="v6.1",
    commit="64fe24a3e05e",
    prevents="nothing: it saves a fault",
    evidence="read",
)
mprotect_spares_flush = Mechanism(
    bool,
    meaning="mprotect flushes nothing for an entry through which no CPU translated (pte_needs_flush)",
    since="v5.19",
    commit="c9fe66560bf2",
    prevents="nothing: an optimisation",
    evidence="recalled",
)
mremap_notifies = Mechanism(
    bool,
    meaning="mremap puts the move of an entry between start and end of the old range",
    since="v3.2",
    commit="7b6efc2bc4f1",
    prevents="a mirror that reaches the page at its old address",
    evidence="recalled",
)
mremap_rmap_locks = Mechanism(
    bool,
    meaning="mremap keeps walks of the reverse map out where they would meet the new address before the old one",
    since="v3.10",
    commit="38a76013ad80",
    prevents="an entry that truncation or migration misses",
    evidence="recalled",
)
mremap_flush_under_ptl = Mechanism(
    bool,
    meaning="mremap flushes the old address before it lets the locks of the page tables go",
    since="v4.19",
    commit="eb66ae030829",
    prevents="a page that is freed at its new address while a CPU still reaches it at the old one",
    evidence="read",
)
pfnmap_flush_before_unlink = Mechanism(
    bool,
    meaning="the TLBs are flushed for a VM_PFNMAP or VM_MIXEDMAP VMA before it leaves the tree of its file",
    since="v5.19",
    commit="b67fbebd4cf9",
    prevents="an owner that finds no mapping to clear, and gives memory up which a CPU still translates to",
    evidence="read",
)
rmap_removed_after_flush = Mechanism(
    bool,
    meaning="the dirty page of a file leaves the reverse map after the TLBs are flushed, not before (tlb_delay_rmap)",
    since="v6.2",
    commit="5df397dec7c4",
    prevents="a file system that takes the page for clean while a CPU still writes it",
    evidence="read",
)
cow_rmap_last = Mechanism(
    bool,
    meaning="wp_page_copy takes the old page out of the reverse map only after the new entry is stored",
    since="v2.6.24",
    commit="945754a1754f",
    prevents="another sharer that takes itself for the only one and writes in place",
    evidence="recalled",
)
