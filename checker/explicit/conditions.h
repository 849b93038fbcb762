/*
 * Which conditions hold in a state. Those that read the same words of it are a group; of a group that reads what it read
 * in the state that was asked for before, they are known; what it has found for what else it read is kept for a while, and
 * most often found again.
 */

#define HELD_BITS 9 /* for the entries that a group has */
#define HELD (r->words + 2) /* of each: whether there is one, what holds, and what it reads */

static int new_conditions(struct reduction *r)
{
	uint64_t size = (r->group_count << HELD_BITS) * HELD + r->words + r->group_count;

	r->held = calloc(size + 1, 8);
	r->bytes += 8 * size;
	if (!r->held)
		return -1;
	r->before = r->held + (r->group_count << HELD_BITS) * HELD;
	r->held_before = r->before + r->words;
	return 0;
}

/* Whether a group reads in a state what it read in the one before. */
static int reads_the_same(const struct reduction *r, const struct group *group, const uint64_t *s)
{
	uint64_t differ = 0;

	for (uint64_t i = group->part; i < group->last_part; i++)
		differ |= (s[r->parts[2 * i]] ^ r->before[r->parts[2 * i]]) & r->parts[2 * i + 1];
	return !differ;
}

/* The conditions of a group that hold in a state. */
static uint64_t true_in_group(struct reduction *r, uint64_t number, const uint64_t *s, int *unpacked)
{
	const struct machine *m = r->x->machine;
	const struct group *group = r->groups + number;
	uint64_t read[r->words], n = group->last_part - group->part, *entry;

	for (uint64_t i = 0; i < n; i++) {
		const uint64_t *part = r->parts + 2 * (group->part + i);

		read[i] = s[part[0]] & part[1];
	}
	entry = r->held + ((number << HELD_BITS) + (hash_words(read, n) >> (64 - HELD_BITS))) * HELD;
	if (entry[0] && same_words(entry + 2, read, n))
		return entry[1];
	if (!*unpacked)
		unpack(m, m->seen, m->seen_count, s, m->judged);
	*unpacked = 1;
	entry[0] = 1;
	entry[1] = judge_unpacked(r->x, group->code);
	memcpy(entry + 2, read, n * 8);
	return entry[1];
}

#define TRUTHS ((r->conditions + 63) / 64)

/* Which conditions are true in a state, as bits; one word more than these take is written. */
static void evaluate_conditions(struct reduction *r, const uint64_t *s, uint64_t *truths)
{
	int unpacked = 0;

	memset(truths, 0, (TRUTHS + 1) * 8);
	for (uint64_t i = 0; i < r->group_count; i++) {
		uint64_t first = r->groups[i].first, here = r->held_before[i];

		if (!r->asked_before || !reads_the_same(r, r->groups + i, s))
			here = r->held_before[i] = true_in_group(r, i, s, &unpacked);
		truths[first / 64] |= here << first % 64;
		if (first % 64)
			truths[first / 64 + 1] |= here >> (64 - first % 64);
	}
	memcpy(r->before, s, r->words * 8);
	r->asked_before = 1;
}

/* The low 32 bits, with a zero above each. */
static uint64_t apart(uint64_t bits)
{
	bits &= 0xffffffffu;
	bits = (bits | bits << 16) & 0x0000ffff0000ffffu;
	bits = (bits | bits << 8) & 0x00ff00ff00ff00ffu;
	bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0fu;
	bits = (bits | bits << 2) & 0x3333333333333333u;
	return (bits | bits << 1) & 0x5555555555555555u;
}

/* The literals that hold: of each condition either that it is false, or that it is true. */
static void literals_of(const struct reduction *r, const uint64_t *truths, uint64_t *literals)
{
	for (uint64_t i = 0; i < r->conditions; i += 64) {
		uint64_t left = r->conditions - i, true_ones = truths[i / 64];
		uint64_t false_ones = ~true_ones & (left < 64 ? MASK(left) : ~(uint64_t)0);

		literals[i / 32] = apart(true_ones) << 1 | apart(false_ones);
		if (left > 32)
			literals[i / 32 + 1] = apart(true_ones >> 32) << 1 | apart(false_ones >> 32);
	}
}
