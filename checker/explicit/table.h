/*
 * The table: where states stand in the store, by the first bits of their hash, the prefix.
 *
 * A line of a cache holds twelve entries, which are compared at once. An entry is a tag, the low bits of the prefix, and
 * a place: the position plus one, and above it as many more bits of the prefix as there is room for. What is left of the
 * prefix follows from the line: an entry lies in its home or, where lines were full, at most REACH - 1 lines behind it.
 * So entries move to larger tables, of any size, without a look at the states. There are no deletions, so that the
 * first line with an empty slot ends a search.
 *
 * A large table is in pieces, by prefix, which grow one after another.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifndef REACH
#define REACH 32
#endif
#define SLOTS 12
#define PREFIX_BITS 29
#define TAG_BITS 7
#define TAKEN 0x80 /* in each tag that is not empty */
#define ALL_SLOTS ((1u << SLOTS) - 1)
#define FIRST_LINES 256

struct line {
	uint8_t tags[SLOTS];
	uint32_t count; /* of entries, while the table is being filled in order */
	uint32_t places[SLOTS];
} __attribute__((aligned(64)));

INLINE uint64_t prefix_of(uint64_t h)
{
	return h >> (64 - PREFIX_BITS);
}

INLINE uint8_t tag_of(uint64_t prefix)
{
	return (uint8_t)(TAKEN | prefix);
}

/* What stands above the position in a place. */
INLINE uint32_t above(const struct piece *piece, uint64_t prefix)
{
	return (uint32_t)(prefix >> TAG_BITS << piece->place_bits);
}

INLINE uint32_t positions(const struct piece *piece)
{
	return (uint32_t)MASK(piece->place_bits);
}

INLINE const struct piece *piece_of(const struct table *table, uint64_t prefix)
{
	return table->pieces + (prefix >> (PREFIX_BITS - table->piece_bits));
}

/* The home of a prefix in a piece whose prefixes differ in so many bits. */
INLINE struct line *home_in(const struct piece *piece, uint64_t bits, uint64_t prefix)
{
	return piece->lines + ((prefix & MASK(bits)) * piece->count >> bits);
}

INLINE struct line *home(const struct table *table, const struct piece *piece, uint64_t prefix)
{
	return home_in(piece, PREFIX_BITS - table->piece_bits, prefix);
}

/* Where to look next when so many lines are full: anywhere within reach, so that full lines do not make others so. */
INLINE uint64_t way(uint64_t prefix, uint64_t tries)
{
	return tries * (2 * prefix + 1) & (REACH - 1);
}

/* The slots of a line that are taken, above those whose tag is this one. */
INLINE uint32_t compare_tags(const struct line *line, uint8_t tag)
{
#ifdef __SSE2__
	__m128i tags = _mm_load_si128((const __m128i *)line);
	uint32_t same = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag)));
	uint32_t taken = (uint32_t)_mm_movemask_epi8(tags);
#else
	uint32_t same = 0, taken = 0;

	for (int i = 0; i < SLOTS; i++) {
		same |= (uint32_t)(line->tags[i] == tag) << i;
		taken |= (uint32_t)(line->tags[i] >> 7) << i;
	}
#endif
	return (same & ALL_SLOTS) | (taken & ALL_SLOTS) << 16;
}

INLINE void prefetch_home(const struct table *table, uint64_t h)
{
	uint64_t prefix = prefix_of(h);

	__builtin_prefetch(home(table, piece_of(table, prefix), prefix));
}

#define ABSENT (-1)
#define UNLIKELY (-2)

/*
 * The position of the first entry of a home line that may be that of a hash; ABSENT: the hash is not in the table;
 * UNLIKELY: it may be in another line. Has memory bring what is to be read next.
 */
INLINE int64_t likely_position(const struct search *x, uint64_t h, int packed)
{
	uint64_t prefix = prefix_of(h);
	const struct piece *piece = piece_of(&x->table, prefix);
	const struct line *line = home(&x->table, piece, prefix);
	uint32_t look = compare_tags(line, tag_of(prefix));

	for (uint32_t same = look & ALL_SLOTS; same; same &= same - 1) {
		uint32_t place = line->places[__builtin_ctz(same)];

		if ((place & ~positions(piece)) == above(piece, prefix)) {
			uint64_t position = (uint64_t)(place & positions(piece)) - 1;

			__builtin_prefetch(x->store + position * KEY_BYTES(packed));
			return (int64_t)position;
		}
	}
	if (look >> 16 != ALL_SLOTS)
		return ABSENT;
	__builtin_prefetch(line + way(prefix, 1));
	return UNLIKELY;
}

