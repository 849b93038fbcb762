/*
 * Memory: tables of slots, zeroed; and arrays that grow, some of them in files that nobody else sees, which the kernel
 * moves to the disk and back as it needs the memory.
 */
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#define HUGE_PAGE ((size_t)2 << 20)
#ifndef HUGE_FROM
#define HUGE_FROM HUGE_PAGE
#endif
#define SMALLEST_PAGE 4096

#ifdef __linux__
static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/*
 * Addresses for so many bytes, of which there is only what is touched; null: there are none. In huge pages, which must be
 * aligned, random reads are translated faster.
 */
static void *new_range(size_t size)
{
	size_t kept = whole_pages(size);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *range = mmap(NULL, kept + HUGE_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
	size_t before = -(uintptr_t)range & (HUGE_PAGE - 1);

	if (range == MAP_FAILED)
		return NULL;
	if (before)
		munmap(range, before);
	munmap(range + before + kept, HUGE_PAGE - before);
	madvise(range + before, kept, MADV_HUGEPAGE);
	return range + before;
}

#endif

static void free_range(void *range, size_t size)
{
#ifdef __linux__
	munmap(range, whole_pages(size));
#else
	(void)range, (void)size;
#endif
}

/*
 * A range as large as the memory of the machine, for what is of such a size now and grows; null: there is none, or it is
 * too small for one. Sets the size of the range.
 */
static void *range_to_grow(size_t size, uint64_t *range)
{
#ifdef __linux__
	size_t all = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
	void *memory = size >= HUGE_FROM && size <= all ? new_range(all) : NULL;

	*range = memory ? all : 0;
	return memory;
#else
	(void)size;
	*range = 0;
	return NULL;
#endif
}

/*
 * Write to pages, so that they are there; what they hold stays. What is read first is the kernel's page of zeroes, and the
 * write that replaces it has all cores flush their TLBs.
 */
static void touch(char *memory, size_t from, size_t to)
{
	for (size_t i = (from + SMALLEST_PAGE - 1) / SMALLEST_PAGE * SMALLEST_PAGE; i < to; i += SMALLEST_PAGE)
		__atomic_fetch_or(memory + i, 0, __ATOMIC_RELAXED);
}

/* Zeroed lines of a cache. */
static void *new_table(size_t size)
{
	void *lines;
#ifdef __linux__
	if (size >= HUGE_FROM) {
		void *table = new_range(size);

		if (table)
			touch(table, 0, size);
		return table;
	}
#endif
	lines = aligned_alloc(64, size);
	if (lines)
		memset(lines, 0, size);
	return lines;
}

static void free_table(void *table, size_t size)
{
#ifdef __linux__
	if (size >= HUGE_FROM) {
		free_range(table, size);
		return;
	}
#endif
	(void)size;
	free(table);
}

enum file { STORE_FILE, QUIET_FILE, LOG_FILE };

static int in_file(const struct search *x, enum file which)
{
#ifdef __linux__
	return x->folder && (which != STORE_FILE || !x->prints);
#else
	(void)x, (void)which;
	return 0;
#endif
}

#ifdef __linux__
#include <fcntl.h>
#include <stdio.h>

/* The descriptor of a file without a name, or -1. */
static int open_file(const char *folder)
{
	char name[4096];
	int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (file >= 0 || snprintf(name, sizeof(name), "%s/shootdown-XXXXXX", folder) >= (int)sizeof(name))
		return file;
	file = mkstemp(name);
	if (file >= 0)
		unlink(name);
	return file;
}

static int resize_file(struct search *x, enum file which, void **array, uint64_t old, uint64_t size)
{
	void *grown;

	if (!x->files[which])
		x->files[which] = open_file(x->folder) + 1;
	/* Blocks are reserved now: a disk that is full must be met here, and not at a write to memory. */
	if (!x->files[which] || posix_fallocate((int)x->files[which] - 1, (off_t)old, (off_t)(size - old))) {
		x->out_of_memory = ON_DISK;
		return -1;
	}
	grown = *array ? mremap(*array, old, size, MREMAP_MAYMOVE)
		       : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)x->files[which] - 1, 0);
	if (grown == MAP_FAILED)
		return -1;
	*array = grown;
	return 0;
}

/*
 * A store of several megabytes lies in a range of addresses that is as large as the memory of the machine, of which
 * it takes what it touches: it never moves.
 */
static int grow_in_place(struct search *x, uint64_t old, uint64_t size)
{
	void *range;

	if (x->store_range)
		return size <= x->store_range ? 0 : -1;
	range = range_to_grow(size, &x->store_range);
	if (!range)
		return -1;
	if (old)
		memcpy(range, x->store, old);
	free(x->store);
	x->store = range;
	return 0;
}
#endif

/* Let an array grow; returns -1 where memory, or the disk, has no room. */
static int resize(struct search *x, enum file which, void **array, uint64_t old, uint64_t size)
{
	void *grown;

#ifdef __linux__
	if (in_file(x, which))
		return resize_file(x, which, array, old, size);
	if (which == STORE_FILE && (x->store_range || size >= HUGE_FROM)) {
		if (!grow_in_place(x, old, size))
			return 0;
		if (x->store_range)
			return -1;
	}
#endif
	(void)x, (void)which, (void)old;
	grown = realloc(*array, size);
	if (!grown)
		return -1;
	*array = grown;
	return 0;
}

static void drop(struct search *x, enum file which, void *array, uint64_t size)
{
#ifdef __linux__
	if (x->files[which]) {
		if (array)
			munmap(array, size);
		close((int)x->files[which] - 1);
		x->files[which] = 0;
		return;
	}
	if (which == STORE_FILE && x->store_range) {
		free_range(array, x->store_range);
		x->store_range = 0;
		return;
	}
#endif
	(void)x, (void)which, (void)size;
	free(array);
}

/* Take memory off what lies in files: the states of finished levels, or all where there is too much of it. */
static void give_back(const struct search *x)
{
#ifdef __linux__
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t done = x->levels[x->depth] * WORDS * 8 / page * page;

	if (x->prints && done)
		madvise(x->log, done, MADV_DONTNEED);
	if (in_file(x, STORE_FILE) && x->bytes + x->count * STRIDE > x->max_bytes)
		madvise(x->store, x->capacity * STRIDE, MADV_DONTNEED);
#else
	(void)x;
#endif
}
