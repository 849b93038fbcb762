/*
 * A level by several threads, in rounds that leave store, table and counts as one thread would have left them.
 *
 * A round has three jobs. Members expand chunks of states and look successors up in a table that nobody changes; each
 * keeps a log of what it misses there. Then each part of the table is one member's, who enters what is missing from it in
 * the order in which one thread would have come to it: of equal states the first one counts. Then it is known how many new
 * states come before each, and they go from the logs to the store, and their positions into the table. So no line of the
 * table is changed by two members in one round, and nothing is locked.
 */
#define LEAST_ROOM 1024
#define MOST_ROOM 16384
#define AHEAD 16 /* finds for whose places memory is asked before */

/* The part of the table that a hash belongs to: one of its pieces, if there are several. */
INLINE uint64_t part_of(uint64_t h)
{
	return h >> (64 - PIECE_BITS);
}

static const struct piece *piece_of_part(const struct table *table, uint64_t part)
{
	return table->pieces + (table->piece_bits ? part : 0);
}

/* Where the lines of a part end. Those before belong to it alone. */
static const struct line *end_of_part(const struct table *table, uint64_t part)
{
	const struct piece *piece = piece_of_part(table, part);

	if (table->piece_bits || part + 1 == PARTS)
		return piece->lines + piece->count + REACH;
	return piece->lines + ((part + 1) * piece->count >> PIECE_BITS);
}

/* The place of a find, in sixteenths of the lines of its piece. */
INLINE uint32_t *place_at(const struct piece *piece, uint32_t at)
{
	return piece->lines[at >> 4].places + (at & 15);
}

/* What tells where an entry of the logs belongs: the prefix of its hash, above its number. */
INLINE uint64_t record_of(uint64_t h, uint64_t entry)
{
	return prefix_of(h) << 32 | entry;
}

/* Put into the log that a state is missing from the table. */
INLINE void log_missing(struct search *x, const uint64_t *s, const uint64_t *key, uint64_t h, int packed)
{
	struct member *member = (struct member *)x;
	const struct crew *crew = member->crew;
	uint64_t entry = member->logged, part = part_of(h);

	if (entry == member->log_limit || member->record_counts[part] == crew->part_room) {
		member->failed = 1;
		return;
	}
	member->records[part * crew->part_room + member->record_counts[part]++] = record_of(h, entry);
	for (uint64_t i = 0; i < KEY_WORDS(packed); i++)
		crew->keys[entry * KEY_WORDS(packed) + i] = key[i];
	if (packed && x->prints)
		copy(x, crew->states + entry * WORDS, s);
	member->logged++;
	x->fresh |= check_state(x, s);
}

INLINE void log_batch(struct search *x, const uint64_t *keys, uint64_t n, int packed)
{
	prefetch_keys(x, n, packed);
	for (uint64_t i = 0; i < n; i++) {
		const uint64_t *key = keys + i * KEY_WORDS(packed);

		if (x->likely[i] == ABSENT ||
		    (!is_likely(x, key, i, packed) && position_of(x, key, x->hashes[i], packed) < 0))
			log_missing(x, x->batch + i * WORDS, key, x->hashes[i], packed);
	}
}

/* `x` is the search of a member. */
static void take_finds(struct search *x, uint64_t n)
{
	x->transitions += n;
	n = drop_recent(x, n);
	if (!is_packed(x))
		log_batch(x, x->batch, n, 0);
	else if (find_roots(x, n, 1))
		log_batch(x, x->roots, n, 1);
	else
		((struct member *)x)->failed = 1;
}

static uint64_t *expand_next(struct search *x, uint64_t *out);
static void keep_quiet(struct search *x);

/*
 * Whether a member's log has room left for what a chunk is likely to find, twice as much as any has so far; if it has
 * not, the round ends earlier. One that has used little has some in any case.
 */
