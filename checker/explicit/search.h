/*
 * What both tiers share: the search and its storage, the cells of a packed state, and the sink of successors.
 *
 * A state is WORDS 64-bit words. `store` holds the keys of the states in the order in which they were found: the states
 * themselves, of whose last words only the bytes that are in use, STRIDE altogether; or one word for each (`pack`, `prints`). `table` finds them there.
 * The including file defines WORDS and STRIDE if they are constants, and the five functions declared below.
 */
#ifndef SHOOTDOWN_SEARCH_H
#define SHOOTDOWN_SEARCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef WORDS
#define WORDS (x->words)
#endif

#ifndef STRIDE
#define STRIDE (x->stride)
#endif

#define SHOOTDOWN_ABI 11
#define BATCH 256
#define UNUSED __attribute__((unused))
#define INLINE static inline __attribute__((always_inline)) UNUSED
#define MASK(bits) (~(uint64_t)0 >> (64 - (bits)))
#define LARGEST ((int64_t)1 << 48)

/* What a call of a driver returns. */
enum outcome { SLICE_OVER, PROBLEM, DECIDED, EXHAUSTED, FULL_STATES, FULL_DEPTH, FULL_MEMORY, FAULT, DONE };

/* What there was no room in, where `out_of_memory` is not 0. */
enum room { IN_MEMORY = 1, ON_DISK };

/* Who takes the successors that the steps push. */
enum sink { STORE, FIND, MARK, LIVE, DROP };

/* What the backward pass starts from. */
enum goal { GOAL_STATE, GOAL_END, GOAL_STUCK, GOAL_STEP, GOAL_PROBLEM };

/* One agent's successors of one state inside a batch. */
struct run {
	uint64_t state;
	uint32_t agent;
	uint32_t start;
};

struct machine;
struct pack;
struct line;

/* Of a table, those whose hashes begin with the same few bits. */
struct piece {
	struct line *lines;
	uint64_t count; /* of lines */
	uint64_t place_bits; /* of a place in a line that are its position */
	uint64_t range; /* bytes of addresses that are kept for it to grow; 0: none */
};

#define PIECE_BITS 4
#define PIECES (1 << PIECE_BITS)

struct table {
	struct piece pieces[PIECES];
	uint64_t piece_bits; /* there are one or, in a large table, PIECES of them */
};

/* All fields are 64 bits wide, so that the caller's picture of them is simple. */
struct search {
	/* set by the caller */
	uint64_t words;
	uint64_t stride; /* bytes of a state in the store: more than those of all words but the last, or of one word */
	uint64_t agents;
	uint64_t max_states;
	uint64_t max_depth;
	uint64_t max_bytes;
	uint64_t wanted; /* properties, as bits, that end the search when all are found */
	uint64_t threads; /* at most; may be changed between calls */
	uint64_t chunk_states; /* that a thread expands at a time */
	uint64_t fewest_states; /* of a level from which threads pay */
	uint64_t prints; /* whether keys are fingerprints, which two states may share; the states are then in `log` */
	const char *folder; /* for files that hold what is used in order, or what there is no memory for; null: none */
	const struct machine *machine;
	const struct machine *const *machines; /* one per thread, the first being `machine`; null if there is none */
	uint64_t *initial;
	uint32_t *fired; /* one entry per step of each process */
	uint64_t fired_count;
	/* counts and findings */
	uint64_t count;
	uint64_t transitions;
	uint64_t problems;
	uint64_t depth; /* of the states that are being expanded */
	uint64_t suspects; /* quiet states with an agent inside an operation */
	uint64_t found;
	uint64_t found_depth[64];
	uint64_t problem_depth;
	uint64_t fault; /* a line of the generated code, or 1 */
	uint64_t bytes;
	/* storage */
	struct pack *pack; /* dictionaries for keys of one word; null: none */
	uint64_t pack_after; /* states, from which wide ones are packed */
	uint64_t pack_percent; /* of their size that they may have then */
	uint8_t *store;
	uint64_t store_range; /* bytes of addresses that are kept for it; 0: it is allocated as it grows */
	uint64_t *log;
	int64_t files[3]; /* descriptors, plus one, of those that hold store, quiet bits, log */
	uint64_t capacity;
	struct table table;
	uint64_t split_lines; /* of a table from which it is in pieces */
	uint64_t most_entries, most_position; /* that it has room for */
	uint64_t *levels; /* levels[d] is the position of the first state of depth d */
	uint64_t levels_capacity;
	uint64_t cursor;
	uint64_t *quiet; /* bit set: no progress step is enabled */
	uint64_t quiet_word; /* of the states expanded last, not in `quiet` yet */
	/* successors on their way */
	uint64_t *batch;
	uint64_t *limit;
	uint64_t *recent; /* states that were looked up lately, by hash */
	uint64_t recent_bits;
	uint64_t sink;
	uint64_t progress; /* whether a progress step was enabled since this was last cleared */
	uint64_t violated; /* step assertions that failed since this was last cleared */
	uint64_t fresh; /* properties that the states stored since the level began decide */
	uint64_t out_of_memory; /* or of disk: enum room */
	/* the backward pass */
	uint64_t goal;
	uint64_t goal_bit;
	uint64_t goal_depth;
	uint64_t pass_depth;
	uint64_t pass_cursor;
	uint8_t *marks; /* of each state up to the goal: a cost, see cost_of, and a bit for each agent, see starts */
	uint64_t mark_bytes;
	uint64_t cost_bytes;
	uint64_t run_count;
	uint64_t run_state;
	uint64_t run_agent;
	uint64_t run_start;
	/* the search for stuck states */
	uint64_t *live;
	uint64_t pass_phase;
	uint64_t hit;
	uint32_t *edge_first;
	uint32_t *edges; /* pairs: next edge, source */
	uint64_t edge_count;
	uint64_t edge_capacity;
	uint32_t *queue;
	uint64_t queued;
	uint64_t stuck_depth;
	void *crew; /* of a search that has had threads */
	/* of the batch; from here on nothing outlives it */
	uint64_t hashes[BATCH];
	int64_t likely[BATCH]; /* what `likely_position` says */
	uint64_t roots[BATCH]; /* the keys where there is a pack */
	struct run runs[BATCH + 1];
};

