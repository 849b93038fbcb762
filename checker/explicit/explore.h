/*
 * The search itself, over the functions that the including file defined: breadth-first by levels, in slices of time.
 */
#include "search.h"

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#include "memory.h"
#include "table.h"
#include "pack.h"
#include "recent.h"
#include "storage.h"

INLINE void hash_keys(struct search *x, const uint64_t *keys, uint64_t n, int packed)
{
	for (uint64_t i = 0; i < n; i++)
		x->hashes[i] = hash_key(x, keys + i * KEY_WORDS(packed), packed);
}

/* Have memory bring what looking up the first n keys of the batch will touch; notes where they are likely to stand. */
INLINE void prefetch_keys(struct search *x, uint64_t n, int packed)
{
	for (uint64_t i = 0; i < n; i++)
		prefetch_home(&x->table, x->hashes[i]);
	for (uint64_t i = 0; i < n; i++)
		x->likely[i] = likely_position(x, x->hashes[i], packed);
}

/* Whether a key of the batch stands where it is likely to. */
INLINE int is_likely(const struct search *x, const uint64_t *key, uint64_t i, int packed)
{
	int64_t position = x->likely[i];

	return position >= 0 && is_key(x, x->store + (uint64_t)position * KEY_BYTES(packed), key, packed);
}

/* Store the key of a state `s` that is new; returns -1 where lines are full as far as it may lie from home. */
static inline int store_within_reach(struct search *x, const uint64_t *s, const uint64_t *key, uint64_t h, int packed)
{
	uint64_t prefix = prefix_of(h);
	const struct piece *piece = piece_of(&x->table, prefix);
	struct line *first = home(&x->table, piece, prefix);
	uint32_t upper = above(piece, prefix), mask = positions(piece);

	for (uint64_t try = 0; try < REACH; try++) {
		struct line *line = first + way(prefix, try);
		uint32_t look = compare_tags(line, tag_of(prefix));
		int slot = __builtin_ctz(~(look >> 16));

		for (uint32_t same = look & ALL_SLOTS; same; same &= same - 1) {
			uint32_t place = line->places[__builtin_ctz(same)];
			uint64_t position = (uint64_t)(place & mask) - 1;

			if ((place & ~mask) == upper && is_key(x, x->store + position * KEY_BYTES(packed), key, packed))
				return 0;
		}
		if (slot == SLOTS)
			continue;
		write_key(x, x->store + x->count * KEY_BYTES(packed), key, packed);
		if (packed && x->prints)
			copy(x, x->log + x->count * WORDS, s);
		x->count++;
		line->tags[slot] = tag_of(prefix);
		line->places[slot] = upper | (uint32_t)x->count;
		x->fresh |= check_state(x, s);
		return 0;
	}
	return -1;
}

static inline void store_if_new(struct search *x, const uint64_t *s, const uint64_t *key, uint64_t h, int packed)
{
	while (store_within_reach(x, s, key, h, packed) && !widen(x, h))
		;
}

INLINE void store_batch(struct search *x, const uint64_t *keys, uint64_t n, int packed)
{
	prefetch_keys(x, n, packed);
	for (uint64_t i = 0; i < n; i++) {
		const uint64_t *key = keys + i * KEY_WORDS(packed);

		if (!is_likely(x, key, i, packed))
			store_if_new(x, x->batch + i * WORDS, key, x->hashes[i], packed);
	}
}

/* The key of one word of a state; MISSING: it is not there, or there is no room for it. */
static uint64_t key_of(const struct search *x, const uint64_t *s, int add)
{
	return x->prints ? fingerprint(x, s) : root_of(x->pack, s, add);
}

/* The keys of the batch; returns 0 if one is missing and cannot be added. */
static int find_roots(struct search *x, uint64_t n, int add)
{
	int all = 1;

	for (uint64_t i = 0; i < n; i++) {
		x->roots[i] = key_of(x, x->batch + i * WORDS, add);
		all &= x->roots[i] != MISSING;
	}
	hash_keys(x, x->roots, n, 1);
	return all;
}

/* Store the successors in the order in which they were pushed: the order of the store is part of the semantics. */
static void take_store(struct search *x, uint64_t n)
{
	if (reserve(x, n))
		return;
	x->transitions += n;
	n = drop_recent(x, n);
	if (!is_packed(x))
		store_batch(x, x->batch, n, 0);
	else if (find_roots(x, n, 1))
		store_batch(x, x->roots, n, 1);
	else
		x->out_of_memory = IN_MEMORY;
}

