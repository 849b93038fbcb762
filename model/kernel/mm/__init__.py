"""Memory management of private anonymous pages, as in mainline 6.12 and 6.1 on x86-64.

Modelled, under the kernel's names, locks and order: page faults and copy on write, fork, MADV_DONTNEED, munmap, exit,
get_user_pages with and without locks, CPU TLBs with IPI flushes, MMU notifiers with interval notifiers.
Not modelled: other memory than private anonymous pages of one size, the zero page, reclaim, migration, mprotect and
mremap; PCID and lazy TLBs; per-VMA locks apart from mmap_lock; dirty and accessed bits; FOLL_LONGTERM and FOLL_FORCE;
failing allocations (a world without a free frame is too small).
"""
