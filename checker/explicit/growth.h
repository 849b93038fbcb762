/*
 * Growth of the table and of the store by a crew.
 */
#define SHARES 16
#ifndef LEAST_SHARED
#define LEAST_SHARED 8192 /* lines; when few more are left to be moved, that is one thread's */
#endif

static int any_failed(const struct crew *crew)
{
	for (uint64_t m = 0; m < crew->size; m++)
		if (crew->members[m].failed)
			return 1;
	return 0;
}

static void touch_pages(struct member *member)
{
	struct crew *crew = member->crew;
	uint64_t at;

	while ((at = crew->touch_from + __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED) * HUGE_PAGE) < crew->touch_to)
		touch(crew->touched_memory, at, at + HUGE_PAGE < crew->touch_to ? at + HUGE_PAGE : crew->touch_to);
}

/* Touch pages with the crew, as many bytes as a huge page has at a time. */
static void touch_together(struct crew *crew, char *memory, uint64_t from, uint64_t to)
{
	crew->touched_memory = memory;
	crew->touch_from = from;
	crew->touch_to = to;
	do_together(crew, touch_pages);
}

/* A piece that grows where it is, of which some lines are moved at a time; nobody reads where others write. */
struct stretch {
	struct table *table;
	uint64_t number;
	const struct piece *old;
	struct span lines;
	struct homeless *homeless; /* for each old line as many as it has slots */
	uint64_t counts[SHARES]; /* of the homeless of each share of the lines */
};

/* A share of lines as they were: from where one begins on, in sixteenths. */
static uint64_t share_of(struct span lines, uint64_t share)
{
	return lines.first + share * (lines.end - lines.first) / SHARES;
}

static void stretch_shares(struct member *member)
{
	struct crew *crew = member->crew;
	struct stretch *stretch = crew->stretch;
	const struct piece *old = stretch->old, *piece = stretch->table->pieces + stretch->number;
	uint64_t share;

	while ((share = __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED)) < SHARES) {
		struct span from = {share_of(stretch->lines, share), share_of(stretch->lines, share + 1)};
		/* Of new lines a share has those to which the first and the last of its own would move. */
		struct span to = {from.first * piece->count / old->count, from.end * piece->count / old->count};

		if (from.end == old->count + REACH)
			to.end = piece->count + REACH;
		stretch->counts[share] = stretch_lines(stretch->table, stretch->number, old, from, to,
						       stretch->homeless + from.first * SLOTS);
	}
}

/*
 * Let a piece grow with the crew: first its upper third, for which all lines are new, then a third of what is left, which
 * moves to lines that are empty by then, and so on until there is little. Homeless entries come to the front.
 */
static uint64_t stretch_together(struct crew *crew, struct table *table, uint64_t number, const struct piece *old,
				 struct homeless *homeless)
{
	const struct piece *piece = table->pieces + number;
	struct stretch stretch = {table, number, old, all_lines(old), homeless, {0}};
	uint64_t left = 0, end = old->count + REACH, rest;

	crew->stretch = &stretch;
	touch_together(crew, (char *)piece->lines, piece_bytes(old->count), piece_bytes(piece->count));
	while (end > LEAST_SHARED + 8 * REACH) {
		uint64_t begin = end * old->count / piece->count + 2 * REACH;
		struct homeless *first = homeless + begin * SLOTS;

		stretch.lines = (struct span){begin, end};
		do_together(crew, stretch_shares);
		rest = 0;
		for (uint64_t i = 0; i < SHARES; i++) {
			memmove(first + rest, homeless + share_of(stretch.lines, i) * SLOTS, stretch.counts[i] * sizeof(*first));
			rest += stretch.counts[i];
		}
		rest = house(table, number, first, rest);
		memmove(first + rest, homeless + end * SLOTS, left * sizeof(*first));
		left += rest;
		end = begin;
	}
	rest = stretch_lines(table, number, old, (struct span){0, end}, all_lines(piece), homeless);
	memmove(homeless + rest, homeless + end * SLOTS, left * sizeof(*homeless));
	return rest + left;
}

/* Pieces of the table that are to grow, or to be made of the one that there is. */
static void grow_pieces(struct member *member)
{
	struct crew *crew = member->crew;
	struct table *table = &crew->caller->table;
	uint64_t number;

	while ((number = __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED)) < PIECES) {
		uint64_t count = crew->plan->counts[number];

		if (crew->pieces)
			member->failed |= fill_piece(crew->pieces, number, count, table) != 0;
		else if (count != table->pieces[number].count)
			member->failed |= grow_piece(NULL, table, number, count) != 0;
	}
}

/* The crew of a search whose threads run, or null. */
static struct crew *working_crew(const struct search *x)
{
	struct crew *crew = x->crew;

	return crew && crew->running ? crew : NULL;
}

/* Let the pieces of a table grow, or divide it, each piece by one member. */
static int grow_together(struct search *x, const struct plan *plan)
{
	struct crew *crew = x->crew;
	struct table to = {.piece_bits = plan->piece_bits};

	crew->plan = plan;
	crew->pieces = x->table.piece_bits ? NULL : &to;
	for (uint64_t m = 0; m < crew->size; m++)
		crew->members[m].failed = 0;
	do_together(crew, grow_pieces);
	if (!crew->pieces)
		return any_failed(crew) ? -1 : 0;
	free_pieces(any_failed(crew) ? &to : &x->table);
	if (any_failed(crew))
		return -1;
	x->table = to;
	return 0;
}

/*
 * Have members touch huge pages of the store, one each if there is room for as many, before one is written to: two members
 * that come to a new one both have the kernel zero one, of which one is thrown away.
 */
static void touch_ahead(struct search *x)
{
	struct crew *crew = x->crew;
	uint64_t end = (x->count + crew->size * crew->room) * key_bytes(x), all = x->capacity * key_bytes(x);

	if (crew->touched_store != x->store)
		crew->touched = x->count * key_bytes(x);
	crew->touched_store = x->store;
	while (x->store_range && crew->touched < end) {
		uint64_t most = crew->touched + crew->size * HUGE_PAGE, until = most < all ? most : all;

		touch_together(crew, (char *)x->store, crew->touched, until);
		crew->touched = until;
	}
}