/* Position of a key in the store, or -1. */
INLINE int64_t position_of(const struct search *x, const uint64_t *key, uint64_t h, int packed)
{
	uint64_t prefix = prefix_of(h);
	const struct piece *piece = piece_of(&x->table, prefix);
	const struct line *first = home(&x->table, piece, prefix);
	uint32_t upper = above(piece, prefix), mask = positions(piece);

	for (uint64_t try = 0; try < REACH; try++) {
		const struct line *line = first + way(prefix, try);
		uint32_t look = compare_tags(line, tag_of(prefix));

		for (uint32_t same = look & ALL_SLOTS; same; same &= same - 1) {
			uint32_t place = line->places[__builtin_ctz(same)];
			uint64_t position = (uint64_t)(place & mask) - 1;

			if ((place & ~mask) == upper && is_key(x, x->store + position * KEY_BYTES(packed), key, packed))
				return (int64_t)position;
		}
		if (look >> 16 != ALL_SLOTS)
			break;
	}
	return -1;
}

/* Enter a position whose key is not in the table; returns -1 where it would lie too far from home. */
INLINE int enter_position(const struct table *table, uint64_t h, uint64_t position)
{
	uint64_t prefix = prefix_of(h);
	const struct piece *piece = piece_of(table, prefix);
	struct line *first = home(table, piece, prefix);

	for (uint64_t try = 0; try < REACH; try++) {
		struct line *line = first + way(prefix, try);
		uint32_t taken = compare_tags(line, 0) >> 16;

		if (taken != ALL_SLOTS) {
			int slot = __builtin_ctz(~taken);

			line->tags[slot] = tag_of(prefix);
			line->places[slot] = above(piece, prefix) | (uint32_t)(position + 1);
			return 0;
		}
	}
	return -1;
}

/* Take out an entry that no other one was entered after in its line. */
static void clear_place(uint32_t *place)
{
	struct line *line = (struct line *)((uintptr_t)place & ~(uintptr_t)(sizeof(*line) - 1));

	line->tags[place - line->places] = 0;
	*place = 0;
}

/* Bits of the largest position plus one for which places leave enough of the prefix. */
static uint64_t place_bits(uint64_t count, uint64_t piece_bits)
{
	uint64_t bits = TAG_BITS + 32 - PREFIX_BITS - 5 + (63 - (uint64_t)__builtin_clzll(count << piece_bits));

	return bits < 32 ? bits : 32;
}

/* How many there may be in a table whose pieces are all as large: three slots in four. */
static uint64_t most_entries(uint64_t count, uint64_t piece_bits)
{
	return (count << piece_bits) * SLOTS * 3 / 4;
}

/* Whether a piece of a table with so many entries, the largest of them such a position, need not grow. */
static int has_room(uint64_t count, uint64_t piece_bits, uint64_t entries, uint64_t position)
{
	return entries <= most_entries(count, piece_bits) && position <= MASK(place_bits(count, piece_bits));
}

/* The sizes in lines that the pieces of a table should have, and how many of them, as a binary logarithm. */
struct plan {
	uint64_t counts[PIECES];
	uint64_t piece_bits;
};

static uint64_t plan_bytes(const struct plan *plan)
{
	uint64_t bytes = 0;

	for (uint64_t i = 0; i >> plan->piece_bits == 0; i++)
		bytes += (plan->counts[i] + REACH) * sizeof(struct line);
	return bytes;
}

static struct plan present_plan(const struct table *table)
{
	struct plan plan = {{0}, table->piece_bits};

	for (uint64_t i = 0; i >> plan.piece_bits == 0; i++)
		plan.counts[i] = table->pieces[i].count;
	return plan;
}

/* A plan with room for so many entries, the largest of them such a position. A table of that many lines is divided. */
static struct plan larger_plan(struct plan plan, uint64_t entries, uint64_t position, uint64_t split_lines)
{
	for (uint64_t i = 0; i >> plan.piece_bits == 0; i++)
		while (!has_room(plan.counts[i], plan.piece_bits, entries, position))
			plan.counts[i] += plan.counts[i] / 2;
	if (plan.piece_bits || plan.counts[0] < split_lines)
		return plan;
	/* Their sizes differ so that two of them grow at a time. */
	plan.piece_bits = PIECE_BITS;
	for (uint64_t i = PIECES, each = plan.counts[0] / PIECES + 1; i-- > 0;)
		plan.counts[i] = each + each * (i % (PIECES / 2)) / PIECES;
	return plan;
}

