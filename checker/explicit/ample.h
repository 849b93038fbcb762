/*
 * Which agents go first in a state, as `checker.analysis.ample` says it: from what each may do from where it stands,
 * which is worked out once for each place and what is known there.
 */

static int first_false(const struct reduction *r, const struct route *route, const uint64_t *literals)
{
	for (uint64_t i = route->literal; i < route->last_literal; i++) {
		uint64_t literal = r->literals[i];

		if (!(literals[literal >> 6] >> (literal & 63) & 1))
			return (int)literal;
	}
	return -1;
}

static inline void add_masks(uint64_t *to, const uint64_t *from, uint64_t n)
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

/* Add what decides whether a route is open. */
static void add_conditions(const struct reduction *r, const struct route *route, uint64_t *reads)
{
	for (uint64_t i = route->literal; i < route->last_literal; i++)
		add_masks(reads, r->condition_reads + (r->literals[i] >> 1) * r->mask_words, r->mask_words);
}

/*
 * Work out what an agent may do from a place while at most these literals hold. Of a route that no state has met only
 * what opens it counts: it is noticed if that ever happens, and then everything that rests on it is done again.
 */
static void work_out(struct reduction *r, uint64_t agent, uint64_t from, const uint64_t *possible, uint64_t *found)
{
	uint64_t first = r->machine->agent_points[agent];
	uint64_t *lacking = found + FOOTPRINT, *turned = lacking + r->literal_words;
	uint64_t *seen = r->list + r->most_points;
	uint64_t waiting = 1;

	memset(found, 0, FUTURE * 8);
	memset(seen, 0, r->most_points * 8);
	r->list[0] = from;
	seen[from - first] = 1;
	while (waiting) {
		uint64_t place = r->list[--waiting];

		for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++) {
			const struct route *route = r->routes + i;
			int literal = first_false(r, route, possible);

			if (literal >= 0) {
				lacking[literal >> 6] |= (uint64_t)1 << (literal & 63);
				continue;
			}
			if (!r->met[i]) {
				add_conditions(r, route, found);
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
	for (uint64_t i = 0; i < r->conditions; i++)
		if (meet(r->condition_reads + i * r->mask_words, found + r->mask_words, r->mask_words))
			turned[i >> 5] |= (uint64_t)3 << 2 * (i & 31);
}

/*
 * The same, from memory if it is known: `at` is where it begins. `recent` is where one was found lately, and is likely to
 * be found again. Negative: no memory is left.
 */
static int future_of(struct reduction *r, uint64_t agent, uint64_t place, const uint64_t *possible, uint64_t *at,
		     uint64_t *recent)
{
	uint64_t key[1 + MOST_LITERAL_WORDS] = {0};
	const uint64_t *own = r->own + agent * r->literal_words;
	uint64_t first = r->first_own[agent], n = r->key_words;
	uint64_t slot, hash, *row;

	key[0] = place;
	for (uint64_t i = 1; i < n && first + i <= r->literal_words; i++)
		key[i] = possible[first + i - 1] & own[first + i - 1];
	if (*recent < r->future_count && same_words(r->futures + *recent * ROW_OF_FUTURE, key, n)) {
		*at = *recent * ROW_OF_FUTURE + n;
		return 0;
	}
	hash = hash_words(key, n);
	slot = slot_of(r->future_table, r->future_bits, r->futures, ROW_OF_FUTURE, key, n, hash);
	if (!r->future_table[slot]) {
		if (grown(r, &r->futures, &r->future_capacity, r->future_count + 1, ROW_OF_FUTURE * 8) ||
		    table_grown(r, &r->future_table, &r->future_bits, r->futures, ROW_OF_FUTURE, n, r->future_count))
			return -1;
		row = r->futures + r->future_count++ * ROW_OF_FUTURE;
		memcpy(row, key, n * 8);
		work_out(r, agent, place, possible, row + n);
		slot = slot_of(r->future_table, r->future_bits, r->futures, ROW_OF_FUTURE, key, n, hash);
		r->future_table[slot] = entry_of(hash, r->future_count - 1);
	}
	*recent = row_of(r->future_table[slot]);
	*at = *recent * ROW_OF_FUTURE + n;
	return 0;
}

/* The future of an agent: footprint, literals that closed routes lack, and those that it may turn. */
static const uint64_t *future(const struct reduction *r, uint64_t at)
{
	return (r->partial_order ? r->futures : r->whole) + at;
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

static int may_run(const struct reduction *r, uint64_t place, const uint64_t *true_ones)
{
	for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++)
		if (first_false(r, r->routes + i, true_ones) < 0)
			return 1;
	return 0;
}

/* Whether a way through a progress step is open. */
static int may_progress(const struct reduction *r, uint64_t place, const uint64_t *true_ones)
{
	for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++)
		if (r->routes[i].progress && first_false(r, r->routes + i, true_ones) < 0)
			return 1;
	return 0;
}

/* Begin with a set of members: nobody yet, and of the others what they may do while the state's literals hold. */
static void no_members(struct reduction *r, const uint64_t *true_ones)
{
	memset(r->members, 0, r->agents * 8);
	memset(r->now, 0, FOOTPRINT * 8);
	memset(r->closed, 0, r->literal_words * 8);
	memcpy(r->possible, true_ones, r->literal_words * 8);
	memcpy(r->current, r->base, r->agents * 8);
}

static void add_member(struct reduction *r, uint64_t agent, const uint64_t *s, const uint64_t *true_ones)
{
	uint64_t place = place_of(r, agent, s);

	r->members[agent] = 1;
	add_masks(r->closed, r->excluded + place * r->literal_words, r->literal_words);
	add_now(r, place, true_ones, r->now);
}

/*
 * Let closed routes stay closed only while nobody but the members writes what their conditions read, and where a member
 * that stands where it stands does not exclude it. Returns whether something changed; negative: no memory is left.
 */
static int open_routes(struct reduction *r, const uint64_t *s)
{
	uint64_t n = r->literal_words, opened[MOST_LITERAL_WORDS], any = 0;
	uint64_t lacking[MOST_LITERAL_WORDS] = {0}, turned[MOST_LITERAL_WORDS] = {0};

	if (!r->partial_order)
		return 0;
	for (uint64_t other = 0; other < r->agents; other++) {
		if (r->members[other])
			continue;
		add_masks(lacking, future(r, r->current[other]) + FOOTPRINT, n);
		add_masks(turned, future(r, r->current[other]) + FOOTPRINT + n, n);
	}
	for (uint64_t i = 0; i < n; i++) {
		opened[i] = lacking[i] & turned[i] & ~r->closed[i] & ~r->possible[i];
		r->possible[i] |= opened[i];
		any |= opened[i];
	}
	if (!any)
		return 0;
	for (uint64_t other = 0; other < r->agents; other++)
		if (!r->members[other] && meet(opened, r->own + other * n, n) &&
		    future_of(r, other, place_of(r, other, s), r->possible, r->current + other,
			      r->recent + r->agents + other))
			return -1;
	return 1;
}

/* Mark the others that can do what depends on the members' next steps before these; how many. */
static uint64_t find_disturbed(struct reduction *r)
{
	uint64_t count = 0;

	for (uint64_t other = 0; other < r->agents; other++) {
		r->disturbed[other] = !r->members[other] && disturbs(r, r->now, future(r, r->current[other]));
		count += r->disturbed[other];
	}
	return count;
}

/* Whether nothing that others may do before an agent's next steps depends on these; negative: no memory is left. */
static int goes_alone(struct reduction *r, uint64_t agent, const uint64_t *s, const uint64_t *true_ones)
{
	uint64_t place = place_of(r, agent, s);
	int opened = 1;

	if (!may_progress(r, place, true_ones))
		return 0;
	no_members(r, true_ones);
	add_member(r, agent, s, true_ones);
	if (meet(r->now + r->mask_words, r->visible, r->mask_words))
		return 0;
	while (opened > 0) {
		for (uint64_t other = 0; other < r->agents; other++)
			if (!r->members[other] && disturbs(r, r->now, future(r, r->current[other])))
				return 0;
		opened = open_routes(r, s);
	}
	return opened < 0 ? -1 : 1;
}

/* Let `members` be an agent and those that must go with it; how many, or more than are wanted; negative: no memory. */
static int64_t close_members(struct reduction *r, uint64_t agent, const uint64_t *s, const uint64_t *true_ones,
			     uint64_t too_many)
{
	uint64_t count = 1, more = 1;

	no_members(r, true_ones);
	add_member(r, agent, s, true_ones);
	while (more && count < too_many) {
		int opened = 1;

		if (meet(r->now + r->mask_words, r->visible, r->mask_words))
			return (int64_t)r->agents;
		while (opened > 0)
			opened = open_routes(r, s);
		if (opened < 0)
			return -1;
		more = find_disturbed(r);
		count += more;
		for (uint64_t other = 0; other < r->agents; other++)
			if (r->disturbed[other])
				add_member(r, other, s, true_ones);
		if (more) {
			memcpy(r->possible, true_ones, r->literal_words * 8);
			memcpy(r->current, r->base, r->agents * 8);
		}
	}
	return (int64_t)count;
}

/* Note the routes that are open in a state and were not met. */
static void note_routes(struct reduction *r, const uint64_t *s, const uint64_t *literals)
{
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		uint64_t place = place_of(r, agent, s);

		for (uint64_t i = r->first_route[place]; i < r->first_route[place + 1]; i++) {
			if (r->met[i] || r->open[i] || first_false(r, r->routes + i, literals) >= 0)
				continue;
			r->open[i] = 1;
			r->open_count++;
		}
	}
}