/* Have memory bring what `position_in_batch` will touch. */
static void prepare_batch(struct search *x, uint64_t n)
{
	if (!is_packed(x)) {
		hash_keys(x, x->batch, n, 0);
		prefetch_keys(x, n, 0);
		return;
	}
	find_roots(x, n, 0);
	prefetch_keys(x, n, 1);
}

/* Position of a successor in a batch that is prepared, or -1. */
static int64_t position_in_batch(const struct search *x, uint64_t i)
{
	if (!is_packed(x))
		return position_of(x, x->batch + i * WORDS, x->hashes[i], 0);
	return x->roots[i] == MISSING ? -1 : position_of(x, x->roots + i, x->hashes[i], 1);
}

#include "crew.h"
#include "growth.h"
#include "parallel.h"
#include "paths.h"
#include "stuck.h"

/* Empty the batch; returns its start. */
static __attribute__((noinline)) uint64_t *take(struct search *x, uint64_t *end)
{
	uint64_t n = (uint64_t)(end - x->batch) / WORDS;

	if (n) {
		switch (x->sink) {
		case STORE:
			take_store(x, n);
			break;
		case FIND:
			take_finds(x, n);
			break;
		case MARK:
			take_marks(x, n);
			break;
		case LIVE:
			take_live(x, n);
			break;
		default:
			break;
		}
	}
	return x->batch;
}

static void note_found(struct search *x, uint64_t properties, uint64_t depth)
{
	for (uint64_t left = properties & ~x->found; left; left &= left - 1)
		x->found_depth[__builtin_ctzll(left)] = depth;
	x->found |= properties;
}

static int64_t open_search(struct search *x)
{
	x->batch = malloc((BATCH + 1) * WORDS * 8);
	if (!x->batch || open_storage(x))
		return FULL_MEMORY;
	x->limit = x->batch + BATCH * WORDS;
	x->sink = STORE;
	if (x->prints) {
		uint64_t print = fingerprint(x, x->initial);

		store_if_new(x, x->initial, &print, hash_key(x, &print, 1), 1);
	} else {
		store_if_new(x, x->initial, x->initial, hash_key(x, x->initial, 0), 0);
	}
	note_found(x, x->fresh, 0);
	x->fresh = 0;
	x->levels[0] = 0;
	x->levels[1] = 1;
	return x->fault ? FAULT : SLICE_OVER;
}

/* What follows the last state of a level. */
static int64_t end_level(struct search *x)
{
	note_found(x, x->fresh | x->violated, x->depth + 1);
	x->fresh = x->violated = 0;
	if (x->problems) {
		x->problem_depth = x->depth + 1;
		return PROBLEM;
	}
	if (x->wanted && (x->wanted & ~x->found) == 0)
		return DECIDED;
	if (x->count == x->levels[x->depth + 1])
		return EXHAUSTED;
	if (add_level(x))
		return FULL_MEMORY;
	x->depth++;
	return SLICE_OVER;
}

/* Put away which of the states up to the cursor are quiet. */
static void keep_quiet(struct search *x)
{
	if (x->quiet_word)
		__atomic_fetch_or(x->quiet + ((x->cursor - 1) >> 6), x->quiet_word, __ATOMIC_RELAXED);
	x->quiet_word = 0;
}

static uint64_t *expand_next(struct search *x, uint64_t *out)
{
	uint64_t s[WORDS];

	load_state(x, x->cursor, s);
	x->progress = 0;
	out = expand(x, s, out);
	if (!x->progress) {
		uint64_t ended = check_end(x, s);

		if (ended)
			note_found(x, ended, x->depth);
		x->quiet_word |= (uint64_t)1 << (x->cursor & 63);
		x->suspects += inside(x, s) != 0;
	}
	x->cursor++;
	if ((x->cursor & 63) == 0)
		keep_quiet(x);
	return out;
}

/* Record what a level that was cut short has shown, so that a limit loses nothing. */
static int64_t cut_short(struct search *x, uint64_t *out, int64_t outcome)
{
	take(x, out);
	note_found(x, x->fresh | x->violated, x->depth + 1);
	if (x->problems)
		x->problem_depth = x->depth + 1;
	return outcome;
}

/* Whether a limit forbids to expand the next state; empties the batch if that is needed to know. */
static int full(struct search *x, uint64_t **out)
{
	uint64_t pending = (uint64_t)(*out - x->batch) / WORDS;

	if (x->count + pending < x->max_states)
		return 0;
	*out = take(x, *out);
	return x->count >= x->max_states;
}

