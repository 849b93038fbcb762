/*
 * Memory: tables of slots, zeroed; and arrays that grow, some of them in files that nobody else sees, which the kernel
 * moves to the disk and back as it needs the memory.
 */
#ifdef __linux__
#include <sys/mman.h>
#endif

/* A zeroed table; huge pages spare most of the address translation misses of random probes. */
static uint32_t *new_table(uint64_t bits)
{
	size_t size = (size_t)4 << bits;
#ifdef __linux__
	if (size >= (size_t)4 << 20) {
		void *table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (table == MAP_FAILED)
			return NULL;
		madvise(table, size, MADV_HUGEPAGE);
		return table;
	}
#endif
	return calloc(1, size);
}

static void free_table(uint32_t *table, uint64_t bits)
{
#ifdef __linux__
	if (((size_t)4 << bits) >= (size_t)4 << 20) {
		munmap(table, (size_t)4 << bits);
		return;
	}
#endif
	(void)bits;
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
#include <unistd.h>

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

static int resize_file(struct search *x, enum file which, uint64_t **array, uint64_t old, uint64_t size)
{
	void *grown;

	if (!x->files[which])
		x->files[which] = open_file(x->folder) + 1;
	/* Blocks are reserved now: a disk that is full must be met here, and not at a write to memory. */
	if (!x->files[which] || posix_fallocate((int)x->files[which] - 1, (off_t)old, (off_t)(size - old)))
		return -1;
	grown = *array ? mremap(*array, old, size, MREMAP_MAYMOVE)
		       : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)x->files[which] - 1, 0);
	if (grown == MAP_FAILED)
		return -1;
	*array = grown;
	return 0;
}
#endif

/* Let an array grow; returns -1 where memory, or the disk, has no room. */
static int resize(struct search *x, enum file which, uint64_t **array, uint64_t old, uint64_t size)
{
	uint64_t *grown;

#ifdef __linux__
	if (in_file(x, which))
		return resize_file(x, which, array, old, size);
#endif
	(void)x, (void)which, (void)old;
	grown = realloc(*array, size);
	if (!grown)
		return -1;
	*array = grown;
	return 0;
}

static void drop(struct search *x, enum file which, uint64_t *array, uint64_t size)
{
#ifdef __linux__
	if (x->files[which]) {
		if (array)
			munmap(array, size);
		close((int)x->files[which] - 1);
		x->files[which] = 0;
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
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), each = WORDS * 8;
	uint64_t done = x->levels[x->depth] * each / page * page;

	if (x->prints && done)
		madvise(x->log, done, MADV_DONTNEED);
	if (in_file(x, STORE_FILE) && x->bytes + x->count * each > x->max_bytes)
		madvise(x->store, x->capacity * each, MADV_DONTNEED);
#else
	(void)x;
#endif
}
