/*
 * The search in rounds: states of one level are expanded by several threads, each of which knows what was stored before
 * the round, and what it has found itself. Then what they have found is stored, in the order in which one thread would
 * have found it. So nothing depends on how many there are.
 */
#include <pthread.h>

#define ROUND 1024 /* states; as in the interpreter's search */
#ifndef PORTION
#define PORTION 16 /* states that a thread takes at a time */
#endif
#define PORTIONS (ROUND / PORTION + 1)

/* What a thread has found in a portion: rows of its `found`. */
struct portion {
	struct reduction *finder;
	uint64_t first, last;
};

struct rounds {
	struct reduction *others; /* the threads but the first */
	uint64_t other_count;
	pthread_t *threads;
	uint64_t taken; /* portions of this round */
	struct portion portions[PORTIONS];
};

/* Which words of the literals tell the futures of an agent apart. */
static void find_own(struct reduction *r)
{
	r->key_words = 1;
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		const uint64_t *own = r->own + agent * r->literal_words;
		uint64_t first = 0, last = r->literal_words;

		while (first < last && !own[first])
			first++;
		while (last > first && !own[last - 1])
			last--;
		r->first_own[agent] = first;
		if (1 + last - first > r->key_words)
			r->key_words = 1 + last - first;
	}
}

/* Give a thread what it works with; negative: no memory is left. */
static int new_thread(struct reduction *r, const struct machine *m, uint32_t *fired)
{
	struct search *x = calloc(1, sizeof(*x));

	r->x = x;
	if (!x)
		return -1;
	x->words = r->words;
	x->agents = r->agents;
	x->machine = m;
	x->fired = fired;
	x->sink = DROP;
	r->most_points = 0;
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
	r->open = calloc(r->route_count + 1, 8);
	r->list = malloc(2 * r->most_points * 8);
	r->base = malloc((8 * r->agents + FOOTPRINT + 2 * r->literal_words) * 8);
	if (!x->batch || !r->open || !r->list || !r->base)
		return -1;
	r->current = r->base + r->agents;
	r->members = r->current + r->agents;
	r->fewest = r->members + r->agents;
	r->disturbed = r->fewest + r->agents;
	r->first_own = r->disturbed + r->agents;
	r->recent = r->first_own + r->agents;
	r->now = r->recent + 2 * r->agents;
	memset(r->recent, 0, 2 * r->agents * 8);
	r->possible = r->now + FOOTPRINT;
	r->closed = r->possible + r->literal_words;
	find_own(r);
	x->limit = x->batch + SUCCESSORS * r->words;
	if (new_conditions(r) || more_decisions(r, FIRST_DECISION_BITS))
		return -1;
	return table_grown(r, &r->future_table, &r->future_bits, r->futures, ROW_OF_FUTURE, r->key_words, 0) ||
	       table_grown(r, &r->found_table, &r->found_bits, r->found, FOUND, r->words, 0);
}

static void free_thread(struct reduction *r)
{
	if (r->x)
		free(r->x->batch);
	free(r->x);
	free(r->found);
	free(r->found_table);
	free(r->open);
	free(r->pending);
	free(r->futures);
	free(r->future_table);
	free(r->held);
	free(r->decisions);
	free(r->list);
	free(r->base);
}

static int new_rounds(struct reduction *r)
{
	r->rounds = calloc(1, sizeof(*r->rounds));
	return r->rounds ? new_thread(r, r->machine, r->fired) : -1;
}

static void free_rounds(struct reduction *r)
{
	for (uint64_t i = 0; r->rounds && i < r->rounds->other_count; i++)
		free_thread(r->rounds->others + i);
	if (r->rounds) {
		free(r->rounds->others);
		free(r->rounds->threads);
	}
	free(r->rounds);
	free_thread(r);
}

/* The memory that the threads have left together. */
static uint64_t memory_left(const struct reduction *r)
{
	uint64_t used = r->bytes;

	for (uint64_t i = 0; i < r->rounds->other_count; i++)
		used += r->rounds->others[i].bytes;
	return used < r->max_bytes ? r->max_bytes - used : 0;
}

/* Let so many threads more expand states, each with a machine and counters of steps of its own. */
int64_t shootdown_reduced_join(struct reduction *r, uint64_t count, const struct machine *const *machines,
			       uint32_t *const *fired)
{
	struct rounds *rounds = r->rounds;

	rounds->others = calloc(count, sizeof(*rounds->others));
	rounds->threads = calloc(count, sizeof(*rounds->threads));
	if (!rounds->others || !rounds->threads)
		return FULL_MEMORY;
	for (; rounds->other_count < count; rounds->other_count++) {
		struct reduction *other = rounds->others + rounds->other_count;

		memcpy(other, r, offsetof(struct reduction, transitions));
		other->allowed = memory_left(r);
		if (new_thread(other, machines[rounds->other_count], fired[rounds->other_count])) {
			rounds->other_count++;
			return FULL_MEMORY;
		}
	}
	return SLICE_OVER;
}

