/*
 * Exact compression of wide states: the words of a state fall into two parts, each part is kept once in a dictionary,
 * and the store holds a root, the two numbers of its parts. Far fewer parts than states are different.
 *
 * Several threads may add to a dictionary at once; which number a part gets then depends on them, and nothing else does.
 */
#define WIDEST 256
#define SAMPLE 16384
#define MISSING (~(uint64_t)0)

struct dictionary {
	uint64_t length; /* words of a part */
	uint8_t which[WIDEST]; /* those of a state that it is made of */
	uint64_t *parts;
	uint64_t count;
	uint64_t capacity;
	uint64_t *dead; /* bit set: another thread has added the same part at the same time, and that one counts */
	uint32_t *table; /* of numbers of parts plus one, with the bits that these do not need used as a tag */
	uint64_t table_bits;
};

struct pack {
	struct dictionary dictionaries[2];
};

static uint64_t hash_part(const struct dictionary *d, const uint64_t *s)
{
	uint64_t h = 0x9e3779b97f4a7c15u;

	for (uint64_t i = 0; i < d->length; i++) {
		h = (h ^ s[d->which[i]]) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h * 0xc4ceb9fe1a85ec53u;
}

static int same_part(const struct dictionary *d, uint64_t number, const uint64_t *s)
{
	const uint64_t *part = d->parts + number * d->length;
	uint64_t differ = 0;

	for (uint64_t i = 0; i < d->length; i++)
		differ |= part[i] ^ s[d->which[i]];
	return differ == 0;
}

/* The number of a state's part, which is added if `add`; MISSING: it is not there, or there is no room for it. */
static inline uint64_t number_of(struct dictionary *d, const uint64_t *s, int add)
{
	uint64_t h = hash_part(d, s);
	uint64_t wrap = MASK(d->table_bits);
	uint32_t places = (uint32_t)wrap;
	uint32_t tag = (uint32_t)(h << d->table_bits);
	uint64_t own = MISSING;

	for (uint64_t slot = h >> (64 - d->table_bits);; slot = (slot + 1) & wrap) {
		uint32_t entry = __atomic_load_n(d->table + slot, __ATOMIC_ACQUIRE);

		if (!entry) {
			if (!add)
				return MISSING;
			if (own == MISSING) {
				own = __atomic_fetch_add(&d->count, 1, __ATOMIC_RELAXED);
				if (own >= d->capacity)
					return MISSING;
				for (uint64_t i = 0; i < d->length; i++)
					d->parts[own * d->length + i] = s[d->which[i]];
			}
			if (__atomic_compare_exchange_n(d->table + slot, &entry, tag | (uint32_t)(own + 1), 0,
							__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
				return own;
		}
		if ((entry & ~places) == tag && same_part(d, (entry & places) - 1, s)) {
			if (own != MISSING)
				set_bit(d->dead, own);
			return (entry & places) - 1;
		}
	}
}

static uint64_t root_of(struct pack *pack, const uint64_t *s, int add)
{
	uint64_t first = number_of(pack->dictionaries, s, add);
	uint64_t second = first == MISSING ? MISSING : number_of(pack->dictionaries + 1, s, add);

	return second == MISSING ? MISSING : first | second << 32;
}

static void unpack_root(const struct pack *pack, uint64_t root, uint64_t *s)
{
	for (int k = 0; k < 2; k++) {
		const struct dictionary *d = pack->dictionaries + k;
		const uint64_t *part = d->parts + (uint32_t)(root >> 32 * k) * d->length;

		for (uint64_t i = 0; i < d->length; i++)
			s[d->which[i]] = part[i];
	}
}

static uint64_t dictionary_bytes(const struct dictionary *d)
{
	return d->capacity * d->length * 8 + ((uint64_t)4 << d->table_bits);
}

static uint64_t pack_bytes(const struct pack *pack)
{
	return pack ? dictionary_bytes(pack->dictionaries) + dictionary_bytes(pack->dictionaries + 1) : 0;
}

static int grow_dictionary(struct dictionary *d, uint64_t capacity, uint64_t bits)
{
	uint64_t *parts = realloc(d->parts, capacity * d->length * 8 + 8);
	uint64_t *dead;
	uint32_t *table;

	if (!parts)
		return -1;
	d->parts = parts;
	dead = realloc(d->dead, capacity / 8 + 8);
	if (!dead)
		return -1;
	d->dead = dead;
	memset((char *)dead + d->capacity / 8, 0, capacity / 8 + 8 - d->capacity / 8);
	if (bits == d->table_bits && d->table) {
		d->capacity = capacity;
		return 0;
	}
	table = new_table((size_t)4 << bits);
	if (!table)
		return -1;
	d->capacity = capacity;
	if (d->table)
		free_table(d->table, (size_t)4 << d->table_bits);
	d->table = table;
	d->table_bits = bits;
	for (uint64_t number = 0; number < d->count; number++) {
		uint64_t whole[WIDEST], h, slot;

		if (bit_is_set(d->dead, number))
			continue;
		for (uint64_t i = 0; i < d->length; i++)
			whole[d->which[i]] = d->parts[number * d->length + i];
		h = hash_part(d, whole);
		slot = h >> (64 - bits);
		while (table[slot])
			slot = (slot + 1) & MASK(bits);
		table[slot] = (uint32_t)(h << bits) | (uint32_t)(number + 1);
	}
	return 0;
}

/* Room for n more parts in a dictionary. */
static int reserve_parts(struct dictionary *d, uint64_t n)
{
	uint64_t capacity = d->capacity, bits = d->table_bits;

	if (d->count > d->capacity)
		d->count = d->capacity; /* numbers that a round was refused */
	if (__builtin_expect(d->count + n <= capacity, 1))
		return 0;
	while (d->count + n > capacity)
		capacity += (capacity / 4 + 1024) & ~(uint64_t)63;
	while (capacity * 5 > (uint64_t)4 << bits)
		bits++;
	return bits > 32 ? -1 : grow_dictionary(d, capacity, bits);
}

static int reserve_pack(struct pack *pack, uint64_t n)
{
	return reserve_parts(pack->dictionaries, n) || reserve_parts(pack->dictionaries + 1, n) ? -1 : 0;
}

static void free_pack(struct pack *pack)
{
	for (int k = 0; pack && k < 2; k++) {
		free(pack->dictionaries[k].parts);
		free(pack->dictionaries[k].dead);
		if (pack->dictionaries[k].table)
			free_table(pack->dictionaries[k].table, (size_t)4 << pack->dictionaries[k].table_bits);
	}
	free(pack);
}

/* Empty dictionaries; the words of a state whose bit is set are the first part. */
static struct pack *new_pack(uint64_t words, const uint8_t *first)
{
	struct pack *pack = calloc(1, sizeof(*pack));

	if (!pack)
		return NULL;
	for (uint64_t word = 0; word < words; word++) {
		struct dictionary *d = pack->dictionaries + !first[word];

		d->which[d->length++] = (uint8_t)word;
	}
	for (int k = 0; k < 2; k++)
		if (grow_dictionary(pack->dictionaries + k, 1024, 11)) {
			free_pack(pack);
			return NULL;
		}
	return pack;
}

/* A state of the store; `buffer` has room for one. */
INLINE const uint64_t *state_at(const struct search *x, uint64_t i, uint64_t *buffer)
{
	if (x->prints)
		return x->log + i * WORDS;
	if (x->pack)
		unpack_root(x->pack, stored_word(x, x->store + i * 8, 0, 1), buffer);
	else
		read_key(x, buffer, x->store + i * STRIDE, 0);
	return buffer;
}

INLINE void load_state(const struct search *x, uint64_t i, uint64_t *to)
{
	const uint64_t *s = state_at(x, i, to);

	if (s != to)
		copy(x, to, s);
}

/* What a split costs on a sample of states, in bytes; the most there is without memory. */
static uint64_t split_cost(const struct search *x, const uint8_t *first)
{
	struct pack *pack = new_pack(x->words, first);
	uint64_t apart = x->count / SAMPLE + 1, cost = 0, s[WIDEST];

	if (!pack)
		return ~(uint64_t)0;
	for (uint64_t i = 0; i < x->count; i += apart) {
		load_state(x, i, s);
		if (reserve_pack(pack, 1) || root_of(pack, s, 1) == MISSING)
			cost = ~(uint64_t)0 / 2;
	}
	for (int k = 0; k < 2; k++)
		cost += pack->dictionaries[k].count * (pack->dictionaries[k].length * 8 + 6);
	free_pack(pack);
	return cost;
}

/* Move single words from part to part as long as that makes a sample smaller. */
static void choose_split(const struct search *x, uint8_t *first)
{
	uint64_t words = x->words, least;
	int better = 1;

	for (uint64_t word = 0; word < words; word++)
		first[word] = word < words / 2;
	least = split_cost(x, first);
	while (better) {
		uint64_t best = words;

		for (uint64_t word = 0; word < words; word++) {
			uint64_t cost;

			first[word] = !first[word];
			cost = split_cost(x, first);
			first[word] = !first[word];
			if (cost < least) {
				least = cost;
				best = word;
			}
		}
		better = best < words;
		if (better)
			first[best] = !first[best];
	}
}
