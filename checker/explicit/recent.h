/*
 * States that a thread has looked up lately. Successors of neighbouring states are often the same ones: from two fifths to
 * three quarters of all are found here, in the cache of a core, and need no look at table and store.
 *
 * What is here is in the table already, or lies before in the same batch or, of a round by several threads, in the log of
 * this one, which takes chunks in their order. What a round that is taken back has looked up is stored by the caller before
 * there is another.
 */
#define RECENT_BYTES (1 << 19)

static uint64_t recent_words(const struct search *x)
{
	return WORDS << x->recent_bits;
}

/* All entries are the initial state, which is stored before any other. */
static int new_recent(struct search *x)
{
	x->recent_bits = 4;
	while (recent_words(x) * 16 <= RECENT_BYTES)
		x->recent_bits++;
	x->recent = malloc(recent_words(x) * 8);
	if (!x->recent)
		return -1;
	for (uint64_t i = 0; i < recent_words(x); i += WORDS)
		copy(x, x->recent + i, x->initial);
	return 0;
}

/* Take out of the batch what was looked up lately; returns how many states are left. */
INLINE uint64_t drop_recent(struct search *x, uint64_t n)
{
	uint64_t left = 0;

	for (uint64_t i = 0; i < n; i++) {
		const uint64_t *s = x->batch + i * WORDS;
		uint64_t h = hash_key(x, s, 0);
		uint64_t *entry = x->recent + (h >> (64 - x->recent_bits)) * WORDS;
		uint64_t known = (uint64_t)same_state(x, entry, s);

		copy(x, entry, s);
		copy(x, x->batch + left * WORDS, s);
		x->hashes[left] = h;
		left += !known;
	}
	return left;
}
