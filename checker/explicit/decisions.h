/*
 * Who goes first depends on nothing but where agents stand and which conditions are true. What was decided for these is
 * kept for a while: there are many states that differ in other things.
 *
 * A row is what it was decided for, and bits: of each agent whether it was asked to go alone, whether it may, and
 * whether it is one of the fewest (none is: that was not asked).
 */

#define PLACES ((r->agents + 2) / 3)
#define DECIDED_FOR (PLACES + TRUTHS)
#define DECISION (DECIDED_FOR + (3 * r->agents + 63) / 64)
#define PLACE_BITS 21
#define FIRST_DECISION_BITS 12
#define MOST_DECISION_BITS 21

enum decided { ASKED, ALONE, FEWEST };

/* A state that agents are asked for: its row, and what holds there if that is worked out. */
struct asked {
	uint64_t *row;
	int known, found; /* whether the literals are, and the futures */
	uint64_t truths[MOST_LITERAL_WORDS / 2 + 1], literals[MOST_LITERAL_WORDS];
};

static int was_decided(const struct reduction *r, const uint64_t *row, enum decided what, uint64_t agent)
{
	uint64_t bit = what * r->agents + agent;

	return row[DECIDED_FOR + bit / 64] >> bit % 64 & 1;
}

static void decide(const struct reduction *r, uint64_t *row, enum decided what, uint64_t agent)
{
	uint64_t bit = what * r->agents + agent;

	row[DECIDED_FOR + bit / 64] |= (uint64_t)1 << bit % 64;
}

static uint64_t *decision_at(const struct reduction *r, uint64_t hash)
{
	return r->decisions + (hash >> (64 - r->decision_bits)) * DECISION;
}

/* No row is for agents that stand where none can. */
static void forget_decisions(struct reduction *r)
{
	for (uint64_t i = 0; i < (uint64_t)1 << r->decision_bits; i++)
		r->decisions[i * DECISION] = ~(uint64_t)0;
}

/* Let there be so many rows, if memory is left for them. */
static int more_decisions(struct reduction *r, uint64_t bits)
{
	uint64_t *old = r->decisions, rows = old ? (uint64_t)1 << r->decision_bits : 0;
	uint64_t size = (DECISION * 8) << bits, *new;

	if (r->bytes + size - rows * DECISION * 8 > r->allowed)
		return -1;
	new = aligned_alloc(64, (size + 63) / 64 * 64);
	if (!new)
		return -1;
	r->bytes += size - rows * DECISION * 8;
	r->decisions = new;
	r->decision_bits = bits;
	forget_decisions(r);
	for (uint64_t i = 0; i < rows; i++)
		if (~old[i * DECISION])
			memcpy(decision_at(r, hash_words(old + i * DECISION, DECIDED_FOR)), old + i * DECISION, DECISION * 8);
	free(old);
	return 0;
}

static const uint64_t *literals_here(const struct reduction *r, struct asked *asked)
{
	if (!asked->known) {
		memset(asked->literals, 0, sizeof(asked->literals));
		literals_of(r, asked->truths, asked->literals);
	}
	asked->known = 1;
	return asked->literals;
}

/* Look up what was decided for a state. */
static void ask(struct reduction *r, const uint64_t *s, struct asked *asked)
{
	uint64_t wanted[DECIDED_FOR];

	asked->known = asked->found = 0;
	if (4 * r->count >> r->decision_bits && r->decision_bits < MOST_DECISION_BITS)
		more_decisions(r, r->decision_bits + 1);
	evaluate_conditions(r, s, asked->truths);
	memset(wanted, 0, PLACES * 8);
	for (uint64_t agent = 0; agent < r->agents; agent++)
		wanted[agent / 3] |= place_of(r, agent, s) << PLACE_BITS * (agent % 3);
	memcpy(wanted + PLACES, asked->truths, TRUTHS * 8);
	asked->row = decision_at(r, hash_words(wanted, DECIDED_FOR));
	if (same_words(asked->row, wanted, DECIDED_FOR))
		return;
	if (r->partial_order)
		note_routes(r, s, literals_here(r, asked));
	memset(asked->row, 0, DECISION * 8);
	memcpy(asked->row, wanted, sizeof(wanted));
}

/* Work out what agents may do from a state, if that was not done; negative: no memory is left. */
static int find_futures_here(struct reduction *r, const uint64_t *s, struct asked *asked)
{
	if (!asked->found && find_futures(r, s, literals_here(r, asked)))
		return -1;
	asked->found = 1;
	return 0;
}

/* Whether an agent may go alone; negative: no memory is left. */
static int may_go_alone(struct reduction *r, uint64_t agent, const uint64_t *s, struct asked *asked)
{
	int alone;

	if (was_decided(r, asked->row, ASKED, agent))
		return was_decided(r, asked->row, ALONE, agent);
	if (find_futures_here(r, s, asked))
		return -1;
	alone = goes_alone(r, agent, s, asked->literals);
	if (alone < 0)
		return -1;
	decide(r, asked->row, ASKED, agent);
	if (alone)
		decide(r, asked->row, ALONE, agent);
	return alone;
}

/* Let `fewest` be the fewest agents that may go first and get on; how many, negative: no memory is left. */
static int64_t fewest_of(struct reduction *r, const uint64_t *s)
{
	struct asked asked;
	int64_t count = 0;

	if (!r->partial_order) {
		for (uint64_t agent = 0; agent < r->agents; agent++)
			r->fewest[agent] = 1;
		return (int64_t)r->agents;
	}
	ask(r, s, &asked);
	for (uint64_t agent = 0; agent < r->agents; agent++) {
		r->fewest[agent] = (uint64_t)was_decided(r, asked.row, FEWEST, agent);
		count += (int64_t)r->fewest[agent];
	}
	if (count)
		return count;
	if (find_futures_here(r, s, &asked))
		return -1;
	count = find_fewest(r, s, asked.literals);
	for (uint64_t agent = 0; agent < r->agents && count >= 0; agent++)
		if (r->fewest[agent])
			decide(r, asked.row, FEWEST, agent);
	return count;
}
