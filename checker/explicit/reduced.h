/*
 * The search: rounds until all states are expanded, from the beginning again where routes were met that were not known.
 */

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
	learn(r);
}

/* Begin with nothing but what is known of routes, and what was found. */
static int begin(struct reduction *r)
{
	memset(r->table, 0, (size_t)8 << r->table_bits);
	if (r->quiet)
		memset(r->quiet, 0, (r->capacity / 64 + 1) * 8);
	r->count = r->cursor = r->last = r->depth = r->surprises = 0;
	r->transitions = r->passed = r->postponed = r->renamed = 0;
	begin_round(r);
	if (push_pending(r, r->initial, r->initial, 0) || arrive(r) || store_found(r, r, 0, r->found_count))
		return -1;
	learn(r);
	r->level = r->count;
	return 0;
}

int64_t shootdown_reduced_open(struct reduction *r)
{
	r->allowed = r->max_bytes;
	if (new_rounds(r) || table_grown(r, &r->table, &r->table_bits, r->store, r->words, r->words, 0))
		return FULL_MEMORY;
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
		if (expand_round(r))
			return FULL_MEMORY;
		if (now() > deadline)
			return SLICE_OVER;
	}
	find_stuck_reduced(r);
	return r->fault ? FAULT : EXHAUSTED;
}

int64_t shootdown_reduced_close(struct reduction *r)
{
	free_rounds(r);
	free(r->store);
	free(r->table);
	free(r->quiet);
	return 0;
}
