/*
 * The search with merging and partial-order reduction, behind the register machine: which properties are decided at all.
 * It stores the states where several agents compete, in the order in which they are found, and knows no levels.
 *
 * Footprints are three masks in a row: cells read, written, and set to anything but zero.
 */

enum footprint { READS, WRITES, STORES, FOOTPRINTS };

/* A way through a step: literals that must hold, and the points that it leads to, as ranges of the lists. */
struct route {
	uint64_t literal, last_literal, target, last_target;
};

/* All fields are 64 bits wide, so that the caller's picture of them is simple. */
struct reduction {
	/* set by the caller */
	uint64_t words, agents, max_states, max_bytes, wanted;
	const struct machine *machine;
	uint64_t *initial;
	uint32_t *fired;
	uint64_t merge, partial_order, longest;
	uint64_t mask_words, literal_words;
	const uint64_t *first_route; /* by position in the machine's `points`; the next one's follows the last */
	const uint64_t *progress; /* by the same: whether some step there is a progress step */
	const struct route *routes;
	const uint64_t *footprints; /* of the routes */
	const uint64_t *literals; /* 2n: condition n is false; 2n + 1: it is true */
	const uint64_t *targets;
	uint64_t conditions;
	const uint64_t *condition_code; /* where the code starts that evaluates 64 of them */
	const uint64_t *condition_reads; /* a mask of each */
	const uint64_t *own; /* the literals of each agent's conditions */
	const uint64_t *whole; /* the footprint of all routes of each agent, which lack no literal */
	const uint64_t *visible;
	uint64_t sorts; /* whose elements are interchangeable */
	const uint64_t *elements; /* where states hold them: see renaming.h */
	/* what was found */
	uint64_t count, transitions, problems, violated, passed, postponed, renamed, stuck, fault, bytes, depth, level;
	/* storage */
	struct search *x;
	uint64_t *store;
	uint64_t capacity;
	uint32_t *table;
	uint64_t table_bits;
	uint64_t *quiet;
	uint64_t cursor;
	uint64_t *pending; /* of each: the state, an earlier state of the same passage, steps since it was entered */
	uint64_t pending_count, pending_capacity;
	uint64_t *futures; /* of each: agent and point, literals, footprint, literals that closed routes lack */
	uint64_t future_count, future_capacity;
	uint32_t *future_table;
	uint64_t future_bits;
	uint64_t *base; /* of each agent: where its future begins in the state that is looked at, in `futures` or `whole` */
	uint64_t *scratch;
	uint64_t *members, *fewest, *disturbed; /* of each agent: whether it is one */
	uint64_t later;
	uint64_t *list;
	uint64_t most_points;
};

#define SUCCESSORS 65536 /* of one agent in one state */
#define MOST_LITERAL_WORDS 8 /* for twice as many literals as there are conditions at most */
#define FOOTPRINT (FOOTPRINTS * r->mask_words)
#define FUTURE (1 + 2 * r->literal_words + FOOTPRINT)
#define PENDING (2 * r->words + 1)

static int grown(struct reduction *r, void *array, uint64_t *capacity, uint64_t needed, uint64_t size)
{
	void **old = array;
	uint64_t more = *capacity ? 2 * *capacity : 1024;
	void *new;

	if (needed <= *capacity)
		return 0;
	if (r->bytes + (more - *capacity) * size > r->max_bytes)
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

/* The slot of a table of positions, plus one, where a row of `rows` begins with these words, or where it belongs. */
static uint64_t slot_of(const uint32_t *table, uint64_t bits, const uint64_t *rows, uint64_t width, const uint64_t *s,
			uint64_t n)
{
	uint64_t slot = hash_words(s, n) >> (64 - bits);

	while (table[slot] && memcmp(rows + (table[slot] - 1) * width, s, n * 8))
		slot = (slot + 1) & MASK(bits);
	return slot;
}

/* Let a table have room for one more row than there are. */
static int table_grown(struct reduction *r, uint32_t **table, uint64_t *bits, const uint64_t *rows, uint64_t width,
		       uint64_t n, uint64_t count)
{
	uint64_t more = *bits ? *bits + 1 : 12;
	uint32_t *new;

	if (*bits && 2 * (count + 1) <= (uint64_t)1 << *bits)
		return 0;
	if (more > 32 || r->bytes + ((uint64_t)4 << more) > r->max_bytes)
		return -1;
	new = calloc((uint64_t)1 << more, 4);
	if (!new)
		return -1;
	for (uint64_t i = 0; i < count; i++)
		new[slot_of(new, more, rows, width, rows + i * width, n)] = (uint32_t)(i + 1);
	r->bytes += ((uint64_t)4 << more) - (*bits ? (uint64_t)4 << *bits : 0);
	free(*table);
	*table = new;
	*bits = more;
	return 0;
}

static int64_t stored_at(struct reduction *r, const uint64_t *s)
{
	return (int64_t)r->table[slot_of(r->table, r->table_bits, r->store, r->words, s, r->words)] - 1;
}

static int store_reduced(struct reduction *r, const uint64_t *s)
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
	r->count++;
	r->table[slot_of(r->table, r->table_bits, r->store, r->words, s, r->words)] = (uint32_t)r->count;
	r->violated |= check_state(r->x, s);
	return 0;
}

