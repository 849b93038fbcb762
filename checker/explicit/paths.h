/*
 * The backward pass over the levels: which states lead to a goal in the remaining number of steps, with how few
 * context switches. Of the least costs by next agent only the least of all and the agents that have it are kept:
 * any other agent can do with one switch more.
 */

static uint64_t level_end(const struct search *x, uint64_t depth)
{
	return depth <= x->depth ? x->levels[depth + 1] : x->count;
}

static uint8_t *mark_of(const struct search *x, uint64_t state)
{
	return x->marks + state * x->mark_bytes;
}

/* The least number of context switches from a state to a goal, plus one; 0: none within reach. */
static uint32_t cost_of(const struct search *x, uint64_t state)
{
	const uint8_t *mark = mark_of(x, state);
	uint32_t cost = 0;

	for (uint64_t i = 0; i < x->cost_bytes; i++)
		cost |= (uint32_t)mark[i] << 8 * i;
	return cost;
}

static void set_cost(const struct search *x, uint64_t state, uint32_t cost)
{
	uint8_t *mark = mark_of(x, state);

	for (uint64_t i = 0; i < x->cost_bytes; i++)
		mark[i] = (uint8_t)(cost >> 8 * i);
}

/* Whether an agent's step achieves that without another switch. */
static int starts(const struct search *x, uint64_t state, uint64_t agent)
{
	return mark_of(x, state)[x->cost_bytes + (agent >> 3)] >> (agent & 7) & 1;
}

static void offer(struct search *x, uint64_t state, uint64_t agent, uint32_t cost)
{
	uint32_t known = cost_of(x, state);
	uint8_t *mark = mark_of(x, state);

	if (known && cost > known)
		return;
	if (!known || cost < known)
		memset(mark, 0, x->mark_bytes);
	set_cost(x, state, cost);
	mark[x->cost_bytes + (agent >> 3)] |= (uint8_t)(1 << (agent & 7));
}

/* Least cost of a run through successor `i` of the batch, taken by `agent`; 0 if it leads nowhere. */
static uint32_t cost_through(struct search *x, uint64_t i, uint64_t agent)
{
	int64_t found = position_in_batch(x, i);
	uint64_t j = (uint64_t)found;

	if (found < 0 || j < level_end(x, x->pass_depth) || j >= level_end(x, x->pass_depth + 1) || !cost_of(x, j))
		return 0;
	return cost_of(x, j) + !starts(x, j, agent);
}

static void end_run(struct search *x, uint64_t n)
{
	if (n > x->run_start)
		x->runs[x->run_count++] = (struct run){x->run_state, (uint32_t)x->run_agent, (uint32_t)x->run_start};
	x->run_start = n;
}

static void take_marks(struct search *x, uint64_t n)
{
	end_run(x, n);
	prepare_batch(x, n);
	for (uint64_t r = 0; r < x->run_count; r++) {
		uint64_t last = r + 1 < x->run_count ? x->runs[r + 1].start : n;
		uint32_t best = 0;

		for (uint64_t i = x->runs[r].start; i < last; i++) {
			uint32_t cost = cost_through(x, i, x->runs[r].agent);

			if (cost && (!best || cost < best))
				best = cost;
		}
		if (best)
			offer(x, x->runs[r].state, x->runs[r].agent, best);
	}
	x->run_count = 0;
	x->run_start = 0;
}

static int is_quiet(const struct search *x, uint64_t i)
{
	return bit_is_set(x->quiet, i);
}

static int is_live(const struct search *x, uint64_t i)
{
	return bit_is_set(x->live, i);
}

static int is_goal(struct search *x, uint64_t i)
{
	uint64_t buffer[WORDS];
	const uint64_t *s = state_at(x, i, buffer);

	switch (x->goal) {
	case GOAL_STATE:
		return (check_state(x, s) & x->goal_bit) != 0;
	case GOAL_END:
		x->progress = 0;
		x->sink = DROP;
		expand(x, s, x->batch);
		return !x->progress && (check_end(x, s) & x->goal_bit) != 0;
	default:
		return is_quiet(x, i) && !is_live(x, i) && inside(x, s);
	}
}

