/*
 * What a stored state leads to: the stored states behind its steps, or such that are to be stored. States in which one
 * agent goes alone are passed through.
 */

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

/* The row in `found` of a state; NULL: the thread has not found it in this round. */
static uint64_t *found_at(const struct reduction *r, const uint64_t *s, uint64_t hash)
{
	uint64_t entry =
		r->found_table[slot_of(r->found_table, r->found_bits, r->found, FOUND, s, r->words, hash)];

	return entry ? r->found + row_of(entry) * FOUND : NULL;
}

/* Note a state that is to be stored; `cut`: though it might be passed through by who comes to it in another way. */
static int find_new(struct reduction *r, const uint64_t *s, uint64_t hash, uint64_t cut)
{
	uint64_t *row;

	if (grown(r, &r->found, &r->found_capacity, r->found_count + 1, FOUND * 8) ||
	    table_grown(r, &r->found_table, &r->found_bits, r->found, FOUND, r->words, r->found_count))
		return -1;
	row = r->found + r->found_count * FOUND;
	memcpy(row, s, r->words * 8);
	row[r->words] = hash;
	row[r->words + 1] = 2 * r->expanded + cut;
	r->found_table[slot_of(r->found_table, r->found_bits, r->found, FOUND, s, r->words, hash)] =
		entry_of(hash, r->found_count++);
	r->violated |= check_state(r->x, s);
	return 0;
}

/*
 * Whether a state that is not stored need not be looked at: another expansion of this round has found that it is to be
 * stored, or this one has come to it before. What others have cut short counts for them alone, so that nothing depends on
 * which thread has expanded what.
 */
static int is_found(const struct reduction *r, const uint64_t *row)
{
	return row && (!(row[r->words + 1] & 1) || row[r->words + 1] >> 1 == r->expanded);
}

/* Find the states of `pending` that are to be stored, or what comes behind them. */
static int arrive(struct reduction *r)
{
	while (r->pending_count) {
		uint64_t *row = r->pending + --r->pending_count * PENDING;
		uint64_t s[r->words], earlier[r->words], length = row[2 * r->words], hash = row[2 * r->words + 1];
		uint64_t *found, cut;
		int64_t n = -1, at;

		memcpy(s, row, r->words * 8);
		memcpy(earlier, row + r->words, r->words * 8);
		at = stored_at(r, s, hash);
		r->later |= at >= (int64_t)r->last;
		if (at >= 0)
			continue;
		found = found_at(r, s, hash);
		cut = r->merge && (length >= r->longest || (length && same_words(s, earlier, r->words)));
		if (r->merge && !cut && !is_found(r, found))
			n = ample(r, s);
		if (n == -2)
			return -1;
		if (n < 0) {
			r->later = 1;
			if (found && !is_found(r, found))
				found[r->words + 1] = 2 * r->expanded + cut;
			else if (!found && find_new(r, s, hash, cut))
				return -1;
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

/* Expand a stored state: by the fewest agents that may go first, if that leads to a state that is expanded later. */
static int expand_reduced(struct reduction *r, uint64_t at)
{
	uint64_t s[r->words], progress;
	int64_t fewest;

	memcpy(s, r->store + at * r->words, r->words * 8);
	r->expanded = at;
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
		__atomic_fetch_or(r->quiet + (at >> 6), (uint64_t)1 << (at & 63), __ATOMIC_RELAXED);
	}
	return arrive(r);
}