static int first_false(const struct reduction *r, const struct route *route, const uint64_t *literals)
{
	for (uint64_t i = route->literal; i < route->last_literal; i++) {
		uint64_t literal = r->literals[i];

		if (!(literals[literal >> 6] >> (literal & 63) & 1))
			return (int)literal;
	}
	return -1;
}

static void add_masks(uint64_t *to, const uint64_t *from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		to[i] |= from[i];
}

static int meet(const uint64_t *a, const uint64_t *b, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (a[i] & b[i])
			return 1;
	return 0;
}

static int disturbs(const struct reduction *r, const uint64_t *a, const uint64_t *b)
{
	uint64_t n = r->mask_words;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t writes = a[n + i], others = b[n + i];

		if ((writes & b[i]) | (a[i] & others) | (writes & others & (a[2 * n + i] | b[2 * n + i])))
			return 1;
	}
	return 0;
}

static uint64_t place_of(const struct reduction *r, uint64_t agent, const uint64_t *s)
{
	return (uint64_t)(point_of(r->machine, agent, s) - r->machine->points);
}

/* Work out what an agent may do from a place while at most these literals hold. */
static void work_out(struct reduction *r, uint64_t agent, const uint64_t *key, uint64_t *found)
{
	uint64_t first = r->machine->agent_points[agent];
	uint64_t *lacking = found + FOOTPRINT;
	uint64_t *seen = r->list + r->most_points;
	uint64_t waiting = 1;

	memset(found, 0, (FOOTPRINT + r->literal_words) * 8);
	memset(seen, 0, r->most_points * 8);
	r->list[0] = key[0];
	seen[key[0] - first] = 1;
	while (waiting) {
		uint64_t place = r->list[--waiting];

		for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++) {
			const struct route *route = r->routes + i;
			int literal = first_false(r, route, key + 1);

			if (literal >= 0) {
				lacking[literal >> 6] |= (uint64_t)1 << (literal & 63);
				continue;
			}
			add_masks(found, r->footprints + i * FOOTPRINT, FOOTPRINT);
			for (uint64_t j = route->target; j < route->last_target; j++) {
				if (seen[r->targets[j]])
					continue;
				seen[r->targets[j]] = 1;
				r->list[waiting++] = first + r->targets[j];
			}
		}
	}
}

/* The same, from memory if it is known: where it begins in `futures`; negative: no memory is left. */
static int64_t future_of(struct reduction *r, uint64_t agent, uint64_t place, const uint64_t *possible)
{
	uint64_t key[1 + MOST_LITERAL_WORDS];
	uint64_t n = 1 + r->literal_words;
	uint64_t slot, *row;

	key[0] = place;
	for (uint64_t i = 0; i < r->literal_words; i++)
		key[1 + i] = possible[i] & r->own[agent * r->literal_words + i];
	slot = slot_of(r->future_table, r->future_bits, r->futures, FUTURE, key, n);
	if (r->future_table[slot])
		return (int64_t)((r->future_table[slot] - 1) * FUTURE + n);
	if (grown(r, &r->futures, &r->future_capacity, r->future_count + 1, FUTURE * 8) ||
	    table_grown(r, &r->future_table, &r->future_bits, r->futures, FUTURE, n, r->future_count))
		return -1;
	row = r->futures + r->future_count++ * FUTURE;
	memcpy(row, key, n * 8);
	work_out(r, agent, key, row + n);
	r->future_table[slot_of(r->future_table, r->future_bits, r->futures, FUTURE, key, n)] =
		(uint32_t)r->future_count;
	return row + n - r->futures;
}

