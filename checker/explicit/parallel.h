/*
 * A level by several threads, in rounds that leave store, table and counts as one thread would have left them.
 *
 * In a round members expand chunks of states and enter what they find into the table at once, without locks: a state
 * goes to the memory of its finder, then its number into an empty slot. Where several transitions lead to a new state,
 * it keeps the rank of the first, in the order in which one thread would have come to them. Then the new states go to the
 * store in the order of their ranks, and the table gets their positions.
 */
#define RANK_CHUNK 24 /* bits of a rank below the number of its chunk */
#define LEAST_ROOM 1024
#define MOST_ROOM 8192

static void lower_rank(struct member *member, uint64_t find, uint32_t rank)
{
	uint32_t *kept = &member->crew->finds[find].rank;
	uint32_t old = __atomic_load_n(kept, __ATOMIC_RELAXED);

	do
		if (old <= rank)
			return;
	while (!__atomic_compare_exchange_n(kept, &old, rank, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	if (member->lowered_count == member->lowered_capacity) {
		uint64_t capacity = member->lowered_capacity ? member->lowered_capacity * 2 : 256;
		struct lowered *lowered = realloc(member->lowered, capacity * sizeof(*lowered));

		if (!lowered) {
			member->failed = 1;
			return;
		}
		member->lowered = lowered;
		member->lowered_capacity = capacity;
	}
	member->lowered[member->lowered_count++] = (struct lowered){rank, (uint32_t)find};
}

/* Put a find into an empty slot; returns 0 if that is not empty any more. */
INLINE int enter_new(struct search *x, const uint64_t *s, const uint64_t *key, struct line *line, int slot,
		     uint64_t prefix, uint32_t rank, int packed)
{
	struct member *member = (struct member *)x;
	const struct crew *crew = member->crew;
	uint64_t find = member->find_count;
	uint64_t position = x->count + crew->room + find;
	uint8_t empty = 0;

	if (find == member->find_limit) {
		member->failed = 1;
		return 1;
	}
	if (!__atomic_compare_exchange_n(line->tags + slot, &empty, tag_of(prefix), 0, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return 0;
	__builtin_prefetch(crew->finds + find + 16, 1);
	__builtin_prefetch(x->store + (position + 16) * KEY_BYTES(packed), 1);
	crew->finds[find] = (struct find){line->places + slot, (uint32_t)member->chunk, rank};
	write_key(x, x->store + position * KEY_BYTES(packed), key, packed);
	if (packed && x->prints)
		copy(x, x->log + position * WORDS, s);
	__atomic_store_n(line->places + slot, above(piece_of(&x->table, prefix), prefix) | (uint32_t)(position + 1),
			 __ATOMIC_RELEASE);
	member->find_count++;
	x->fresh |= check_state(x, s);
	return 1;
}

/* What looking successors up reads of a search that does not change meanwhile, for the compiler to know. */
struct view {
	const uint8_t *store;
	const struct find *finds;
	uint64_t first_find; /* its position */
	uint64_t room;
};

/* A transition leads to a state that is known. */
INLINE void meet_known(struct search *x, const struct view view, uint64_t position, uint32_t rank)
{
	uint64_t find = position - view.first_find;

	find = find < view.room ? find : view.room;
	if (__builtin_expect(rank < __atomic_load_n(&view.finds[find].rank, __ATOMIC_RELAXED), 0))
		lower_rank((struct member *)x, find, rank);
}

/* Enter a successor where it is missing. */
INLINE void enter(struct search *x, const struct view view, const uint64_t *s, const uint64_t *key, uint64_t h,
		  uint32_t rank, int packed)
{
	uint64_t prefix = prefix_of(h);
	const struct piece *piece = piece_of(&x->table, prefix);
	uint32_t upper = above(piece, prefix), mask = positions(piece);
	struct line *first = home(&x->table, piece, prefix);

	for (uint64_t try = 0; try < REACH;) {
		struct line *line = first + way(prefix, try);
		uint32_t look = compare_tags(line, tag_of(prefix));

		for (uint32_t same = look & ALL_SLOTS; same; same &= same - 1) {
			uint32_t place = place_in(line, __builtin_ctz(same));
			uint64_t position = (uint64_t)(place & mask) - 1;

			if ((place & ~mask) == upper && is_key(x, view.store + position * KEY_BYTES(packed), key, packed)) {
				meet_known(x, view, position, rank);
				return;
			}
		}
		if (look >> 16 == ALL_SLOTS)
			try++;
		else if (enter_new(x, s, key, line, __builtin_ctz(~(look >> 16)), prefix, rank, packed))
			return;
	}
	((struct member *)x)->failed = 1;
}

INLINE void enter_batch(struct search *x, const uint64_t *keys, uint64_t n, uint32_t rank, int packed)
{
	const struct crew *crew = x->crew;
	const struct view view = {x->store, crew->finds, x->count + crew->room, crew->room};

	prefetch_keys(x, n, packed);
	for (uint64_t i = 0; i < n; i++, rank++) {
		const uint64_t *key = keys + i * KEY_WORDS(packed);
		uint64_t position = (uint64_t)x->likely[i];

		if (x->likely[i] >= 0 && is_key(x, view.store + position * KEY_BYTES(packed), key, packed))
			meet_known(x, view, position, rank);
		else
			enter(x, view, x->batch + i * WORDS, key, x->hashes[i], rank, packed);
	}
}

/* `x` is the search of a member. */
static void take_finds(struct search *x, uint64_t n)
{
	struct member *member = (struct member *)x;
	uint64_t done = x->transitions - member->done_before;
	uint32_t rank = (uint32_t)(member->chunk << RANK_CHUNK | done);

	x->transitions += n;
	n = drop_recent(x, n);
	if (x->transitions - member->done_before > MASK(RANK_CHUNK) || (is_packed(x) && !find_roots(x, n, 1)))
		member->failed = 1;
	else if (is_packed(x))
		enter_batch(x, x->roots, n, rank, 1);
	else
		enter_batch(x, x->batch, n, rank, 0);
}

static uint64_t *expand_next(struct search *x, uint64_t *out);

/*
 * Whether a member has numbers left for what a chunk is likely to find, twice as much as any has so far; if it has not,
 * the round ends earlier. One that has used few has some in any case.
 */
static int has_numbers(const struct member *member)
{
	uint64_t each = member->crew->room / member->crew->size, left = member->find_limit - member->find_count;

	return left >= each / 2 || left >= 2 * member->most_finds;
}

static void expand_chunks(struct member *member)
{
	struct search *x = &member->search;
	struct chunk *chunk;

	while (!member->failed && has_numbers(member) && (chunk = next_chunk(member->crew))) {
		uint64_t *out = x->batch;

		chunk->member = member->number;
		chunk->start = member->find_count;
		member->done_before = x->transitions;
		member->chunk = (uint64_t)(chunk - member->crew->chunks);
		for (x->cursor = chunk->first; x->cursor < chunk->last;)
			out = expand_next(x, out);
		take(x, out);
		chunk->count = member->find_count - chunk->start;
		member->most_finds = chunk->count > member->most_finds ? chunk->count : member->most_finds;
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct lowered *first = a, *second = b;

	return first->rank < second->rank ? -1 : first->rank > second->rank;
}

static void place(struct search *x, uint64_t find, uint64_t position)
{
	const struct crew *crew = x->crew;
	uint64_t found_at = x->count + crew->room + find;

	if (is_packed(x))
		copy_key(x, position, found_at, 1);
	else
		copy_key(x, position, found_at, 0);
	if (x->prints)
		copy(x, x->log + position * WORDS, x->log + found_at * WORDS);
	*crew->finds[find].place -= (uint32_t)(found_at - position);
}

/* Store the new states of a chunk, and let the table say where. */
static void place_chunk(struct search *x, const struct chunk *chunk)
{
	const struct crew *crew = x->crew;
	struct lowered *come = crew->come + chunk->come_start, *end = come + chunk->come;
	uint64_t number = (uint64_t)(chunk - crew->chunks);
	uint64_t position = chunk->position;

	if (chunk->come)
		qsort(come, chunk->come, sizeof(*come), by_rank);
	for (uint64_t i = chunk->start; i < chunk->start + chunk->count; i++) {
		uint32_t rank = crew->finds[i].rank;

		__builtin_prefetch(crew->finds[i + 8 < crew->room ? i + 8 : i].place, 1);
		if (rank >> RANK_CHUNK != number)
			continue;
		for (; come < end && come->rank < rank; come++)
			place(x, come->find, position++);
		place(x, i, position++);
	}
	for (; come < end; come++)
		place(x, come->find, position++);
}

/* The same of all: first those that a member has in its own cache, then what others have not come to. */
static void place_chunks(struct member *member)
{
	struct crew *crew = member->crew;

	for (int others = 0; others < 2; others++)
		for (uint64_t c = 0; c < crew->chunk_count; c++) {
			struct chunk *chunk = crew->chunks + c;

			if ((chunk->member == member->number) != others &&
			    !__atomic_exchange_n(&chunk->placed, 1, __ATOMIC_RELAXED))
				place_chunk(&member->search, chunk);
		}
}

/* Give finds to the chunks that came to them first; returns -1 where memory lacks. */
static int sort_lowered(struct crew *crew)
{
	uint64_t total = 0;

	for (uint64_t c = 0; c < crew->chunk_count; c++)
		crew->chunks[c].left = crew->chunks[c].come = 0;
	for (uint64_t m = 0; m < crew->size; m++) {
		struct member *member = crew->members + m;
		uint64_t kept = 0;

		for (uint64_t i = 0; i < member->lowered_count; i++) {
			struct lowered lowered = member->lowered[i];

			if (crew->finds[lowered.find].rank != lowered.rank)
				continue;
			crew->chunks[crew->finds[lowered.find].chunk].left++;
			crew->chunks[lowered.rank >> RANK_CHUNK].come++;
			member->lowered[kept++] = lowered;
		}
		member->lowered_count = kept;
		total += kept;
	}
	if (total > crew->come_capacity) {
		free(crew->come);
		crew->come = malloc(2 * total * sizeof(*crew->come));
		crew->come_capacity = crew->come ? 2 * total : 0;
		if (!crew->come)
			return -1;
	}
	for (uint64_t c = 0, start = 0; c < crew->chunk_count; start += crew->chunks[c++].come)
		crew->chunks[c].come_start = start;
	for (uint64_t c = 0; c < crew->chunk_count; c++)
		crew->chunks[c].come = 0;
	for (uint64_t m = 0; m < crew->size; m++)
		for (uint64_t i = 0; i < crew->members[m].lowered_count; i++) {
			struct lowered lowered = crew->members[m].lowered[i];
			struct chunk *chunk = crew->chunks + (lowered.rank >> RANK_CHUNK);

			crew->come[chunk->come_start + chunk->come++] = lowered;
		}
	return 0;
}

static void assign_positions(struct search *x)
{
	struct crew *crew = x->crew;
	uint64_t position = x->count;

	for (uint64_t c = 0; c < crew->chunk_count; c++) {
		struct chunk *chunk = crew->chunks + c;

		chunk->position = position;
		chunk->placed = 0;
		position += chunk->count - chunk->left + chunk->come;
	}
}

static void note_found(struct search *x, uint64_t properties, uint64_t depth);

/* Add what the members have counted and found. */
static void merge_members(struct search *x)
{
	struct crew *crew = x->crew;

	for (uint64_t m = 0; m < crew->size; m++) {
		struct search *own = &crew->members[m].search;

		x->transitions += own->transitions;
		x->problems += own->problems;
		x->suspects += own->suspects;
		x->violated |= own->violated;
		x->fresh |= own->fresh;
		note_found(x, own->found, x->depth);
		for (uint64_t i = 0; i < x->fired_count; i++)
			x->fired[i] |= own->fired[i];
	}
}

static uint64_t any_fault(const struct crew *crew)
{
	uint64_t fault = 0;

	for (uint64_t m = 0; m < crew->size; m++)
		fault |= crew->members[m].search.fault;
	return fault;
}

/* Finds of a member. */
static uint64_t first_find(const struct crew *crew, uint64_t member)
{
	return member * (crew->room / crew->size);
}

/* Take everything out of the table that a round has entered. */
static void forget_round(struct search *x)
{
	struct crew *crew = x->crew;

	for (uint64_t m = 0; m < crew->size; m++)
		for (uint64_t i = first_find(crew, m); i < crew->members[m].find_count; i++)
			clear_place(crew->finds[i].place);
}

/* Room for what a round may find; about a quarter of what is stored, so that little is grown for nothing. */
static int make_room(struct search *x)
{
	struct crew *crew = x->crew;
	uint64_t room = LEAST_ROOM;

	while (room < MOST_ROOM && room < x->count / 4)
		room *= 2;
	room *= crew->size;
	if (room > crew->room_allocated) {
		free(crew->finds);
		crew->room_allocated = 0;
		crew->finds = calloc(room + 1, sizeof(*crew->finds));
		if (!crew->finds)
			return -1;
		crew->room_allocated = room;
	}
	crew->room = room;
	crew->finds[room].rank = 0;
	return reserve_some(x, 2 * room, room);
}

/* Pieces of the table that are to grow. */
static void grow_pieces(struct member *member)
{
	struct crew *crew = member->crew;
	struct search *x = crew->caller;
	uint64_t number;

	while ((number = __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED)) < PIECES)
		if (crew->plan->counts[number] != x->table.pieces[number].count &&
		    grow_piece(&x->table, number, crew->plan->counts[number]))
			member->failed = 1;
}

static int any_failed(const struct crew *crew);

static int crew_works(const struct search *x)
{
	return x->crew && ((const struct crew *)x->crew)->running;
}

static int grow_together(struct search *x, const struct plan *plan)
{
	struct crew *crew = x->crew;

	crew->plan = plan;
	for (uint64_t m = 0; m < crew->size; m++)
		crew->members[m].failed = 0;
	do_together(crew, grow_pieces);
	return any_failed(crew) ? -1 : 0;
}

static int any_failed(const struct crew *crew)
{
	for (uint64_t m = 0; m < crew->size; m++)
		if (crew->members[m].failed)
			return 1;
	return 0;
}

static uint64_t count_finds(const struct crew *crew)
{
	uint64_t total = 0;

	for (uint64_t m = 0; m < crew->size; m++)
		total += crew->members[m].find_count - first_find(crew, m);
	return total;
}

/* Choose how many chunks the next round has, for it to find half of what there is room for. */
static void tune_round(struct crew *crew, uint64_t total, int failed)
{
	if ((failed || 2 * total > crew->room) && crew->round_chunks > 1)
		crew->round_chunks /= 2;
	else if (4 * total < crew->room && crew->round_chunks < MOST_CHUNKS)
		crew->round_chunks *= 2;
}

/*
 * Expand some states from `cursor` on. Returns -1, with nothing changed, where a limit may be met: the states before
 * `serial_until` are then to be expanded one by one.
 */
static int run_round(struct search *x, uint64_t last)
{
	struct crew *crew = x->crew;
	uint64_t total;
	int full = x->count >= x->max_states || make_room(x);

	last = cut_chunks(x, x->cursor, last);
	crew->serial_until = last;
	if (full) {
		x->out_of_memory = 0;
		return -1;
	}
	brief_all(x, FIND);
	do_together(crew, expand_chunks);
	if (crew->next < crew->chunk_count) {
		crew->chunk_count = crew->next;
		crew->serial_until = last = crew->chunks[crew->next - 1].last;
	}
	total = count_finds(crew);
	x->fault |= any_fault(crew);
	if (x->fault)
		return 0;
	tune_round(crew, total, any_failed(crew));
	if (any_failed(crew) || x->count + total >= x->max_states || sort_lowered(crew)) {
		forget_round(x);
		return -1;
	}
	assign_positions(x);
	do_together(crew, place_chunks);
	merge_members(x);
	x->count += total;
	x->cursor = last;
	return 0;
}