/* What a library hands out. */
struct driver {
	uint64_t abi;
	uint64_t search_size;
	int64_t (*open)(struct search *x);
	int64_t (*run)(struct search *x, uint64_t nanoseconds);
	int64_t (*mark)(struct search *x, uint64_t nanoseconds);
	int64_t (*stuck)(struct search *x, uint64_t nanoseconds);
	int64_t (*find)(struct search *x, const uint64_t *state);
	int64_t (*load)(const struct search *x, uint64_t first, uint64_t last, uint64_t *to);
	int64_t (*add)(struct search *x, uint64_t n, const uint64_t *states);
	int64_t (*set_levels)(struct search *x, uint64_t n, const uint64_t *levels);
	int64_t (*forget)(struct search *x);
	int64_t (*close)(struct search *x);
};

/* Push the successors of a state, of all agents or of one; set `progress`, `violated`, `problems`, `fired`. */
static uint64_t *expand(struct search *x, const uint64_t *s, uint64_t *out);
/* Called before the agents of a state are expanded one by one. */
static void unpack_state(struct search *x, const uint64_t *s);
static uint64_t *expand_agent(struct search *x, uint64_t agent, const uint64_t *s, uint64_t *out);
/* The `always` properties that are false and the `sometimes` properties that are true in a state. */
static uint64_t check_state(struct search *x, const uint64_t *s);
/* The `at_end` properties that are false, if every point is final; only called without an enabled progress step. */
static uint64_t check_end(struct search *x, const uint64_t *s);
/* Whether some agent is inside an operation. */
static int inside(struct search *x, const uint64_t *s);

/* Cells of a packed state: at a constant place, in an array within one word, in an array over several words. */
INLINE int64_t get(const uint64_t *s, unsigned word, unsigned shift, unsigned bits)
{
	return (int64_t)(s[word] >> shift & MASK(bits));
}

INLINE void put(uint64_t *t, unsigned word, unsigned shift, unsigned bits, int64_t value)
{
	t[word] = (t[word] & ~(MASK(bits) << shift)) | (uint64_t)value << shift;
}

INLINE int64_t get_in(const uint64_t *s, unsigned word, unsigned shift, unsigned bits, int64_t i)
{
	return (int64_t)(s[word] >> (shift + (unsigned)i * bits) & MASK(bits));
}

INLINE void put_in(uint64_t *t, unsigned word, unsigned shift, unsigned bits, int64_t i, int64_t value)
{
	put(t, word, shift + (unsigned)i * bits, bits, value);
}

/* `fold` is the binary logarithm of the number of cells in a word. */
INLINE int64_t get_over(const uint64_t *s, unsigned word, unsigned fold, unsigned bits, int64_t i)
{
	unsigned at = (unsigned)i;

	return (int64_t)(s[word + (at >> fold)] >> ((at & ((1u << fold) - 1)) << (6 - fold)) & MASK(bits));
}

INLINE void put_over(uint64_t *t, unsigned word, unsigned fold, unsigned bits, int64_t i, int64_t value)
{
	unsigned at = (unsigned)i;

	put(t, word + (at >> fold), (at & ((1u << fold) - 1)) << (6 - fold), bits, value);
}

/* Indices and values that the caller's analysis could not bound: a breach is a fault of the system, not of a design. */
INLINE int64_t index_below(struct search *x, int64_t i, int64_t size, uint64_t line)
{
	if (__builtin_expect(i < 0 || i >= size, 0)) {
		x->fault = line;
		return 0;
	}
	return i;
}

INLINE int64_t within(struct search *x, int64_t value, int64_t lo, int64_t hi, uint64_t line)
{
	if (__builtin_expect(value < lo || value > hi, 0)) {
		x->fault = line;
		return lo;
	}
	return value;
}

#define INDEX(i, size) index_below(x, (i), (size), __LINE__)
#define WITHIN(value, lo, hi) within(x, (value), (lo), (hi), __LINE__)