/* Add what an agent's steps touch where it stands: of those that cannot run, what keeps them from it. */
static void add_now(const struct reduction *r, uint64_t place, const uint64_t *true_ones, uint64_t *now)
{
	for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++) {
		int literal = first_false(r, r->routes + i, true_ones);

		if (literal < 0)
			add_masks(now, r->footprints + i * FOOTPRINT, FOOTPRINT);
		else
			add_masks(now, r->condition_reads + (uint64_t)(literal >> 1) * r->mask_words, r->mask_words);
	}
}

/* Let closed routes stay closed only while nobody writes what their conditions read; whether something changed. */
static int open_routes(const struct reduction *r, const uint64_t *lacking, const uint64_t *writes, uint64_t *possible)
{
	int opened = 0;

	for (uint64_t i = 0; i < r->literal_words; i++) {
		for (uint64_t left = lacking[i]; left; left &= left - 1) {
			uint64_t literal = 64 * i + (uint64_t)__builtin_ctzll(left);

			if (meet(r->condition_reads + (literal >> 1) * r->mask_words, writes, r->mask_words)) {
				possible[i] |= (uint64_t)3 << (literal & 62);
				opened = 1;
			}
		}
	}
	return opened;
}

/* What others than the members may do while at most these literals hold, and the literals that closed routes lack. */
static int add_others(struct reduction *r, const uint64_t *s, const uint64_t *possible, uint64_t *others)
{
	memset(others, 0, (FOOTPRINT + r->literal_words) * 8);
	for (uint64_t other = 0; other < r->agents; other++) {
		int64_t future = (int64_t)r->base[other];

		if (r->members[other])
			continue;
		if (possible && r->partial_order)
			future = future_of(r, other, place_of(r, other, s), possible);
		if (future < 0)
			return -1;
		add_masks(others, (r->partial_order ? r->futures : r->whole) + future, FOOTPRINT + r->literal_words);
	}
	return 0;
}

static int may_run(const struct reduction *r, uint64_t place, const uint64_t *true_ones)
{
	for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++)
		if (first_false(r, r->routes + i, true_ones) < 0)
			return 1;
	return 0;
}

/* Whether nothing that others may do before an agent's next steps depends on these; negative: no memory is left. */
static int alone(struct reduction *r, uint64_t agent, const uint64_t *s, const uint64_t *true_ones)
{
	uint64_t place = place_of(r, agent, s);
	uint64_t *now = r->scratch;
	uint64_t *others = now + FOOTPRINT;
	uint64_t *lacking = others + FOOTPRINT;
	uint64_t *possible = lacking + r->literal_words;

	if (!r->progress[place] || !may_run(r, place, true_ones))
		return 0;
	memset(now, 0, FOOTPRINT * 8);
	add_now(r, place, true_ones, now);
	if (meet(now + r->mask_words, r->visible, r->mask_words))
		return 0;
	memset(r->members, 0, r->agents * 8);
	r->members[agent] = 1;
	if (add_others(r, s, NULL, others))
		return -1;
	memcpy(possible, true_ones, r->literal_words * 8);
	while (!disturbs(r, now, others)) {
		if (!open_routes(r, lacking, others + r->mask_words, possible))
			return 1;
		if (add_others(r, s, possible, others))
			return -1;
	}
	return 0;
}

