/*
 * The search with merging and partial-order reduction, behind the register machine: which properties are decided at all.
 * It stores the states where several agents compete, in the order in which they are found. Each thread has one of these:
 * the first one is the search, the others have copies of what is in front of `transitions`.
 *
 * Footprints are three masks in a row: cells read, written, and set to anything but zero.
 */

enum footprint { READS, WRITES, STORES, FOOTPRINTS };

/*
 * A way through a step: literals that must hold, and the points that it leads to, as ranges of the lists; whether that is
 * a progress step.
 */
struct route {
	uint64_t literal, last_literal, target, last_target, progress;
};

/* Conditions that read the same words: the first and behind the last; their code; a range of the parts. */
struct group {
	uint64_t first, last, code, part, last_part;
};

/* All fields are 64 bits wide, so that the caller's picture of them is simple. */
struct reduction {
	/* set by the caller */
	uint64_t words, agents, max_states, max_bytes, wanted;
	const struct machine *machine;
	uint64_t *initial;
	uint32_t *fired;
	uint64_t merge, partial_order, longest, walk;
	uint64_t mask_words, literal_words;
	const uint64_t *first_route; /* by position in the machine's `points`; the next one's follows the last */
	const struct route *routes;
	const uint64_t *footprints; /* of the routes */
	const uint64_t *literals; /* 2n: condition n is false; 2n + 1: it is true */
	const uint64_t *targets;
	uint64_t conditions;
	uint64_t group_count;
	const struct group *groups; /* of conditions, in their order */
	const uint64_t *parts; /* of states that groups read, in pairs: a word, and bits of it */
	const uint64_t *condition_reads; /* a mask of each */
	const uint64_t *own; /* the literals of each agent's conditions */
	const uint64_t *excluded; /* by position in `points`: the literals that do not hold while the agent is there */
	uint64_t route_count;
	uint64_t *met; /* of each route: whether a state was looked at in an earlier round in which it is open */
	const uint64_t *first_image, *images; /* of each route: those that are met with it */
	const uint64_t *whole; /* the footprint of all routes of each agent, which lack no literal */
	const uint64_t *visible;
	uint64_t sorts; /* whose elements are interchangeable */
	const uint64_t *elements; /* where states hold them: see renaming.h */
	/* what is stored */
	uint64_t count, depth, level, stuck;
	uint64_t surprises; /* routes that were met when others had been looked at as if there were none */
	uint64_t *store;
	uint64_t capacity;
	uint64_t *table;
	uint64_t table_bits;
	uint64_t *quiet;
	uint64_t cursor;
	uint64_t last; /* behind the states that are expanded in this round */
	uint64_t stage;
	struct rounds *rounds;
	/* what a thread has found */
	uint64_t transitions, problems, violated, passed, postponed, renamed, fault, bytes;
	uint64_t allowed; /* of its bytes */
	uint64_t failed; /* no memory is left */
	struct search *x;
	uint64_t later; /* whether something was arrived at that is expanded in a later round */
	uint64_t expanded; /* position of the state that is expanded */
	uint64_t *found; /* of this round: states that are to be stored; of each its hash, where it was found, see find_new */
	uint64_t found_count, found_capacity;
	uint64_t *found_table;
	uint64_t found_bits;
	uint64_t *open; /* of each route: whether it was open in a state of this round, and had not been met */
	uint64_t open_count;
	uint64_t *pending; /* of each: the state, an earlier one of the same passage, steps since it was entered, its hash */
	uint64_t pending_count, pending_capacity;
	uint64_t *futures; /* of each: place and what holds there; footprint, literals that closed routes lack, and turns */
	uint64_t future_count, future_capacity;
	uint64_t *future_table;
	uint64_t future_bits;
	uint64_t key_words;
	uint64_t *first_own; /* of each agent: the first word with literals of its conditions */
	uint64_t *base; /* of each agent: where its future begins in the state that is looked at, in `futures` or `whole` */
	uint64_t *current; /* the same, while possible literals hold */
	uint64_t *recent; /* of each agent: the rows of the futures that were looked up last for `base` and for `current` */
	uint64_t *members, *fewest, *disturbed; /* of each agent: whether it is one */
	uint64_t *now; /* the footprint of the members where they stand */
	uint64_t *possible, *closed; /* literals that may hold before the members move; that these exclude */
	uint64_t *list;
	uint64_t most_points;
	uint64_t *held; /* of each group: what was found lately */
	uint64_t asked_before; /* whether conditions were asked for in a state */
	uint64_t *before, *held_before; /* that one; of each group: what holds there */
	uint64_t *decisions;
	uint64_t decision_bits;
};