/* The prefix of an entry, which lies in such a line of a piece with such bits of prefixes. */
INLINE uint64_t prefix_at(const struct piece *piece, uint64_t number, uint64_t bits, uint64_t k, uint8_t tag, uint32_t place)
{
	uint64_t kept = TAG_BITS + 32 - piece->place_bits;
	uint64_t known = MASK(kept < bits ? kept : bits);
	uint64_t nearest = k < REACH ? 0 : k - REACH + 1;
	/* The least prefix, without the number of the piece, whose home is that near. */
	uint64_t least = ((nearest << bits) + piece->count - 1) / piece->count;
	uint64_t low = ((uint64_t)place >> piece->place_bits << TAG_BITS) | (tag & (TAKEN - 1));

	return (number << bits) + least + ((low - least) & known);
}

/* Lines that a thread may fill. */
struct span {
	uint64_t first;
	uint64_t end;
};

static struct span all_lines(const struct piece *piece)
{
	return (struct span){0, piece->count + REACH};
}

/*
 * Put an entry into a table that is being filled; returns -1 where it would lie too far from home, or might lie in lines
 * that are not of the span.
 */
INLINE int put_entry(const struct table *to, uint64_t prefix, uint32_t position, struct span span)
{
	const struct piece *piece = piece_of(to, prefix);
	struct line *first = home(to, piece, prefix), *target = first;

	if (first < piece->lines + span.first || first + REACH > piece->lines + span.end)
		return -1;
	for (uint64_t try = 0; target->count == SLOTS;) {
		if (++try == REACH)
			return -1;
		target = first + way(prefix, try);
	}
	target->tags[target->count] = tag_of(prefix);
	target->places[target->count++] = above(piece, prefix) | position;
	return 0;
}

/*
 * Move the entries that a piece is to have from a table of as many pieces, or of one; returns -1 where one would lie too
 * far from home.
 */
static int move_entries(const struct table *to, const struct table *from, uint64_t number)
{
	uint64_t apart = to->piece_bits - from->piece_bits, bits = PREFIX_BITS - from->piece_bits;
	uint64_t source = apart ? 0 : number, share = apart ? number : 0;
	const struct piece *old = from->pieces + source;
	uint64_t last = ((share + 1) * old->count >> apart) + REACH;

	for (uint64_t k = share * old->count >> apart; k < last; k++) {
		const struct line *line = old->lines + k;

		for (int slot = 0; slot < SLOTS && line->tags[slot]; slot++) {
			uint64_t prefix = prefix_at(old, source, bits, k, line->tags[slot], line->places[slot]);

			if (prefix >> (PREFIX_BITS - to->piece_bits) == number &&
			    put_entry(to, prefix, line->places[slot] & positions(old), all_lines(to->pieces + number)))
				return -1;
		}
	}
	return 0;
}

static uint64_t piece_bytes(uint64_t count)
{
	return (count + REACH) * sizeof(struct line);
}

static void free_piece(struct piece *piece)
{
	if (piece->lines && piece->range)
		free_range(piece->lines, piece->range);
	else if (piece->lines)
		free_table(piece->lines, piece_bytes(piece->count));
	piece->lines = NULL;
}

static void free_pieces(struct table *table)
{
	for (uint64_t i = 0; i < PIECES; i++)
		free_piece(table->pieces + i);
}

/* An empty piece. A large one lies in a range of addresses where it can grow. */
static int new_piece(struct piece *piece, uint64_t count, uint64_t piece_bits)
{
	uint64_t size = piece_bytes(count);

	*piece = (struct piece){.count = count, .place_bits = place_bits(count, piece_bits)};
	piece->lines = range_to_grow(size, &piece->range);
	if (piece->lines)
		touch((char *)piece->lines, 0, size);
	else
		piece->lines = new_table(size);
	return piece->lines ? 0 : -1;
}

static int new_pieces(struct table *table, const struct plan *plan)
{
	memset(table, 0, sizeof(*table));
	table->piece_bits = plan->piece_bits;
	for (uint64_t i = 0; i >> plan->piece_bits == 0; i++)
		if (new_piece(table->pieces + i, plan->counts[i], plan->piece_bits)) {
			free_pieces(table);
			return -1;
		}
	return 0;
}

/* An entry for which a piece that has grown has no room near its home. */
struct homeless {
	uint64_t prefix;
	uint32_t position;
};

/* From this line on the entries of a piece that grows by half, or a little less, move to lines behind their own. */
#define MOVE_BACK (4 * REACH)

/*
 * Move the entries of lines of a piece as it was, the last line first, to lines that are empty by then, if they are of a
 * span; returns how many are homeless.
 */
