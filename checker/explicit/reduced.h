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
	row[2 * r->words + 1] = hash_words(row, r->words);
	__builtin_prefetch(r->table + (row[2 * r->words + 1] >> (64 - r->table_bits)));
	return 0;
}

/* The successors of an agent that may go alone, in the batch; negative: there is no such agent, or (-2) no memory. */
static int64_t ample(struct reduction *r, const uint64_t *s)
{
	struct asked asked;
	int unpacked = 0;

	ask(r, s, &asked);
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		uint64_t transitions = r->transitions, problems = r->problems, violated = r->violated, n;
		int alone = may_go_alone(r, agent, s, &asked);

		if (alone < 0)
			return -2;
		if (!alone)
			continue;
		if (!unpacked)
			unpack_state(r->x, s);
		unpacked = 1;
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
		uint64_t s[r->words], earlier[r->words], length = row[2 * r->words], hash = row[2 * r->words + 1];
		int64_t n = -1, at;

		memcpy(s, row, r->words * 8);
		memcpy(earlier, row + r->words, r->words * 8);
		at = stored_at(r, s, hash);
		r->later |= at > (int64_t)r->cursor;
		if (at >= 0)
			continue;
		if (r->merge && length < r->longest && (!length || memcmp(s, earlier, r->words * 8)))
			n = ample(r, s);
		if (n == -2)
			return -1;
		if (n < 0) {
			if (store_reduced(r, s, hash))
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
	unpack_state(r->x, s);
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
	fewest = fewest_of(r, s);
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
			unpack_state(r->x, r->store + i * r->words);
			for (uint64_t agent = 0; agent < r->agents && dead; agent++) {
				uint64_t transitions = r->transitions;
				uint64_t n = successors(r, agent, r->store + i * r->words);

				r->transitions = transitions;
				for (uint64_t j = 0; j < n && dead; j++) {
					uint64_t *target = r->x->batch + j * r->words;
					int64_t at;

					rename_state(r->machine, target, r->elements, r->sorts);
					at = stored_at(r, target, hash_words(target, r->words));
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

static uint64_t drawn(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % below;
}

/* Meet the routes that are open on random walks from stored states: one that the search meets is one to begin again for. */
static void walk(struct reduction *r)
{
	uint64_t transitions = r->transitions, problems = r->problems, violated = r->violated, seed = r->count;
	uint64_t s[r->words], n = 0;
	struct asked asked;

	for (uint64_t i = 0; i < FEWEST_STEPS + r->count; i++) {
		uint64_t agent = drawn(&seed, r->agents);

		if (!n || i % WALK == 0)
			memcpy(s, r->store + drawn(&seed, r->count) * r->words, r->words * 8);
		ask(r, s, &asked);
		unpack_state(r->x, s);
		n = 0;
		for (uint64_t tried = 0; tried < r->agents && !n; tried++)
			n = successors(r, (agent + tried) % r->agents, s);
		if (n)
			memcpy(s, r->x->batch + drawn(&seed, n) * r->words, r->words * 8);
	}
	r->transitions = transitions;
	r->problems = problems;
	r->violated = violated;
}

/* Begin with nothing but what is known of routes, and what was found. */
static int begin(struct reduction *r)
{
	memset(r->table, 0, (size_t)8 << r->table_bits);
	if (r->quiet)
		memset(r->quiet, 0, (r->capacity / 64 + 1) * 8);
	r->count = r->cursor = r->depth = r->surprises = 0;
	r->transitions = r->passed = r->postponed = r->renamed = 0;
	r->level = 1;
	return push_pending(r, r->initial, r->initial, 0) || arrive(r) ? -1 : 0;
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
	r->list = malloc(2 * r->most_points * 8);
	r->base = malloc((8 * r->agents + FOOTPRINT + 2 * r->literal_words) * 8);
	if (!x->batch || !r->list || !r->base)
		return FULL_MEMORY;
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
	if (new_conditions(r) || more_decisions(r, FIRST_DECISION_BITS))
		return FULL_MEMORY;
	if (table_grown(r, &r->table, &r->table_bits, r->store, r->words, r->words, 0) ||
	    table_grown(r, &r->future_table, &r->future_bits, r->futures, ROW_OF_FUTURE, r->key_words, 0))
		return FULL_MEMORY;
	x->limit = x->batch + SUCCESSORS * r->words;
	r->stage = FIRST_STAGE;
	return begin(r) ? FULL_MEMORY : SLICE_OVER;
}

int64_t shootdown_reduced_run(struct reduction *r, uint64_t nanoseconds)
{
	uint64_t deadline = now() + nanoseconds, late;

	for (;;) {
		if (r->fault)
			return FAULT;
		if (r->problems)
			return PROBLEM;
		if (r->wanted && !(r->wanted & ~r->violated))
			return DECIDED;
		late = r->count >= r->stage;
		if (late)
			r->stage *= 2;
		if (late && r->walk)
			walk(r);
		if (r->surprises && (late || r->cursor == r->count)) {
			if (begin(r))
				return FULL_MEMORY;
			continue;
		}
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
	free(r->held);
	free(r->decisions);
	free(r->list);
	free(r->base);
	return 0;
}