static int has_room_left(const struct member *member)
{
	uint64_t left = member->log_limit - member->logged;

	return left >= member->crew->room / 2 || left >= 2 * member->most_logged + 64;
}

static void expand_chunks(struct member *member)
{
	struct search *x = &member->search;
	struct chunk *chunk;

	while (!member->failed && has_room_left(member) && (chunk = next_chunk(member->crew))) {
		uint64_t *out = x->batch;

		/* The bits of two chunks are never in one word. */
		member->logged = (member->logged + 63) & ~(uint64_t)63;
		chunk->member = member->number;
		chunk->start = member->logged;
		memcpy(chunk->first_record, member->record_counts, sizeof(chunk->first_record));
		for (x->cursor = chunk->first; x->cursor < chunk->last;)
			out = expand_next(x, out);
		keep_quiet(x);
		take(x, out);
		chunk->end = member->logged;
		memcpy(chunk->last_record, member->record_counts, sizeof(chunk->last_record));
		if (chunk->end - chunk->start > member->most_logged)
			member->most_logged = chunk->end - chunk->start;
	}
}

enum entering { KNOWN, ENTERED, POSTPONED, FULL };

/* What entering into a part needs: a copy, which compilers know not to be changed where a tag is written. */
struct entrance {
	struct piece piece;
	uint64_t bits; /* of prefixes within the piece */
	const struct line *end; /* of the lines that may be changed */
	uint64_t count; /* of states when the round began */
	struct find *finds;
	const uint64_t *keys;
	uint64_t *fresh;
};

static struct entrance entrance_of(const struct member *member, uint64_t part, const struct line *end)
{
	const struct table *table = &member->search.table;

	return (struct entrance){
		.piece = *piece_of_part(table, part),
		.bits = PREFIX_BITS - table->piece_bits,
		.end = end,
		.count = member->search.count,
		.finds = member->crew->finds,
		.keys = member->crew->keys,
		.fresh = member->fresh,
	};
}

/*
 * Enter what is missing as that find, if it is not the same as an earlier one. One that would lie in lines from the end on
 * is postponed.
 */
INLINE enum entering enter(const struct search *x, const struct entrance *e, uint64_t number, uint64_t record, int packed)
{
	uint64_t prefix = record >> 32;
	uint32_t entry = (uint32_t)record;
	uint32_t upper = above(&e->piece, prefix), mask = positions(&e->piece);
	struct line *first = home_in(&e->piece, e->bits, prefix);

	for (uint64_t try = 0; try < REACH; try++) {
		struct line *line = first + way(prefix, try);
		uint32_t look;

		if (line >= e->end) {
			e->finds[number] = (struct find){NOWHERE, entry};
			return POSTPONED;
		}
		look = compare_tags(line, tag_of(prefix));
		for (uint32_t same = look & ALL_SLOTS; same; same &= same - 1) {
			uint32_t place = line->places[__builtin_ctz(same)];
			uint64_t position = (uint64_t)(place & mask) - 1;

			if ((place & ~mask) == upper && position >= e->count &&
			    same_key(x, e->keys + e->finds[position - e->count].entry * KEY_WORDS(packed),
				     e->keys + entry * KEY_WORDS(packed), packed))
				return KNOWN;
		}
		if (look >> 16 != ALL_SLOTS) {
			uint32_t slot = (uint32_t)__builtin_ctz(~(look >> 16));

			line->tags[slot] = tag_of(prefix);
			line->places[slot] = upper | (uint32_t)(e->count + number + 1);
			e->finds[number] = (struct find){(uint32_t)(line - e->piece.lines) << 4 | slot, entry};
			e->fresh[entry >> 6] |= (uint64_t)1 << (entry & 63);
			return ENTERED;
		}
	}
	return FULL;
}

struct records {
	const uint64_t *first;
	uint64_t count;
};

static struct records records_of(const struct crew *crew, const struct chunk *chunk, uint64_t part)
{
	const uint64_t *all = crew->members[chunk->member].records + part * crew->part_room;