static void meet_route(struct reduction *r, uint64_t route)
{
	r->surprises += !r->met[route];
	r->met[route] = 1;
}

static void forget(struct reduction *r)
{
	memset(r->future_table, 0, (size_t)8 << r->future_bits);
	r->future_count = 0;
	forget_decisions(r);
}

/* Meet the routes that a thread has noted, and what may be an image of theirs. */
static void meet_noted(struct reduction *r, struct reduction *thread)
{
	for (uint64_t i = 0; i < r->route_count && thread->open_count; i++) {
		if (!thread->open[i])
			continue;
		thread->open[i] = 0;
		thread->open_count--;
		meet_route(r, i);
		for (uint64_t j = r->first_image[i]; j < r->first_image[i + 1]; j++)
			meet_route(r, r->images[j]);
	}
}

/* Meet the routes that were noted; where there are any, everything that rests on what was met is forgotten. */
static void learn(struct reduction *r)
{
	struct rounds *rounds = r->rounds;
	uint64_t before = r->surprises;

	meet_noted(r, r);
	for (uint64_t i = 0; i < rounds->other_count; i++)
		meet_noted(r, rounds->others + i);
	if (r->surprises == before)
		return;
	forget(r);
	for (uint64_t i = 0; i < rounds->other_count; i++)
		forget(rounds->others + i);
}

static void begin_round(struct reduction *r)
{
	r->found_count = 0;
	memset(r->found_table, 0, (size_t)8 << r->found_bits);
}

/* Store what was found and is not stored. */
static int store_found(struct reduction *r, const struct reduction *finder, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i < last; i++) {
		const uint64_t *row = finder->found + i * FOUND;

		if (stored_at(r, row, row[r->words]) < 0 && store_reduced(r, row, row[r->words]))
			return -1;
	}
	return 0;
}

/* Expand portions of the round until all are taken. */
static void *expand_portions(void *argument)
{
	struct reduction *r = argument;
	struct rounds *rounds = r->rounds;

	begin_round(r);
	for (;;) {
		uint64_t number = __atomic_fetch_add(&rounds->taken, 1, __ATOMIC_RELAXED);
		uint64_t at = r->cursor + number * PORTION, first = r->found_count;

		if (at >= r->last)
			return NULL;
		for (uint64_t i = at; i < at + PORTION && i < r->last && !r->failed; i++)
			r->failed = expand_reduced(r, i) != 0;
		rounds->portions[number] = (struct portion){r, first, r->found_count};
	}
}

/* Share out the memory that is left. */
static void share_memory(struct reduction *r)
{
	struct rounds *rounds = r->rounds;
	uint64_t left = memory_left(r) / (rounds->other_count + 1);

	r->allowed = r->bytes + left;
	for (uint64_t i = 0; i < rounds->other_count; i++)
		rounds->others[i].allowed = rounds->others[i].bytes + left;
}

/* Add what a thread has counted. */
static void add_counts(struct reduction *r, struct reduction *thread)
{
	r->transitions += thread->transitions;
	r->problems += thread->problems;
	r->violated |= thread->violated;
	r->passed += thread->passed;
	r->postponed += thread->postponed;
	r->renamed += thread->renamed;
	r->fault = r->fault ? r->fault : thread->fault;
	r->failed |= thread->failed;
	thread->transitions = thread->problems = thread->passed = thread->postponed = thread->renamed = 0;
}

/* Expand the next states of a level; negative: no memory is left. */
static int expand_round(struct reduction *r)
{
	struct rounds *rounds = r->rounds;
	uint64_t running = 0, portions;

	r->last = r->level < r->cursor + ROUND ? r->level : r->cursor + ROUND;
	portions = (r->last - r->cursor + PORTION - 1) / PORTION;
	rounds->taken = 0;
	share_memory(r);
	for (; running < rounds->other_count && running + 1 < portions; running++) {
		memcpy(rounds->others + running, r, offsetof(struct reduction, transitions));
		if (pthread_create(rounds->threads + running, NULL, expand_portions, rounds->others + running))
			break;
	}
	expand_portions(r);
	for (uint64_t i = 0; i < running; i++) {
		pthread_join(rounds->threads[i], NULL);
		add_counts(r, rounds->others + i);
	}
	r->allowed = r->bytes + memory_left(r);
	for (uint64_t i = 0; i < portions && !r->failed; i++)
		r->failed |= store_found(r, rounds->portions[i].finder, rounds->portions[i].first, rounds->portions[i].last) != 0;
	learn(r);
	r->cursor = r->last;
	return r->failed ? -1 : 0;
}
