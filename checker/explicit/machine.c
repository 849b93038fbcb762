/*
 * The first tier: a register machine that runs the steps of any system. Built once per machine it runs on.
 *
 * A frame holds the cells of one unpacked state, then constants, temporaries and intermediate values.
 */
#include "search.h"

enum operation {
	MOVE, NOT, EQ, NE, LT, LE, ADD, SUB, MUL, DIV, MOD, MIN, MAX, BIT, BITS_OR, BITS_AND, BITS_MINUS, SHIFT, COUNT,
	PLACE, LOAD, JUMP, IF_ZERO, IF_NOT, WRITE, WRITE_AT, PICK, TRY, WAIT, CHECK, ASSERT, SEEN, NOTED, GOTO, END
};

struct instruction {
	int32_t op, a, b, c;
};

struct cell {
	uint64_t word, shift, mask;
	int64_t lo, hi;
};

/* A step in the list of its point: where its code starts, its entry in `fired`, whether it is a progress step. */
struct entry {
	uint64_t code, fired, progress;
};

/* A control point of an agent: its first entry (the next point's follows the last), and flags. */
struct point {
	uint64_t first, final, inside;
};

struct machine {
	const struct instruction *code;
	const struct cell *cells;
	uint64_t cell_count;
	const uint64_t *varying; /* the cells that are not constant */
	uint64_t varying_count;
	const uint64_t *seen; /* the cells that properties read */
	uint64_t seen_count;
	const struct entry *entries;
	const struct point *points;
	const uint64_t *agent_points; /* position in `points` of each agent's point 0 */
	const uint64_t *agent_cells; /* the cell of each agent's control point */
	uint64_t check_state;
	uint64_t check_end;
	int64_t *frame; /* of the state being expanded */
	int64_t *judged; /* of the state whose properties are looked at */
	int64_t *choices;
	uint64_t *written; /* pairs: cell, value before */
	uint64_t *noted; /* entries in `fired` of the notes that the run has come to */
};

enum ending { BLOCKED, USED_UP, STOPPED, REACHED };

/* One run of a step: which choices to repeat, how many were made, how many cells were written and notes made. */
struct step_run {
	uint64_t repeat;
	uint64_t chosen;
	uint64_t written;
	uint64_t noted;
};

static void unpack(const struct machine *m, const uint64_t *which, uint64_t count, const uint64_t *s, int64_t *v)
{
	for (uint64_t i = 0; i < count; i++) {
		const struct cell *cell = m->cells + which[i];

		v[which[i]] = (int64_t)(s[cell->word] >> cell->shift & cell->mask) + cell->lo;
	}
}

static void unpack_state(struct search *x, const uint64_t *s)
{
	const struct machine *m = x->machine;

	unpack(m, m->varying, m->varying_count, s, m->frame);
}

static void set_cell(struct search *x, int64_t *v, struct step_run *run, uint64_t at, int64_t value)
{
	const struct machine *m = x->machine;

	m->written[2 * run->written] = at;
	m->written[2 * run->written + 1] = (uint64_t)v[at];
	run->written++;
	v[at] = value;
}

/* The operators; `p` is the instruction, `v` the frame. */
#define OPERATORS \
	case MOVE: v[p->a] = v[p->b]; break; \
	case NOT: v[p->a] = !v[p->b]; break; \
	case EQ: v[p->a] = v[p->b] == v[p->c]; break; \
	case NE: v[p->a] = v[p->b] != v[p->c]; break; \
	case LT: v[p->a] = v[p->b] < v[p->c]; break; \
	case LE: v[p->a] = v[p->b] <= v[p->c]; break; \
	case ADD: v[p->a] = v[p->b] + v[p->c]; break; \
	case SUB: v[p->a] = v[p->b] - v[p->c]; break; \
	case MUL: v[p->a] = times(x, v[p->b], v[p->c], 1); break; \
	case DIV: v[p->a] = floor_div(v[p->b], v[p->c]); break; \
	case MOD: v[p->a] = floor_mod(v[p->b], v[p->c]); break; \
	case MIN: v[p->a] = least(v[p->b], v[p->c]); break; \
	case MAX: v[p->a] = most(v[p->b], v[p->c]); break; \
	case BIT: v[p->a] = bit(v[p->b], v[p->c]); break; \
	case BITS_OR: v[p->a] = v[p->b] | v[p->c]; break; \
	case BITS_AND: v[p->a] = v[p->b] & v[p->c]; break; \
	case BITS_MINUS: v[p->a] = v[p->b] & ~v[p->c]; break; \
	case SHIFT: v[p->a] = (int64_t)1 << (v[p->b] & 31); break; \
	case COUNT: v[p->a] = members(v[p->b]); break; \
	case PLACE: v[p->a] = v[p->a] * p->c + index_below(x, v[p->b], p->c, 1); break; \
	case LOAD: v[p->a] = v[p->b + v[p->c]]; break; \
	case JUMP: p = code + p->a - 1; break; \
	case IF_ZERO: \
		if (!v[p->b]) \
			p = code + p->a - 1; \
		break; \
	case IF_NOT: \
		if (v[p->b]) \
			p = code + p->a - 1; \
		break;

static enum ending run_step(struct search *x, int64_t *v, uint64_t start, struct step_run *run)
{
	const struct machine *m = x->machine;
	const struct instruction *code = m->code;
	const struct instruction *p = code + start;
	const struct instruction *pick;