	return (struct records){all + chunk->first_record[part], chunk->last_record[part] - chunk->first_record[part]};
}

/* Enter a chunk's records of a part; returns -1 where lines are full as far as entries reach. */
INLINE int enter_records(const struct search *x, const struct entrance *e, struct part *part, struct records records,
			 int packed)
{
	for (uint64_t i = 0; i < records.count; i++) {
		enum entering done = enter(x, e, part->first_find + part->find_count, records.first[i], packed);

		if (__builtin_expect(done == FULL, 0))
			return -1;
		part->find_count += done != KNOWN;
		part->postponed += done == POSTPONED;
	}
	return 0;
}

INLINE void prefetch_records(const struct entrance *e, struct records records)
{
	for (uint64_t i = 0; i < records.count; i++)
		__builtin_prefetch(home_in(&e->piece, e->bits, records.first[i] >> 32), 1);
}

/* Enter what is missing from a part; while a chunk's records are entered, memory brings the lines for the next one's. */
INLINE void enter_part(struct member *member, uint64_t number, int packed)
{
	struct crew *crew = member->crew;
	const struct search *x = &member->search;
	const struct entrance entrance = entrance_of(member, number, end_of_part(&x->table, number));
	struct part part = {.first_find = crew->parts[number].first_find};
	struct records last = {NULL, 0};
	int failed = 0;

	for (uint64_t c = 0; c < crew->chunk_count && !failed; c++) {
		struct records next = records_of(crew, crew->chunks + c, number);

		prefetch_records(&entrance, next);
		failed = enter_records(x, &entrance, &part, last, packed);
		last = next;
	}
	if (failed || enter_records(x, &entrance, &part, last, packed))
		member->failed = 1;
	crew->parts[number].find_count = part.find_count;
	crew->parts[number].postponed = part.postponed;
}

/* Whether a member is the first that claims something. */
static int claim(uint64_t *claimed)
{
	return !__atomic_exchange_n(claimed, 1, __ATOMIC_RELAXED);
}

/* A part for a member to claim after so many others: it begins with those that it had in the last round. */
static uint64_t some_part(const struct member *member, uint64_t others)
{
	return (member->number * PARTS / member->crew->size + others) % PARTS;
}

static void enter_parts(struct member *member)
{
	for (uint64_t i = 0; i < PARTS && !member->failed; i++) {
		uint64_t number = some_part(member, i);

		if (!claim(&member->crew->parts[number].claimed))
			continue;
		if (is_packed(&member->search))
			enter_part(member, number, 1);
		else
			enter_part(member, number, 0);
	}
}

/* Enter, alone, the finds of a part that are postponed. */
INLINE void enter_postponed(struct member *member, const struct part *part, int packed)
{
	const struct search *x = &member->search;
	const struct crew *crew = member->crew;
	const struct entrance entrance =
		entrance_of(member, (uint64_t)(part - crew->parts), end_of_part(&x->table, PARTS - 1));

	for (uint64_t i = part->first_find; part->postponed && i < part->first_find + part->find_count; i++) {
		uint64_t entry = crew->finds[i].entry, h;

		if (crew->finds[i].at != NOWHERE)
			continue;
		h = hash_key(x, crew->keys + entry * KEY_WORDS(packed), packed);
		if (enter(x, &entrance, i, record_of(h, entry), packed) == FULL)
			member->failed = 1;
	}
}

/* Let members enter what is missing; returns -1 where one had no room. */
static int enter_all(struct crew *crew)
{
	for (uint64_t p = 0, first = 0; p < PARTS; p++) {
		crew->parts[p] = (struct part){.first_find = first};
		for (uint64_t m = 0; m < crew->size; m++)
			first += crew->members[m].record_counts[p];
	}
	do_together(crew, enter_parts);
	for (uint64_t p = 0; p < PARTS; p++)
		if (is_packed(crew->caller))
			enter_postponed(crew->members, crew->parts + p, 1);
		else
			enter_postponed(crew->members, crew->parts + p, 0);
	return any_failed(crew) ? -1 : 0;
}