/* Work out what each agent may do from where it stands in a state; negative: no memory is left. */
static int find_futures(struct reduction *r, const uint64_t *s, const uint64_t *literals)
{
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		r->base[agent] = agent * FUTURE;
		if (r->partial_order &&
		    future_of(r, agent, place_of(r, agent, s), literals, r->base + agent, r->recent + agent))
			return -1;
	}
	return 0;
}

/* Whether one of the members may take a progress step. */
static int get_on(const struct reduction *r, const uint64_t *s, const uint64_t *true_ones)
{
	for (uint64_t agent = 0; agent < r->agents; agent++)
		if (r->members[agent] && may_progress(r, place_of(r, agent, s), true_ones))
			return 1;
	return 0;
}

/* Let `fewest` be the fewest agents that may go first and get on; how many, negative: no memory is left. */
static int64_t find_fewest(struct reduction *r, const uint64_t *s, const uint64_t *literals)
{
	int64_t fewest = (int64_t)r->agents;

	for (uint64_t agent = 0; agent < r->agents; agent++)
		r->fewest[agent] = 1;
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		int64_t count;

		if (!may_run(r, place_of(r, agent, s), literals))
			continue;
		count = close_members(r, agent, s, literals, (uint64_t)fewest);
		if (count < 0)
			return -1;
		if (count < fewest && get_on(r, s, literals)) {
			fewest = count;
			memcpy(r->fewest, r->members, r->agents * 8);
		}
	}
	return fewest;
}