#define FIRST_STAGE 1000 /* States after which a search with surprises begins again, the first time; then twice as many. */
#define WALK 100 /* Steps of a random walk from a stored state. */
#define FEWEST_STEPS 50000 /* of all walks of a stage, besides one for each stored state */
#define SUCCESSORS 65536 /* of one agent in one state */
#define MOST_LITERAL_WORDS 8 /* for twice as many literals as there are conditions at most */
#define FOOTPRINT (FOOTPRINTS * r->mask_words)
#define FUTURE (2 * r->literal_words + FOOTPRINT)
#define ROW_OF_FUTURE (r->key_words + FUTURE)
#define PENDING (2 * r->words + 2)
#define FOUND (r->words + 2)

static int grown(struct reduction *r, void *array, uint64_t *capacity, uint64_t needed, uint64_t size)
{
	void **old = array;
	uint64_t more = *capacity ? 2 * *capacity : 1024;
	void *new;

	if (needed <= *capacity)
		return 0;
	if (r->bytes + (more - *capacity) * size > r->allowed)
		return -1;
	new = realloc(*old, more * size);
	if (!new)
		return -1;
	r->bytes += (more - *capacity) * size;
	*old = new;
	*capacity = more;
	return 0;
}

static uint64_t hash_words(const uint64_t *s, uint64_t n)
{
	uint64_t h = 0x9e3779b97f4a7c15u;

	for (uint64_t i = 0; i < n; i++) {
		h = (h ^ s[i]) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h * 0xc4ceb9fe1a85ec53u;
}

static inline int same_words(const uint64_t *a, const uint64_t *b, uint64_t n)
{
	uint64_t differ = 0;

	for (uint64_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* An entry of a table: of a hash the lower half, which the slot does not tell, and the position of a row, plus one. */
static inline uint64_t entry_of(uint64_t hash, uint64_t row)
{
	return hash << 32 | (row + 1);
}

static inline uint64_t row_of(uint64_t entry)
{
	return (entry & 0xffffffffu) - 1;
}

/* The slot of a table where the row of `rows` is entered that begins with words of this hash, or where it belongs. */
static uint64_t slot_of(const uint64_t *table, uint64_t bits, const uint64_t *rows, uint64_t width, const uint64_t *s,
			uint64_t n, uint64_t hash)
{
	uint64_t slot = hash >> (64 - bits);

	while (table[slot] && ((uint32_t)hash != table[slot] >> 32 || !same_words(rows + row_of(table[slot]) * width, s, n)))
		slot = (slot + 1) & MASK(bits);
	return slot;
}

/* Let a table have room for one more row than there are. */
static int table_grown(struct reduction *r, uint64_t **table, uint64_t *bits, const uint64_t *rows, uint64_t width,
		       uint64_t n, uint64_t count)
{
	uint64_t more = *bits ? *bits + 1 : 12;
	uint64_t *new;

	if (*bits && 2 * (count + 1) <= (uint64_t)1 << *bits)
		return 0;
	if (more > 32 || r->bytes + ((uint64_t)8 << more) > r->allowed)
		return -1;
	new = calloc((uint64_t)1 << more, 8);
	if (!new)
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t hash = hash_words(rows + i * width, n);

		new[slot_of(new, more, rows, width, rows + i * width, n, hash)] = entry_of(hash, i);
	}
	r->bytes += ((uint64_t)8 << more) - (*bits ? (uint64_t)8 << *bits : 0);
	free(*table);
	*table = new;
	*bits = more;
	return 0;
}

static int64_t stored_at(struct reduction *r, const uint64_t *s, uint64_t hash)
{
	uint64_t entry = r->table[slot_of(r->table, r->table_bits, r->store, r->words, s, r->words, hash)];

	return entry ? (int64_t)row_of(entry) : -1;
}

/* Store a state that is not stored. */
static int store_reduced(struct reduction *r, const uint64_t *s, uint64_t hash)
{
	uint64_t capacity = r->capacity;

	if (grown(r, &r->store, &r->capacity, r->count + 1, r->words * 8) ||
	    table_grown(r, &r->table, &r->table_bits, r->store, r->words, r->words, r->count))
		return -1;
	if (r->capacity != capacity) {
		uint64_t *quiet = realloc(r->quiet, (r->capacity / 64 + 1) * 8);

		if (!quiet)
			return -1;
		memset(quiet + capacity / 64, 0, (r->capacity / 64 + 1 - capacity / 64) * 8);
		r->quiet = quiet;
	}
	memcpy(r->store + r->count * r->words, s, r->words * 8);
	r->table[slot_of(r->table, r->table_bits, r->store, r->words, s, r->words, hash)] = entry_of(hash, r->count++);
	return 0;
}