/* Add up how many new states there are up to each entry; returns how many there are. */
static uint64_t assign_positions(struct search *x)
{
	struct crew *crew = x->crew;
	uint64_t position = x->count;

	for (uint64_t c = 0; c < crew->chunk_count; c++)
		for (uint64_t i = crew->chunks[c].start >> 6; i < (crew->chunks[c].end + 63) >> 6; i++) {
			uint64_t fresh = 0;

			for (uint64_t m = 0; m < crew->size; m++) {
				fresh |= crew->members[m].fresh[i];
				crew->members[m].fresh[i] = 0;
			}
			crew->fresh[i] = fresh;
			crew->positions[i] = (uint32_t)position;
			position += (uint64_t)__builtin_popcountll(fresh);
		}
	return position - x->count;
}

/* Store the new states of a chunk. */
static void place_chunk(struct search *x, const struct chunk *chunk)
{
	const struct crew *crew = x->crew;

	for (uint64_t i = chunk->start >> 6; i < (chunk->end + 63) >> 6; i++) {
		uint64_t position = crew->positions[i];

		for (uint64_t left = crew->fresh[i]; left; left &= left - 1, position++) {
			uint64_t entry = i << 6 | (uint64_t)__builtin_ctzll(left);

			if (is_packed(x))
				write_key(x, x->store + position * KEY_BYTES(1), crew->keys + entry, 1);
			else
				write_key(x, x->store + position * KEY_BYTES(0), crew->keys + entry * WORDS, 0);
			if (x->prints)
				copy(x, x->log + position * WORDS, crew->states + entry * WORDS);
		}
	}
}

/* Let a part of the table say where the new states are. */
static void place_part(const struct search *x, uint64_t number)
{
	const struct crew *crew = x->crew;
	const struct piece *piece = piece_of_part(&x->table, number);
	uint64_t known = x->count, end = crew->parts[number].first_find + crew->parts[number].find_count;

	for (uint64_t i = crew->parts[number].first_find; i < end; i++) {
		struct find find = crew->finds[i];
		uint64_t before = crew->fresh[find.entry >> 6] & (((uint64_t)1 << (find.entry & 63)) - 1);
		uint32_t position = crew->positions[find.entry >> 6] + (uint32_t)__builtin_popcountll(before);

		if (i + AHEAD < end && crew->finds[i + AHEAD].at != NOWHERE)
			__builtin_prefetch(place_at(piece, crew->finds[i + AHEAD].at), 1);
		if (find.at != NOWHERE)
			*place_at(piece, find.at) += position - (uint32_t)(known + i);
	}
}

