/*
 * Tables of slots, zeroed.
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