static uint64_t stretch_lines(struct table *table, uint64_t number, const struct piece *old, struct span from, struct span to,
			      struct homeless *homeless)
{
	uint64_t bits = PREFIX_BITS - table->piece_bits, left = 0;
	struct line first[MOVE_BACK];

	for (uint64_t k = from.first; k < from.end && k < MOVE_BACK; k++) {
		first[k] = old->lines[k];
		memset(old->lines + k, 0, sizeof(*first));
	}
	for (uint64_t k = from.end; k-- > from.first;) {
		struct line line = k < MOVE_BACK ? first[k] : old->lines[k];

		if (k >= MOVE_BACK)
			memset(old->lines + k, 0, sizeof(line));
		for (int slot = 0; slot < SLOTS && line.tags[slot]; slot++) {
			uint64_t prefix = prefix_at(old, number, bits, k, line.tags[slot], line.places[slot]);
			uint32_t position = line.places[slot] & positions(old);

			if (put_entry(table, prefix, position, to))
				homeless[left++] = (struct homeless){prefix, position};
		}
	}
	return left;
}

/* Put homeless entries where there is room for them now; returns how many are left. */
static uint64_t house(const struct table *table, uint64_t number, struct homeless *homeless, uint64_t n)
{
	uint64_t left = 0;

	for (uint64_t i = 0; i < n; i++)
		if (put_entry(table, homeless[i].prefix, homeless[i].position, all_lines(table->pieces + number)))
			homeless[left++] = homeless[i];
	return left;
}

struct crew;
static uint64_t stretch_together(struct crew *crew, struct table *table, uint64_t number, const struct piece *old,
				 struct homeless *homeless);

/* Let a piece grow where it is, with a crew if there is one; returns how many are homeless. */
static uint64_t stretch_piece(struct crew *crew, struct table *table, uint64_t number, uint64_t count, struct homeless *homeless)
{
	struct piece *piece = table->pieces + number, old = *piece;

	piece->count = count;
	piece->place_bits = place_bits(count, table->piece_bits);
	if (crew)
		return stretch_together(crew, table, number, &old, homeless);
	touch((char *)old.lines, piece_bytes(old.count), piece_bytes(count));
	return stretch_lines(table, number, &old, all_lines(&old), all_lines(piece), homeless);
}

/* Whether a piece can grow where it is, and go on with that. */
static int has_range(const struct piece *piece, uint64_t count)
{
	return piece_bytes(4 * count) <= piece->range && count >= piece->count + piece->count / 2;
}

/* Make a piece larger where it is, as often as entries are left without room; returns -1, nothing done, without memory. */
static int grow_in_range(struct crew *crew, struct table *table, uint64_t number, uint64_t count)
{
	struct piece *piece = table->pieces + number;
	/* Pages of this are seldom touched. */
	struct homeless *homeless = malloc((piece->count + REACH) * SLOTS * sizeof(*homeless));
	uint64_t left = 0;

	if (!homeless)
		return -1;
	do {
		uint64_t more = stretch_piece(left ? NULL : crew, table, number, count, homeless + left);

		left = house(table, number, homeless, left + more);
		count += count / 2;
	} while (left && piece_bytes(count) <= piece->range);
	free(homeless);
	if (left)
		abort(); /* after more than the memory of the machine: better no answer than one without these states */
	return 0;
}

/* A new piece, of so many lines or more, with what it is to have of the entries of another table. */
static int fill_piece(struct table *to, uint64_t number, uint64_t count, const struct table *from)
{
	for (int left = -1; left; count += count / 2) {
		if (new_piece(to->pieces + number, count, to->piece_bits))
			return -1;
		left = move_entries(to, from, number);
		if (left)
			free_piece(to->pieces + number);
	}
	return 0;
}

/* Make a piece larger, with a crew if there is one. Without, other threads may do so with others. */
static int grow_piece(struct crew *crew, struct table *table, uint64_t number, uint64_t count)
{
	struct table to = {.piece_bits = table->piece_bits};

	if (has_range(table->pieces + number, count))
		return grow_in_range(crew, table, number, count);
	if (fill_piece(&to, number, count, table))
		return -1;
	free_piece(table->pieces + number);
	table->pieces[number] = to.pieces[number];
	return 0;
}

/* Divide a table. */
static int split_table(struct table *table, const struct plan *plan)
{
	struct table to = {.piece_bits = plan->piece_bits};

	for (uint64_t i = 0; i < PIECES; i++)
		if (fill_piece(&to, i, plan->counts[i], table)) {
			free_pieces(&to);
			return -1;
		}
	free_pieces(table);
	*table = to;
	return 0;
}
