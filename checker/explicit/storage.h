/*
 * Growth of the store and of the table. The table is rebuilt from the store, so the old one is freed first.
 */
#define FIRST_TABLE_BITS 12
#define FIRST_CAPACITY 4096
#define MOST_STATES 0xfffffff0u

/* Bytes of what is stored for a state. */
static uint64_t key_bytes(const struct search *x)
{
	return is_packed(x) ? KEY_BYTES(1) : KEY_BYTES(0);
}

static uint64_t hash_stored(const struct search *x, uint64_t i)
{
	uint64_t key[WORDS];

	if (is_packed(x)) {
		read_key(x, key, x->store + i * 8, 1);
		return hash_key(x, key, 1);
	}
	read_key(x, key, x->store + i * STRIDE, 0);
	return hash_key(x, key, 0);
}

static int rebuild_together(struct search *x);

static void rebuild_table(struct search *x)
{
	uint64_t wrap = MASK(x->table_bits);

	if (rebuild_together(x))
		return;
	for (uint64_t first = 0; first < x->count; first += BATCH) {
		uint64_t last = first + BATCH < x->count ? first + BATCH : x->count;

		for (uint64_t i = first; i < last; i++) {
			x->hashes[i - first] = hash_stored(x, i);
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

/* The size of everything in memory, were the store and the table that large. */
static uint64_t footprint(const struct search *x, uint64_t capacity, uint64_t table_bits)
{
	uint64_t bytes = ((uint64_t)4 << table_bits) + pack_bytes(x->pack);

	if (!in_file(x, STORE_FILE))
		bytes += capacity * key_bytes(x);
	return in_file(x, QUIET_FILE) ? bytes : bytes + capacity / 8;
}

static int grow_store(struct search *x, uint64_t capacity)
{
	uint64_t each = key_bytes(x);

	if (resize(x, STORE_FILE, (void **)&x->store, x->capacity * each, capacity * each))
		return -1;
	if (resize(x, QUIET_FILE, (void **)&x->quiet, x->capacity / 8, capacity / 8))
		return -1;
	if (x->prints && resize(x, LOG_FILE, (void **)&x->log, x->capacity * WORDS * 8, capacity * WORDS * 8))
		return -1;
	memset((char *)x->quiet + x->capacity / 8, 0, (capacity - x->capacity) / 8);
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

/* Whether a table has room for so many entries, four slots in five, and for so large a position in each. */
static int has_room(uint64_t bits, uint64_t entries, uint64_t position)
{
	return entries * 5 <= (uint64_t)4 << bits && position <= MASK(bits);
}

/*
 * Room for n more states, of which some are entered in the table; sets `out_of_memory` and returns -1 where there is
 * none.
 */
static int reserve_some(struct search *x, uint64_t n, uint64_t entered)
{
	uint64_t need = x->count + n, used = x->count + entered;
	uint64_t capacity = x->capacity;
	uint64_t bits = x->table_bits;

	if (x->pack && reserve_pack(x->pack, n)) {
		x->out_of_memory = 1;
		return -1;
	}
	if (__builtin_expect(need <= capacity && has_room(bits, used, need), 1))
		return 0;
	while (need > capacity)
		capacity += (capacity / (capacity * key_bytes(x) < HUGE_FROM ? 2 : 16) + 511) & ~(uint64_t)511;
	while (!has_room(bits, used, need))
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

static int reserve(struct search *x, uint64_t n)
{
	return reserve_some(x, n, n);
}

/* Keep what is stored as roots from now on, if that takes so much less. Where it does not, it is not tried again. */
static int pack_store(struct search *x)
{
	uint8_t first[WIDEST];
	uint64_t s[WIDEST];
	uint64_t *roots;
	struct pack *pack;

	x->pack_after = ~(uint64_t)0;
	if (x->words > WIDEST)
		return 0;
	choose_split(x, first);
	pack = new_pack(x->words, first);
	roots = malloc(x->capacity * 8);
	for (uint64_t i = 0; pack && roots && i < x->count; i++) {
		load_state(x, i, s);
		roots[i] = reserve_pack(pack, 1) ? MISSING : root_of(pack, s, 1);
		if (roots[i] == MISSING ||
		    (i + 1 == x->count && 8 * i + pack_bytes(pack) > x->count * x->stride * x->pack_percent / 100)) {
			free(roots);
			roots = NULL;
		}
	}
	if (!pack || !roots) {
		free(roots);
		free_pack(pack);
		return 0;
	}
	drop(x, STORE_FILE, x->store, x->capacity * key_bytes(x));
	x->store = (uint8_t *)roots;
	x->pack = pack;
	memset(x->table, 0, (size_t)4 << x->table_bits);
	rebuild_table(x);
	x->bytes = footprint(x, x->capacity, x->table_bits);
	return 1;
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
	return x->table && x->levels && !new_recent(x) ? grow_store(x, FIRST_CAPACITY) : -1;
}

static int64_t forget_paths(struct search *x)
{
	free(x->marks);
	x->marks = NULL;
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
	drop(x, QUIET_FILE, x->quiet, x->capacity / 8);
	drop(x, STORE_FILE, x->store, x->capacity * key_bytes(x));
	drop(x, LOG_FILE, x->log, x->capacity * WORDS * 8);
	free(x->batch);
	free(x->recent);
	free(x->levels);
	free_pack(x->pack);
	if (x->table)
		free_table(x->table, x->table_bits);
	return 0;
}
