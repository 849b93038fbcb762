"""Truncation and hole punching: a file becomes empty, or holds nothing, and its page leaves everybody who maps it."""

from __future__ import annotations

from shootdown.model import Mechanism, Steps, atomic, has, operation

from .cutpromise import punched, punches, truncated, truncates
from .filemap import PageCache, filemap_lock_folio, folio_unlock_put
from .frames import put_frame
from .rmap import unmap_mapping_range
from .state import Cpu, File, Frame, Kernel, Mm
from .user import enter
from .writeback import writeback

truncate_unmaps_locked = Mechanism(
    bool,
    meaning="truncation that finds its page mapped again clears these entries while it holds the page's lock",
    since="v2.6.23",
    commit="d00806b18315",
    prevents="an entry, made by a fault that had looked before, for a page that is nobody's",
    evidence="recalled",
)
truncate_unmaps_twice = Mechanism(
    bool,
    meaning="truncation clears the entries of the file before and after it takes the page from the file",
    since="v2.6.12",
    prevents="a private copy, made in between, that outlives the file",
    evidence="recalled",
)
punch_hole_writes_back = Mechanism(
    bool,
    meaning="punching a hole writes a dirty page out first, and only then takes it from the file",
    prevents="nothing in memory: it is for the order in which a file system writes",
    evidence="inferred",
)


@operation(source="mm/truncate.c:truncate_setsize", seen="recalled", litmus="truncate {mm} {file}")
def truncate(k: Kernel, cpu: Cpu, mm: Mm, file: File) -> Steps:
    """After the return, whoever has mapped the file gets SIGBUS."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    yield "i_size_write"
    k[PageCache].truncated[file] = True
    truncates(k, file)
    yield from unmap_mapping_range(k, cpu, file, True)
    yield from truncate_inode_pages(k, cpu, file)
    if has(k, truncate_unmaps_twice):
        yield from unmap_mapping_range(k, cpu, file, True)
    yield "ftruncate returns"
    k.inside[cpu] = False
    truncated(k, cpu, file)


@operation(source="mm/truncate.c:truncate_inode_pages_range", seen="recalled")
def truncate_inode_pages(k: Kernel, cpu: Cpu, file: File) -> Steps:
    """Take the page from the file."""
    page = yield from filemap_lock_folio(k, file)
    if page is not None:
        yield from truncate_inode_folio(k, cpu, file, page, False)


@operation(source="mm/truncate.c:truncate_inode_folio", seen="recalled")
def truncate_inode_folio(k: Kernel, cpu: Cpu, file: File, page: Frame, blocks: bool) -> Steps:
    """Take the page, which is locked, from the file, with its `blocks` on the disk; unlock and put it."""
    if has(k, truncate_unmaps_locked):
        yield "folio_mapped"
        mapped = k.frame[page].mapcount > 0
        if mapped:
            yield from unmap_mapping_range(k, cpu, file, False)
    yield "filemap_remove_folio"
    atomic("the page is locked: whoever finds it in the page cache looks again under that lock")
    if blocks:
        punches(k, cpu, file)
        k[PageCache].disk[file] = None
    k[PageCache].page[file] = None
    k.frame[page].file = None
    k.frame[page].dirty = False
    put_frame(k, page)
    yield from folio_unlock_put(k, page)


@operation(source="mm/truncate.c:truncate_pagecache_range", seen="recalled", litmus="punch_hole {mm} {file}")
def punch_hole(k: Kernel, cpu: Cpu, mm: Mm, file: File) -> Steps:
    """FALLOC_FL_PUNCH_HOLE: after the return the file reads as zeros. It keeps its size, and private copies stay."""
    atomic("a CPU switches address spaces with interrupts off")
    enter(k, cpu, mm)
    if has(k, punch_hole_writes_back):
        yield from writeback(k, cpu, file)
    yield from unmap_mapping_range(k, cpu, file, False)
    done = False
    while not done:
        page = yield from filemap_lock_folio(k, file)
        if page is not None:
            yield from truncate_inode_folio(k, cpu, file, page, True)
            done = True
        else:
            yield "ext4_ext_remove_space"
            atomic("invalidate_lock: nobody reads the page in before its blocks are gone")
            done = k[PageCache].page[file] is None
            if done:
                punches(k, cpu, file)
                k[PageCache].disk[file] = None
    yield "fallocate returns"
    k.inside[cpu] = False
    punched(k, cpu, file)