/* Mark others that can do what depends on the members' next steps before these; how many, negative: no memory. */
static int64_t find_disturbed(struct reduction *r, const uint64_t *s, const uint64_t *true_ones, const uint64_t *now)
{
	uint64_t *others = r->scratch + FOOTPRINT;
	uint64_t *lacking = others + FOOTPRINT;
	uint64_t *possible = lacking + r->literal_words;
	int64_t count = 0;
	int opened = 0;

	memcpy(possible, true_ones, r->literal_words * 8);
	do {
		if (add_others(r, s, opened ? possible : NULL, others))
			return -1;
		opened = 1;
	} while (open_routes(r, lacking, others + r->mask_words, possible));
	for (uint64_t other = 0; other < r->agents; other++) {
		int64_t future;

		r->disturbed[other] = 0;
		if (r->members[other])
			continue;
		future = future_of(r, other, place_of(r, other, s), possible);
		if (future < 0)
			return -1;
		r->disturbed[other] = (uint64_t)disturbs(r, now, r->futures + future);
		count += (int64_t)r->disturbed[other];
	}
	return count;
}

/* Let `members` be an agent and those that must go with it; how many, negative: no memory is left. */
static int64_t close_members(struct reduction *r, uint64_t agent, const uint64_t *s, const uint64_t *true_ones)
{
	uint64_t *now = r->scratch;
	uint64_t count = 1;

	memset(r->members, 0, r->agents * 8);
	memset(now, 0, FOOTPRINT * 8);
	r->members[agent] = 1;
	add_now(r, place_of(r, agent, s), true_ones, now);
	while (count < r->agents) {
		int64_t more;

		if (meet(now + r->mask_words, r->visible, r->mask_words))
			return (int64_t)r->agents;
		more = find_disturbed(r, s, true_ones, now);
		if (more <= 0)
			return more < 0 ? more : (int64_t)count;
		count += (uint64_t)more;
		for (uint64_t other = 0; other < r->agents; other++) {
			if (!r->disturbed[other])
				continue;
			r->members[other] = 1;
			add_now(r, place_of(r, other, s), true_ones, now);
		}
	}
	return (int64_t)count;
}

static void evaluate_conditions(struct reduction *r, const uint64_t *s, uint64_t *literals)
{
	for (uint64_t i = 0; i < r->conditions; i += 64) {
		uint64_t true_ones = judge(r->x, s, r->condition_code[i / 64]);

		for (uint64_t j = i; j < r->conditions && j < i + 64; j++) {
			uint64_t literal = 2 * j + (true_ones >> (j - i) & 1);

			literals[literal >> 6] |= (uint64_t)1 << (literal & 63);
		}
	}
}

/* An agent's successors of a state, in the batch; how many. Sets `progress`. */
static uint64_t successors(struct reduction *r, uint64_t agent, const uint64_t *s)
{
	struct search *x = r->x;
	uint64_t *last = x->batch + (SUCCESSORS - 1) * r->words;
	uint64_t *out;

	*last = ~(uint64_t)0;
	x->problems = x->violated = 0;
	out = fire_agent(x, agent, s, x->batch);
	if (*last != ~(uint64_t)0)
		r->fault = 1;
	if (x->fault)
		r->fault = x->fault;
	r->problems += x->problems;
	r->violated |= x->violated;
	r->transitions += (uint64_t)(out - x->batch) / r->words + x->problems;
	return (uint64_t)(out - x->batch) / r->words;
}

static int push_pending(struct reduction *r, const uint64_t *s, const uint64_t *earlier, uint64_t length)
{
	uint64_t *row;

	if (grown(r, &r->pending, &r->pending_capacity, r->pending_count + 1, PENDING * 8))
		return -1;
	row = r->pending + r->pending_count++ * PENDING;
	memcpy(row, s, r->words * 8);
	r->renamed += (uint64_t)rename_state(r->machine, row, r->elements, r->sorts);
	memcpy(row + r->words, earlier, r->words * 8);
	row[2 * r->words] = length;
	return 0;
}

/* Work out the literals of a state and what each agent may do from there; negative: no memory is left. */
static int look_at(struct reduction *r, const uint64_t *s, uint64_t *literals)
{
	evaluate_conditions(r, s, literals);
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		int64_t future = (int64_t)(agent * (FOOTPRINT + r->literal_words));

		if (r->partial_order)
			future = future_of(r, agent, place_of(r, agent, s), literals);
		if (future < 0)
			return -1;
		r->base[agent] = (uint64_t)future;
	}
	return 0;
}

