/*
 * Growth of the store and of the table.
 */
#define FIRST_CAPACITY 4096
#define MOST_STATES 0xfffffff0u

/* Bytes of what is stored for a state. */
static uint64_t key_bytes(const struct search *x)
{
	return is_packed(x) ? KEY_BYTES(1) : KEY_BYTES(0);
}

/* The size of everything in memory, were the store and the table that large. */
static uint64_t footprint(const struct search *x, uint64_t capacity, const struct plan *plan)
{
	uint64_t bytes = plan_bytes(plan) + pack_bytes(x->pack);

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

static struct crew *working_crew(const struct search *x);
static int grow_together(struct search *x, const struct plan *plan);

static int grow_table(struct search *x, const struct plan *plan)
{
	struct crew *crew = working_crew(x);

	if (crew && plan->piece_bits)
		return grow_together(x, plan);
	if (plan->piece_bits != x->table.piece_bits)
		return split_table(&x->table, plan);
	for (uint64_t i = 0; i >> plan->piece_bits == 0; i++)
		if (plan->counts[i] != x->table.pieces[i].count && grow_piece(crew, &x->table, i, plan->counts[i]))
			return -1;
	return 0;
}

/* Note what there is, and what there is room for. */
static void note_room(struct search *x)
{
	struct plan plan = present_plan(&x->table);

	x->bytes = footprint(x, x->capacity, &plan);
	x->most_entries = x->most_position = ~(uint64_t)0;
	for (uint64_t i = 0; i >> plan.piece_bits == 0; i++) {
		uint64_t entries = most_entries(plan.counts[i], plan.piece_bits);
		uint64_t position = MASK(x->table.pieces[i].place_bits);

		x->most_entries = entries < x->most_entries ? entries : x->most_entries;
		x->most_position = position < x->most_position ? position : x->most_position;
	}
}

/* Room for n more states; sets `out_of_memory` and returns -1 where there is none. */
static int reserve(struct search *x, uint64_t n)
{
	uint64_t need = x->count + n;
	uint64_t capacity = x->capacity;
	struct plan plan;

	if (x->pack && reserve_pack(x->pack, n)) {
		x->out_of_memory = IN_MEMORY;
		return -1;
	}
	if (__builtin_expect(need <= capacity && need <= x->most_entries && need <= x->most_position, 1))
		return 0;
	while (need > capacity)
		capacity += (capacity / (capacity * key_bytes(x) < HUGE_FROM ? 2 : 16) + 511) & ~(uint64_t)511;
	plan = larger_plan(present_plan(&x->table), need, need, x->split_lines);
	x->out_of_memory = IN_MEMORY;
	if (need > MOST_STATES || footprint(x, capacity, &plan) > x->max_bytes)
		return -1;
	if ((capacity != x->capacity && grow_store(x, capacity)) || grow_table(x, &plan))
		return -1;
	note_room(x);
	x->out_of_memory = 0;
	return 0;
}

/* Room in the piece of a hash, whose lines are full as far as entries reach. */
static int widen(struct search *x, uint64_t h)
{
	uint64_t number = prefix_of(h) >> (PREFIX_BITS - x->table.piece_bits);
	struct plan plan = present_plan(&x->table);

	plan.counts[number] += plan.counts[number] / 2;
	if (footprint(x, x->capacity, &plan) > x->max_bytes || grow_piece(NULL, &x->table, number, plan.counts[number])) {
		x->out_of_memory = IN_MEMORY;
		return -1;
	}
	note_room(x);
	return 0;
}

/* A table of what is stored, by other keys; returns -1 if there is no memory for one as large as that which there is. */
static int table_of(const struct search *x, const uint64_t *keys, struct table *table)
{
	struct plan plan = present_plan(&x->table);

	if (new_pieces(table, &plan))
		return -1;
	for (uint64_t i = 0; i < x->count; i++) {
		uint64_t h = hash_key(x, keys + i, 1);

		while (enter_position(table, h, i)) {
			uint64_t number = prefix_of(h) >> (PREFIX_BITS - table->piece_bits);

			if (grow_piece(NULL, table, number, table->pieces[number].count * 3 / 2)) {
				free_pieces(table);
				return -1;
			}
		}
	}
	return 0;
}

/* Keep what is stored as roots from now on, if that takes so much less. Where it does not, it is not tried again. */
static int pack_store(struct search *x)
{
	uint8_t first[WIDEST];
	uint64_t s[WIDEST];
	uint64_t *roots;
	struct pack *pack;
	struct table table;

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
	if (!pack || !roots || table_of(x, roots, &table)) {
		free(roots);
		free_pack(pack);
		return 0;
	}
	drop(x, STORE_FILE, x->store, x->capacity * key_bytes(x));
	free_pieces(&x->table);
	x->table = table;
	x->store = (uint8_t *)roots;
	x->pack = pack;
	note_room(x);
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
	const struct plan plan = {{FIRST_LINES}, 0};

	x->levels_capacity = 64;
	x->levels = malloc(x->levels_capacity * 8);
	if (!x->levels || new_pieces(&x->table, &plan) || new_recent(x) || grow_store(x, FIRST_CAPACITY))
		return -1;
	note_room(x);
	return 0;
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
	free_pieces(&x->table);
	return 0;
}
