/*
 * Growth of the store and of the table. The table is rebuilt from the store, so the old one is freed first.
 */
#ifdef __linux__
#include <sys/mman.h>
#endif

#define FIRST_TABLE_BITS 12
#define FIRST_CAPACITY 4096
#define MOST_STATES 0xfffffff0u

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

static void rebuild_table(struct search *x)
{
	uint64_t wrap = MASK(x->table_bits);

	for (uint64_t first = 0; first < x->count; first += BATCH) {
		uint64_t last = first + BATCH < x->count ? first + BATCH : x->count;

		for (uint64_t i = first; i < last; i++) {
			x->hashes[i - first] = hash_of(x, x->store + i * WORDS);
			__builtin_prefetch(x->table + home(x, x->hashes[i - first]), 1);
		}
		for (uint64_t i = first; i < last; i++) {
			uint64_t slot = home(x, x->hashes[i - first]);

			while (x->table[slot])
				slot = (slot + 1) & wrap;
			x->table[slot] = tag_of(x, x->hashes[i - first]) | (uint32_t)(i + 1);
		}
	}
}

/* The size of everything, were the store and the table that large. */
static uint64_t footprint(const struct search *x, uint64_t capacity, uint64_t table_bits)
{
	return capacity * x->words * 8 + capacity / 8 + ((uint64_t)4 << table_bits);
}

static int grow_store(struct search *x, uint64_t capacity)
{
	uint64_t *store = realloc(x->store, capacity * WORDS * 8);
	uint64_t *quiet;

	if (!store)
		return -1;
	x->store = store;
	quiet = realloc(x->quiet, capacity / 8);
	if (!quiet)
		return -1;
	memset((char *)quiet + x->capacity / 8, 0, (capacity - x->capacity) / 8);
	x->quiet = quiet;
	x->capacity = capacity;
	return 0;
}

static int grow_table(struct search *x, uint64_t bits)
{
	uint32_t *table;

	free_table(x->table, x->table_bits);
	table = new_table(bits);
	if (!table) {
		table = new_table(x->table_bits);
		x->table = table;
		if (table)
			rebuild_table(x);
		return -1;
	}
	x->table_bits = bits;
	x->table = table;
	rebuild_table(x);
	return 0;
}

/* Room for n more states, at most four slots in five used; sets `out_of_memory` and returns -1 where there is none. */
static int reserve(struct search *x, uint64_t n)
{
	uint64_t need = x->count + n;
	uint64_t capacity = x->capacity;
	uint64_t bits = x->table_bits;

	if (__builtin_expect(need <= capacity && need * 5 <= (uint64_t)4 << bits, 1))
		return 0;
	while (need > capacity)
		capacity += capacity / 2 & ~(uint64_t)511;
	while (need * 5 > (uint64_t)4 << bits)
		bits++;
	x->out_of_memory = 1;
	if (need > MOST_STATES || bits > 32 || footprint(x, capacity, bits) > x->max_bytes)
		return -1;
	if (capacity != x->capacity && grow_store(x, capacity))
		return -1;
	if (bits != x->table_bits && grow_table(x, bits))
		return -1;
	x->bytes = footprint(x, x->capacity, x->table_bits);
	x->out_of_memory = 0;
	return 0;
}

static int add_level(struct search *x)
{
	if (x->depth + 3 > x->levels_capacity) {
		uint64_t *levels = realloc(x->levels, x->levels_capacity * 16);

		if (!levels)
			return -1;
		x->levels = levels;
		x->levels_capacity *= 2;
	}
	x->levels[x->depth + 2] = x->count;
	return 0;
}

static int open_storage(struct search *x)
{
	x->table_bits = FIRST_TABLE_BITS;
	x->table = new_table(x->table_bits);
	x->levels_capacity = 64;
	x->levels = malloc(x->levels_capacity * 8);
	return x->table && x->levels ? grow_store(x, FIRST_CAPACITY) : -1;
}

static int64_t forget_paths(struct search *x)
{
	free(x->cost);
	free(x->who);
	x->cost = NULL;
	x->who = NULL;
	return 0;
}

static void forget_stuck(struct search *x)
{
	free(x->edge_first);
	free(x->edges);
	free(x->queue);
	x->edge_first = x->edges = x->queue = NULL;
}

static void free_crew(struct search *x);

static int64_t close_search(struct search *x)
{
	free_crew(x);
	forget_paths(x);
	forget_stuck(x);
	free(x->live);
	free(x->quiet);
	free(x->batch);
	free(x->levels);
	free(x->store);
	if (x->table)
		free_table(x->table, x->table_bits);
	return 0;
}