/* Let `fewest` be the fewest agents that may go first; how many, negative: no memory is left. */
static int64_t find_fewest(struct reduction *r, const uint64_t *s)
{
	uint64_t literals[MOST_LITERAL_WORDS] = {0};
	int64_t fewest = (int64_t)r->agents;

	for (uint64_t agent = 0; agent < r->agents; agent++)
		r->fewest[agent] = 1;
	if (!r->partial_order)
		return fewest;
	if (look_at(r, s, literals))
		return -1;
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		int64_t count;

		if (!may_run(r, place_of(r, agent, s), literals))
			continue;
		count = close_members(r, agent, s, literals);
		if (count < 0)
			return -1;
		if (count < fewest) {
			fewest = count;
			memcpy(r->fewest, r->members, r->agents * 8);
		}
	}
	return fewest;
}

/* The successors of an agent that may go alone, in the batch; negative: there is no such agent, or (-2) no memory. */
static int64_t ample(struct reduction *r, const uint64_t *s)
{
	uint64_t literals[MOST_LITERAL_WORDS] = {0};

	if (look_at(r, s, literals))
		return -2;
	unpack_all(r->x, s);
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		uint64_t transitions = r->transitions, problems = r->problems, violated = r->violated, n;
		int free_to_go = alone(r, agent, s, literals);

		if (free_to_go < 0)
			return -2;
		if (!free_to_go)
			continue;
		r->x->progress = 0;
		n = successors(r, agent, s);
		if (r->x->progress)
			return (int64_t)n;
		r->transitions = transitions;
		r->problems = problems;
		r->violated = violated;
	}
	return -1;
}

/* Store the states of `pending`, or what comes behind them. */
static int arrive(struct reduction *r)
{
	while (r->pending_count) {
		uint64_t *row = r->pending + --r->pending_count * PENDING;
		uint64_t s[r->words], earlier[r->words], length = row[2 * r->words];
		int64_t n = -1, at;

		memcpy(s, row, r->words * 8);
		memcpy(earlier, row + r->words, r->words * 8);
		at = stored_at(r, s);
		r->later |= at > (int64_t)r->cursor;
		if (at >= 0)
			continue;
		if (r->merge && length < r->longest && (!length || memcmp(s, earlier, r->words * 8)))
			n = ample(r, s);
		if (n == -2)
			return -1;
		if (n < 0) {
			if (store_reduced(r, s))
				return -1;
			r->later = 1;
			continue;
		}
		r->passed++;
		if (!(length & (length - 1)))
			memcpy(earlier, s, r->words * 8);
		for (int64_t i = 0; i < n; i++)
			if (push_pending(r, r->x->batch + (uint64_t)i * r->words, earlier, length + 1))
				return -1;
	}
	return 0;
}

/* All successors of a state by agents that are among the fewest, or are not, to `pending`. */
static int expand_some(struct reduction *r, const uint64_t *s, uint64_t among)
{
	unpack_all(r->x, s);
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		uint64_t n;

		if (r->fewest[agent] != among)
			continue;
		n = successors(r, agent, s);
		for (uint64_t i = 0; i < n; i++)
			if (push_pending(r, r->x->batch + i * r->words, s, 0))
				return -1;
	}
	return 0;
}

/* Expand the next state: by the fewest agents that may go first, if that leads to a state that is expanded later. */
static int expand_reduced(struct reduction *r)
{
	uint64_t s[r->words], progress;
	int64_t fewest;

	memcpy(s, r->store + r->cursor * r->words, r->words * 8);
	fewest = find_fewest(r, s);
	if (fewest < 0)
		return -1;
	r->x->progress = r->later = 0;
	if (expand_some(r, s, 1))
		return -1;
	progress = r->x->progress;
	if (fewest < (int64_t)r->agents) {
		if (progress && arrive(r))
			return -1;
		if (progress && r->later)
			r->postponed++;
		else if (expand_some(r, s, 0))
			return -1;
		progress |= r->x->progress;
	}
	if (!progress) {
		r->violated |= check_end(r->x, s);
		r->quiet[r->cursor >> 6] |= (uint64_t)1 << (r->cursor & 63);
	}
	if (arrive(r))
		return -1;
	r->cursor++;
	return 0;
}