static int begin_paths(struct search *x)
{
	/* A cost is at most one more than the depth. */
	x->cost_bytes = x->goal_depth < 254 ? 1 : x->goal_depth < 65534 ? 2 : 4;
	x->mark_bytes = x->cost_bytes + (x->agents + 7) / 8;
	x->marks = calloc(level_end(x, x->goal_depth), x->mark_bytes);
	if (!x->marks)
		return -1;
	x->run_count = x->run_start = 0;
	x->pass_depth = x->goal_depth;
	x->pass_cursor = x->levels[x->goal_depth];
	return 0;
}

/* The agents of state `i` whose transition is itself the goal: a failed assertion or a problem. */
static void mark_steps(struct search *x, uint64_t i, const uint64_t *s)
{
	x->sink = DROP;
	unpack_state(x, s);
	for (uint64_t agent = 0; agent < x->agents; agent++) {
		x->violated = x->problems = 0;
		expand_agent(x, agent, s, x->batch);
		if (x->goal == GOAL_STEP ? (x->violated & x->goal_bit) != 0 : x->problems != 0)
			offer(x, i, agent, 1);
	}
}

static uint64_t *mark_state(struct search *x, uint64_t i, uint64_t *out)
{
	uint64_t buffer[WORDS];
	const uint64_t *s = state_at(x, i, buffer);
	int by_step = x->goal == GOAL_STEP || x->goal == GOAL_PROBLEM;

	if (x->pass_depth == x->goal_depth) {
		if (!by_step && is_goal(x, i)) {
			memset(mark_of(x, i), 0xff, x->mark_bytes);
			set_cost(x, i, 1);
		}
		return out;
	}
	if (by_step && x->pass_depth + 1 == x->goal_depth) {
		mark_steps(x, i, s);
		return out;
	}
	x->sink = MARK;
	x->run_state = i;
	unpack_state(x, s);
	for (uint64_t agent = 0; agent < x->agents; agent++) {
		x->run_agent = agent;
		out = expand_agent(x, agent, s, out);
		end_run(x, (uint64_t)(out - x->batch) / WORDS);
	}
	return out;
}

/* Mark states of the level from `pass_cursor` on; the deadline is looked at now and then. */
static void mark_serially(struct search *x, uint64_t end, uint64_t deadline)
{
	uint64_t *out = x->batch;

	while (x->pass_cursor < end) {
		out = mark_state(x, x->pass_cursor, out);
		x->pass_cursor++;
		if ((x->pass_cursor & 63) == 0 && now() > deadline)
			break;
	}
	x->sink = MARK;
	take(x, out);
}

static void mark_chunks(struct member *member)
{
	struct chunk *chunk;

	while ((chunk = next_chunk(member->crew))) {
		member->search.pass_cursor = chunk->first;
		mark_serially(&member->search, chunk->last, ~(uint64_t)0);
	}
}

static void mark_together(struct search *x, uint64_t end)
{
	uint64_t last = cut_chunks(x, x->pass_cursor, end);

	brief_all(x, MARK);
	do_together(x->crew, mark_chunks);
	x->fault |= any_fault(x->crew);
	x->pass_cursor = last;
}

/* Mark levels from the goal's to the second. Only transitions of expanded states count, those before `cursor`. */
static int64_t mark_paths(struct search *x, uint64_t nanoseconds)
{
	uint64_t deadline = now() + nanoseconds;
	int done = 0;

	if (!x->marks && begin_paths(x))
		return FULL_MEMORY;
	while (!done) {
		uint64_t end = level_end(x, x->pass_depth);

		if (x->pass_depth != x->goal_depth && end > x->cursor)
			end = x->cursor;
		while (x->pass_cursor < end && now() <= deadline) {
			if (end - x->pass_cursor >= x->fewest_states && gather(x))
				mark_together(x, end);
			else
				mark_serially(x, end, deadline);
		}
		if (x->fault || x->pass_cursor < end)
			break;
		done = x->pass_depth <= 1;
		x->pass_depth -= !done;
		x->pass_cursor = done ? end : x->levels[x->pass_depth];
	}
	dismiss(x);
	if (x->fault)
		return FAULT;
	return done ? DONE : SLICE_OVER;
}