/* Expand states one by one from `cursor` on; SLICE_OVER: all of them, or the deadline has come. */
static int64_t run_serially(struct search *x, uint64_t last, uint64_t deadline)
{
	uint64_t *out = x->batch;

	x->sink = STORE;
	while (x->cursor < last) {
		if (full(x, &out))
			return cut_short(x, out, FULL_STATES);
		out = expand_next(x, out);
		if (__builtin_expect((x->cursor & 63) == 0 || x->fault || x->out_of_memory, 0)) {
			if (x->fault)
				return FAULT;
			if (x->out_of_memory)
				return cut_short(x, x->batch, FULL_MEMORY);
			if (now() > deadline)
				break;
		}
	}
	take(x, out);
	if (x->fault)
		return FAULT;
	return x->out_of_memory ? cut_short(x, x->batch, FULL_MEMORY) : SLICE_OVER;
}

/* The same with threads as far as they pay. */
static int64_t run_level(struct search *x, uint64_t deadline)
{
	while (x->cursor < x->levels[x->depth + 1]) {
		uint64_t last = x->levels[x->depth + 1];
		struct crew *crew = last - x->cursor >= x->fewest_states ? gather(x) : NULL;

		if (crew && x->cursor >= crew->serial_until && !run_round(x, last)) {
			if (x->fault)
				return FAULT;
		} else {
			int64_t outcome = run_serially(x, crew ? crew->serial_until : last, deadline);

			keep_quiet(x);
			if (outcome != SLICE_OVER)
				return outcome;
		}
		if (now() > deadline)
			break;
	}
	return SLICE_OVER;
}

static int64_t run_search(struct search *x, uint64_t nanoseconds)
{
	uint64_t deadline = now() + nanoseconds;
	int64_t outcome = SLICE_OVER;

	if (x->out_of_memory) /* successors are missing: nothing that follows would be true of all states */
		return FULL_MEMORY;
	if (!is_packed(x) && x->words > 2 && x->count >= x->pack_after)
		pack_store(x);
	while (outcome == SLICE_OVER) {
		if (x->depth >= x->max_depth) {
			outcome = FULL_DEPTH;
			break;
		}
		outcome = run_level(x, deadline);
		if (x->folder)
			give_back(x);
		if (outcome == SLICE_OVER && x->cursor < x->levels[x->depth + 1])
			break;
		if (outcome == SLICE_OVER)
			outcome = end_level(x);
	}
	dismiss(x);
	return outcome;
}

static int64_t find_state(struct search *x, const uint64_t *s)
{
	uint64_t root;

	if (!is_packed(x))
		return position_of(x, s, hash_key(x, s, 0), 0);
	root = key_of(x, s, 0);
	return root == MISSING ? -1 : position_of(x, &root, hash_key(x, &root, 1), 1);
}

/* Write the words of states from `first` to `last` - 1. */
static int64_t load_states(const struct search *x, uint64_t first, uint64_t last, uint64_t *to)
{
	for (uint64_t i = first; i < last; i++)
		load_state(x, i, to + (i - first) * WORDS);
	return DONE;
}

/* Store states of an earlier search, in their order, after the initial one; what they decide is the caller's to say. */
static int64_t add_states(struct search *x, uint64_t n, const uint64_t *states)
{
	for (uint64_t done = 0, some; done < n && !x->out_of_memory; done += some) {
		some = n - done < BATCH ? n - done : BATCH;
		memcpy(x->batch, states + done * WORDS, some * WORDS * 8);
		take_store(x, some);
		if (!is_packed(x) && x->words > 2 && x->count >= x->pack_after)
			pack_store(x);
	}
	return x->out_of_memory ? FULL_MEMORY : DONE;
}

/* Of an earlier search: where levels begin. */
static int64_t set_levels(struct search *x, uint64_t n, const uint64_t *levels)
{
	uint64_t *all = realloc(x->levels, (n + 64) * 8);

	if (!all)
		return FULL_MEMORY;
	memcpy(all, levels, n * 8);
	x->levels = all;
	x->levels_capacity = n + 64;
	return DONE;
}

#define DRIVER { SHOOTDOWN_ABI, sizeof(struct search), open_search, run_search, mark_paths, find_stuck, find_state, \
		 load_states, add_states, set_levels, forget_paths, close_search }