/* Take states that lead to progress from `quiet`; what then is left with an agent inside an operation is stuck. */
static void find_stuck_reduced(struct reduction *r)
{
	uint64_t changed = 1;

	while (changed) {
		changed = 0;
		for (uint64_t i = r->count; i-- > 0;) {
			uint64_t dead = 1;

			if (!(r->quiet[i >> 6] >> (i & 63) & 1))
				continue;
			unpack_all(r->x, r->store + i * r->words);
			for (uint64_t agent = 0; agent < r->agents && dead; agent++) {
				uint64_t transitions = r->transitions;
				uint64_t n = successors(r, agent, r->store + i * r->words);

				r->transitions = transitions;
				for (uint64_t j = 0; j < n && dead; j++) {
					uint64_t *target = r->x->batch + j * r->words;
					int64_t at;

					rename_state(r->machine, target, r->elements, r->sorts);
					at = stored_at(r, target);
					dead = at >= 0 && (r->quiet[at >> 6] >> (at & 63) & 1);
				}
			}
			if (!dead) {
				r->quiet[i >> 6] &= ~((uint64_t)1 << (i & 63));
				changed = 1;
			}
		}
	}
	for (uint64_t i = 0; i < r->count; i++)
		if (r->quiet[i >> 6] >> (i & 63) & 1)
			r->stuck |= inside(r->x, r->store + i * r->words) != 0;
}

int64_t shootdown_reduced_open(struct reduction *r)
{
	struct search *x = calloc(1, sizeof(*x));
	const struct machine *m = r->machine;

	r->x = x;
	if (!x)
		return FULL_MEMORY;
	x->words = r->words;
	x->agents = r->agents;
	x->machine = m;
	x->fired = r->fired;
	x->sink = DROP;
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		uint64_t points = 1;

		if (agent + 1 < r->agents)
			points = m->agent_points[agent + 1] - m->agent_points[agent];
		else
			points = (m->cells[m->agent_cells[agent]].hi) + 2;
		if (points > r->most_points)
			r->most_points = points;
	}
	x->batch = malloc(SUCCESSORS * r->words * 8);
	r->scratch = malloc((2 * FOOTPRINT + 2 * r->literal_words) * 8);
	r->list = malloc(2 * r->most_points * 8);
	r->base = malloc(4 * r->agents * 8);
	if (!x->batch || !r->scratch || !r->list || !r->base ||
	    table_grown(r, &r->table, &r->table_bits, r->store, r->words, r->words, 0) ||
	    table_grown(r, &r->future_table, &r->future_bits, r->futures, FUTURE, 1 + r->literal_words, 0) ||
	    push_pending(r, r->initial, r->initial, 0))
		return FULL_MEMORY;
	r->members = r->base + r->agents;
	r->fewest = r->members + r->agents;
	r->disturbed = r->fewest + r->agents;
	x->limit = x->batch + SUCCESSORS * r->words;
	if (arrive(r))
		return FULL_MEMORY;
	r->level = 1;
	return SLICE_OVER;
}

int64_t shootdown_reduced_run(struct reduction *r, uint64_t nanoseconds)
{
	uint64_t deadline = now() + nanoseconds;

	for (;;) {
		if (r->fault)
			return FAULT;
		if (r->problems)
			return PROBLEM;
		if (r->wanted && !(r->wanted & ~r->violated))
			return DECIDED;
		if (r->cursor == r->count)
			break;
		if (r->count >= r->max_states)
			return FULL_STATES;
		if (r->cursor == r->level) {
			r->depth++;
			r->level = r->count;
		}
		if (expand_reduced(r))
			return FULL_MEMORY;
		if (now() > deadline)
			return SLICE_OVER;
	}
	find_stuck_reduced(r);
	return r->fault ? FAULT : EXHAUSTED;
}

int64_t shootdown_reduced_close(struct reduction *r)
{
	if (r->x)
		free(r->x->batch);
	free(r->x);
	free(r->store);
	free(r->table);
	free(r->quiet);
	free(r->pending);
	free(r->futures);
	free(r->future_table);
	free(r->scratch);
	free(r->list);
	free(r->base);
	return 0;
}