	for (;; p++) {
		switch (p->op) {
		OPERATORS
		case WRITE:
			set_cell(x, v, run, (uint64_t)p->a, v[p->b]);
			break;
		case WRITE_AT:
			set_cell(x, v, run, (uint64_t)(p->a + v[p->b]), v[p->c]);
			break;
		case PICK:
			if ((uint64_t)p->a < m->cell_count) {
				m->written[2 * run->written] = (uint64_t)p->a;
				m->written[2 * run->written + 1] = (uint64_t)v[p->a];
				run->written++;
			}
			v[p->a] = run->chosen < run->repeat ? m->choices[run->chosen] : v[p->b];
			if (v[p->a] > v[p->c])
				return USED_UP;
			break;
		case TRY:
			pick = code + p->b;
			if (v[p->a]) {
				m->choices[run->chosen++] = v[pick->a];
				break;
			}
			if (++v[pick->a] > v[pick->c])
				return run->chosen < run->repeat ? USED_UP : (p->c ? BLOCKED : STOPPED);
			p = pick;
			break;
		case WAIT:
			if (!v[p->a])
				return BLOCKED;
			break;
		case CHECK:
			if (!v[p->a])
				return STOPPED;
			break;
		case ASSERT:
			if (!v[p->a])
				m->choices[-1] |= (int64_t)((uint64_t)1 << p->b);
			break;
		case NOTED:
			m->noted[run->noted++] = (uint64_t)p->a;
			break;
		default:
			set_cell(x, v, run, (uint64_t)p->a, p->b);
			return REACHED;
		}
	}
}

/* The properties that a piece of code finds decided in the state that was unpacked last to be judged. */
static inline uint64_t judge_unpacked(struct search *x, uint64_t start)
{
	const struct machine *m = x->machine;
	const struct instruction *code = m->code;
	const struct instruction *p = code + start;
	int64_t *v = m->judged;
	uint64_t seen = 0;

	for (;; p++) {
		switch (p->op) {
		OPERATORS
		case SEEN:
			seen |= (uint64_t)(v[p->a] != 0) << p->b;
			break;
		default:
			return seen;
		}
	}
}

/* The same, in a state. */
static uint64_t judge(struct search *x, const uint64_t *s, uint64_t start)
{
	const struct machine *m = x->machine;

	if (m->code[start].op == END)
		return 0;
	unpack(m, m->seen, m->seen_count, s, m->judged);
	return judge_unpacked(x, start);
}

static uint64_t *push_written(struct search *x, const uint64_t *s, const struct step_run *run, uint64_t *out)
{
	const struct machine *m = x->machine;
	uint64_t t[WORDS];

	copy(x, t, s);
	for (uint64_t i = 0; i < run->written; i++) {
		uint64_t at = m->written[2 * i];
		const struct cell *cell = m->cells + at;
		int64_t value = within(x, m->frame[at], cell->lo, cell->hi, 1);

		t[cell->word] &= ~(cell->mask << cell->shift);
		t[cell->word] |= (uint64_t)(value - cell->lo) << cell->shift;
	}
	return push(x, t, out);
}

static void undo(const struct machine *m, const struct step_run *run)
{
	for (uint64_t i = run->written; i-- > 0;)
		m->frame[m->written[2 * i]] = (int64_t)m->written[2 * i + 1];
}

/* All transitions of a step: run it again with the next choice until the choices are used up. */
static uint64_t *fire(struct search *x, const struct entry *entry, const uint64_t *s, uint64_t *out)
{
	const struct machine *m = x->machine;
	uint64_t repeat = 0;

	for (;;) {
		struct step_run run = {repeat, 0, 0, 0};
		enum ending ending;

		m->choices[-1] = 0;
		ending = run_step(x, m->frame, entry->code, &run);
		if (ending == REACHED)
			out = push_written(x, s, &run, out);
		undo(m, &run);
		if (ending == STOPPED)
			x->problems++;
		if (ending >= STOPPED) {
			x->violated |= (uint64_t)m->choices[-1];
			x->fired[entry->fired] = 1;
			for (uint64_t i = 0; i < run.noted; i++)
				x->fired[m->noted[i]] = 1;
			x->progress |= entry->progress;
		}
		if (!run.chosen)
			return out;
		m->choices[run.chosen - 1]++;
		repeat = run.chosen;
	}
}

static const struct point *point_of(const struct machine *m, uint64_t agent, const uint64_t *s)
{
	const struct cell *cell = m->cells + m->agent_cells[agent];

	return m->points + m->agent_points[agent] + (s[cell->word] >> cell->shift & cell->mask);
}

static uint64_t *fire_agent(struct search *x, uint64_t agent, const uint64_t *s, uint64_t *out)
{
	const struct point *point = point_of(x->machine, agent, s);

	for (uint64_t i = point[0].first; i < point[1].first; i++)
		out = fire(x, x->machine->entries + i, s, out);
	return out;
}

static uint64_t *expand(struct search *x, const uint64_t *s, uint64_t *out)
{
	unpack_state(x, s);
	for (uint64_t agent = 0; agent < x->agents; agent++)
		out = fire_agent(x, agent, s, out);
	return out;
}

static uint64_t *expand_agent(struct search *x, uint64_t agent, const uint64_t *s, uint64_t *out)
{
	return fire_agent(x, agent, s, out);
}

static uint64_t check_state(struct search *x, const uint64_t *s)
{
	return judge(x, s, x->machine->check_state);
}

static uint64_t check_end(struct search *x, const uint64_t *s)
{
	for (uint64_t agent = 0; agent < x->agents; agent++)
		if (!point_of(x->machine, agent, s)->final)
			return 0;
	return judge(x, s, x->machine->check_end);
}

static int inside(struct search *x, const uint64_t *s)
{
	for (uint64_t agent = 0; agent < x->agents; agent++)
		if (point_of(x->machine, agent, s)->inside)
			return 1;
	return 0;
}

#include "explore.h"

const struct driver shootdown_machine = DRIVER;