INLINE int64_t floor_div(int64_t a, int64_t b)
{
	if (b == 0)
		return 0;
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

INLINE int64_t floor_mod(int64_t a, int64_t b)
{
	if (b == 0)
		return 0;
	return a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0);
}

INLINE int64_t times(struct search *x, int64_t a, int64_t b, uint64_t line)
{
	int64_t product = 0;

	if (__builtin_mul_overflow(a, b, &product) || product > LARGEST || product < -LARGEST)
		x->fault = line;
	return product;
}

INLINE int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

INLINE int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

INLINE int64_t bit(int64_t mask, int64_t place)
{
	return mask >> (place & 63) & 1;
}

INLINE int64_t members(int64_t mask)
{
	return __builtin_popcountll((uint64_t)mask);
}

/* Keys; `packed` is constant where it matters. */
#define KEY_WORDS(packed) ((packed) ? 1 : WORDS)

#define KEY_BYTES(packed) ((packed) ? 8 : STRIDE)

INLINE uint64_t hash_key(const struct search *x, const uint64_t *key, int packed)
{
	uint64_t h = 0x9e3779b97f4a7c15u;

	(void)x;
	for (uint64_t i = 0; i < KEY_WORDS(packed); i++) {
		h = (h ^ key[i]) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h * 0xc4ceb9fe1a85ec53u;
}

INLINE int same_state(const struct search *x, const uint64_t *a, const uint64_t *b)
{
	uint64_t differ = 0;

	(void)x;
	for (uint64_t i = 0; i < WORDS; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

/* A state in 64 bits, independent of `hash_key`; of a state of one word no two are the same. */
INLINE uint64_t fingerprint(const struct search *x, const uint64_t *s)
{
	uint64_t h = 0x243f6a8885a308d3u;

	(void)x;
	for (uint64_t i = 0; i < WORDS; i++) {
		h = (h ^ s[i]) * 0xbf58476d1ce4e5b9u;
		h = (h ^ h >> 29) * 0x94d049bb133111ebu;
		h ^= h >> 32;
	}
	return h;
}

/* Whether keys are one word. */
INLINE int is_packed(const struct search *x)
{
	return x->pack || x->prints;
}

/* A word of a key in the store. The last one is the end of the last eight bytes. */
INLINE uint64_t stored_word(const struct search *x, const uint8_t *stored, uint64_t i, int packed)
{
	uint64_t last = i + 1 == KEY_WORDS(packed), word;

	(void)x;
	memcpy(&word, stored + (last ? KEY_BYTES(packed) - 8 : 8 * i), 8);
	return last ? word >> 8 * (8 * KEY_WORDS(packed) - KEY_BYTES(packed)) : word;
}

INLINE int same_key(const struct search *x, const uint64_t *a, const uint64_t *b, int packed)
{
	uint64_t differ = 0;

	(void)x;
	for (uint64_t i = 0; i < KEY_WORDS(packed); i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

INLINE int is_key(const struct search *x, const uint8_t *stored, const uint64_t *key, int packed)
{
	uint64_t differ = 0;

	for (uint64_t i = 0; i < KEY_WORDS(packed); i++)
		differ |= stored_word(x, stored, i, packed) ^ key[i];
	return differ == 0;
}

INLINE void read_key(const struct search *x, uint64_t *to, const uint8_t *stored, int packed)
{
	for (uint64_t i = 0; i < KEY_WORDS(packed); i++)
		to[i] = stored_word(x, stored, i, packed);
}

INLINE void write_key(const struct search *x, uint8_t *to, const uint64_t *key, int packed)
{
	uint64_t last = KEY_WORDS(packed) - 1, unused = 8 * (8 * KEY_WORDS(packed) - KEY_BYTES(packed));
	uint64_t word = key[last] << unused;

	(void)x;
	for (uint64_t i = 0; i < last; i++)
		memcpy(to + 8 * i, key + i, 8);
	if (unused)
		word |= key[last - 1] >> (64 - unused);
	memcpy(to + KEY_BYTES(packed) - 8, &word, 8);
}

INLINE void copy(const struct search *x, uint64_t *to, const uint64_t *from)
{
	(void)x;
	for (uint64_t i = 0; i < WORDS; i++)
		to[i] = from[i];
}

/* Bits that several threads may set at once. */
INLINE void set_bit(uint64_t *bits, uint64_t i)
{
	__atomic_fetch_or(bits + (i >> 6), (uint64_t)1 << (i & 63), __ATOMIC_RELAXED);
}

INLINE int bit_is_set(const uint64_t *bits, uint64_t i)
{
	return (int)(__atomic_load_n(bits + (i >> 6), __ATOMIC_RELAXED) >> (i & 63)) & 1;
}

static uint64_t *take(struct search *x, uint64_t *end);

/* The end of a transition with the successor `t`. */
INLINE uint64_t *push(struct search *x, const uint64_t *t, uint64_t *out)
{
	copy(x, out, t);
	out += WORDS;
	if (__builtin_expect(out == x->limit, 0))
		return take(x, out);
	return out;
}

#endif