/* All that is new: first what a member has in its own cache, then what others have not come to. */
static void place_all(struct member *member)
{
	struct crew *crew = member->crew;

	for (int others = 0; others < 2; others++)
		for (uint64_t c = 0; c < crew->chunk_count; c++)
			if ((crew->chunks[c].member == member->number) != others && claim(&crew->chunks[c].claimed))
				place_chunk(&member->search, crew->chunks + c);
	for (uint64_t i = 0; i < PARTS; i++) {
		uint64_t number = some_part(member, i);

		if (claim(&crew->parts[number].claimed))
			place_part(&member->search, number);
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

/* Take everything out of the table that a round has entered. */
static void forget_round(const struct crew *crew)
{
	for (uint64_t p = 0; p < PARTS; p++)
		for (uint64_t i = 0; i < crew->parts[p].find_count; i++) {
			uint32_t at = crew->finds[crew->parts[p].first_find + i].at;

			if (at != NOWHERE)
				clear_place(place_at(piece_of_part(&crew->caller->table, p), at));
		}
	for (uint64_t m = 0; m < crew->size; m++)
		memset(crew->members[m].fresh, 0, crew->size * crew->room / 8);
}

/* The next bytes of the crew's memory; null where that is not there yet. */
static void *next_bytes(struct crew *crew, uint64_t bytes)
{
	void *at = crew->memory ? crew->memory + crew->memory_size : NULL;

	crew->memory_size += (bytes + 127) & ~(uint64_t)127;
	return at;
}

/* Say where the logs are, for so many entries of each member. */
static void lay_out_logs(struct search *x, uint64_t room)
{
	struct crew *crew = x->crew;
	uint64_t all = crew->size * room, words = is_packed(x) ? KEY_WORDS(1) : KEY_WORDS(0);

	crew->memory_size = 0;
	crew->part_room = room / PARTS * 2 + LEAST_ROOM / PARTS;
	crew->keys = next_bytes(crew, all * words * 8);
	crew->states = next_bytes(crew, x->prints ? all * WORDS * 8 : 0);
	crew->fresh = next_bytes(crew, all / 8);
	crew->positions = next_bytes(crew, all / 64 * sizeof(*crew->positions));
	crew->finds = next_bytes(crew, all * sizeof(*crew->finds));
	for (uint64_t m = 0; m < crew->size; m++) {
		crew->members[m].records = next_bytes(crew, PARTS * crew->part_room * 8);
		crew->members[m].fresh = next_bytes(crew, all / 8);
	}
}

/*
 * Logs in zeroed memory, large ones in a huge page: pages at random addresses drive each other out of a core's cache.
 * Returns -1 where memory lacks.
 */
static int new_logs(struct search *x, uint64_t room)
{
	struct crew *crew = x->crew;
	uint64_t size;

	free_logs(crew);
	lay_out_logs(x, room);
	size = crew->memory_size;
	if (room == MOST_ROOM && size < HUGE_FROM)
		size = HUGE_FROM;
	crew->memory = new_table(size);
	if (!crew->memory)
		return -1;
	lay_out_logs(x, room);
	crew->memory_size = size;
	crew->room = room;
	return 0;
}

/* Room for what a round may find; about a quarter of what is stored, so that little is grown for nothing. */
static int make_room(struct search *x)
{
	struct crew *crew = x->crew;
	uint64_t room = LEAST_ROOM;

	while (room < MOST_ROOM && room < x->count / 4)
		room *= 2;
	if ((room > crew->room && new_logs(x, room)) || reserve(x, crew->size * crew->room))
		return -1;
	touch_ahead(x);
	return 0;
}

static uint64_t count_logged(const struct crew *crew)
{
	uint64_t total = 0;

	for (uint64_t m = 0; m < crew->size; m++)
		total += crew->members[m].logged - m * crew->room;
	return total;
}

/* Choose how many chunks the next round has, for it to fill half of the room that there is. */
static void tune_round(struct crew *crew, uint64_t total, int failed)
{
	uint64_t room = crew->size * crew->room;

	if ((failed || 2 * total > room) && crew->round_chunks > 1)
		crew->round_chunks /= 2;
	else if (4 * total < room && crew->round_chunks < MOST_CHUNKS)
		crew->round_chunks *= 2;
}

static void let_claim(struct crew *crew)
{
	for (uint64_t c = 0; c < crew->chunk_count; c++)
		crew->chunks[c].claimed = 0;
	for (uint64_t p = 0; p < PARTS; p++)
		crew->parts[p].claimed = 0;
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
	x->fault |= any_fault(crew);
	if (x->fault)
		return 0;
	tune_round(crew, count_logged(crew), any_failed(crew));
	if (any_failed(crew))
		return -1;
	if (enter_all(crew) || x->count + (total = assign_positions(x)) >= x->max_states) {
		forget_round(crew);
		return -1;
	}
	let_claim(crew);
	do_together(crew, place_all);
	merge_members(x);
	x->count += total;
	x->cursor = last;
	return 0;
}
