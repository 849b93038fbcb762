/*
 * Stuck states of those that a search has expanded, for no others are quiet: quiet ones (no progress step enabled) from
 * which no transitions among quiet states lead to one that is not, with some agent inside an operation. Linear in states
 * and transitions: a sweep against the order of the store finds most live states, then edges among the rest carry
 * liveness backwards.
 */

enum phase { SWEEP, EDGES, SPREAD, LOOK, LOOKED };

static void set_live(struct search *x, uint64_t i)
{
	set_bit(x->live, i);
}

static int add_edge(struct search *x, uint64_t from, uint64_t to)
{
	if (x->edge_count + 2 > UINT32_MAX)
		return -1;
	if (x->edge_count + 2 > x->edge_capacity) {
		uint64_t capacity = x->edge_capacity ? x->edge_capacity * 2 : 1024;
		uint32_t *edges = realloc(x->edges, capacity * 8);

		if (!edges)
			return -1;
		x->edges = edges;
		x->edge_capacity = capacity;
	}
	x->edge_count++;
	x->edges[2 * x->edge_count] = x->edge_first[to];
	x->edges[2 * x->edge_count + 1] = (uint32_t)from;
	x->edge_first[to] = (uint32_t)x->edge_count;
	return 0;
}

static void take_live(struct search *x, uint64_t n)
{
	prepare_batch(x, n);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t j = (uint64_t)position_in_batch(x, i);

		if (!is_quiet(x, j) || is_live(x, j))
			x->hit = 1;
		else if (x->pass_phase == EDGES && j != x->run_state && add_edge(x, x->run_state, j))
			x->out_of_memory = IN_MEMORY;
	}
}

/* A round that was taken back may have called states quiet that were not expanded after all. */
static void forget_unexpanded(struct search *x)
{
	for (uint64_t i = x->cursor; i < x->count; i++)
		x->quiet[i >> 6] &= ~((uint64_t)1 << (i & 63));
}

static int begin_stuck(struct search *x)
{
	forget_unexpanded(x);
	x->live = calloc(x->count / 64 + 1, 8);
	x->edge_first = calloc(x->count, sizeof(*x->edge_first));
	x->queue = calloc(x->count, sizeof(*x->queue));
	x->pass_phase = SWEEP;
	x->pass_cursor = 0;
	return x->live && x->edge_first && x->queue ? 0 : -1;
}

/* Whether some transition of a quiet state leads to a live one, or out of the quiet ones. */
static int leads_on(struct search *x, uint64_t i)
{
	uint64_t buffer[WORDS];

	x->hit = 0;
	x->run_state = i;
	x->sink = LIVE;
	take(x, expand(x, state_at(x, i, buffer), x->batch));
	return x->hit != 0;
}

static void sweep_one(struct search *x, uint64_t step)
{
	uint64_t i = x->pass_phase == SWEEP ? x->count - 1 - step : step;
	uint64_t buffer[WORDS];

	if (!is_quiet(x, i) || is_live(x, i))
		return;
	if (x->pass_phase == LOOK) {
		if (x->stuck_depth == ~(uint64_t)0 && inside(x, state_at(x, i, buffer))) {
			x->stuck_depth = 0;
			while (level_end(x, x->stuck_depth) <= i)
				x->stuck_depth++;
		}
		return;
	}
	if (leads_on(x, i)) {
		set_live(x, i);
		if (x->pass_phase == EDGES)
			x->queue[x->queued++] = (uint32_t)i;
	}
}

static void spread(struct search *x)
{
	while (x->queued) {
		uint64_t i = x->queue[--x->queued];

		for (uint64_t edge = x->edge_first[i]; edge; edge = x->edges[2 * edge]) {
			uint64_t from = x->edges[2 * edge + 1];

			if (!is_live(x, from)) {
				set_live(x, from);
				x->queue[x->queued++] = (uint32_t)from;
			}
		}
	}
}

static void sweep_chunks(struct member *member)
{
	struct chunk *chunk;

	while ((chunk = next_chunk(member->crew)))
		for (uint64_t step = chunk->first; step < chunk->last; step++)
			sweep_one(&member->search, step);
}

static void sweep_together(struct search *x)
{
	uint64_t last = cut_chunks(x, x->pass_cursor, x->count);

	brief_all(x, LIVE);
	do_together(x->crew, sweep_chunks);
	x->fault |= any_fault(x->crew);
	x->pass_cursor = last;
}

/* One phase, or a part of it until the deadline comes. */
static void sweep(struct search *x, uint64_t deadline)
{
	while (x->pass_cursor < x->count && !x->out_of_memory && now() <= deadline) {
		if (x->pass_phase == SWEEP && x->count - x->pass_cursor >= x->fewest_states && gather(x))
			sweep_together(x);
		else
			do
				sweep_one(x, x->pass_cursor++);
			while (x->pass_cursor < x->count && (x->pass_cursor & 63) != 0);
	}
}

/* Sets `stuck_depth` to the least depth of a stuck state; it stays as it is if there is none. */
static int64_t find_stuck(struct search *x, uint64_t nanoseconds)
{
	uint64_t deadline = now() + nanoseconds;

	if (!x->live && begin_stuck(x))
		return FULL_MEMORY;
	while (x->pass_phase != LOOKED) {
		if (x->pass_phase == SPREAD)
			spread(x);
		else
			sweep(x, deadline);
		if (x->fault || x->out_of_memory || (x->pass_phase != SPREAD && x->pass_cursor < x->count))
			break;
		x->pass_phase++;
		x->pass_cursor = 0;
	}
	dismiss(x);
	if (x->fault)
		return FAULT;
	if (x->out_of_memory)
		return FULL_MEMORY;
	if (x->pass_phase != LOOKED)
		return SLICE_OVER;
	forget_stuck(x);
	return DONE;
}
