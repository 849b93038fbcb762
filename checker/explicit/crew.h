/*
 * Threads that do one job at a time together with their caller. They live within one call of a driver: a search that
 * is not running has none, so that it can be forked, closed or left to another driver.
 */
#include <pthread.h>
#include <sched.h>

#define SPINS 400
#define YIELDS 200
#define PARTS PIECES

#define NOWHERE UINT32_MAX

/* A new state whose position is not known yet. */
struct find {
	uint32_t at; /* see `place_at`; NOWHERE: an earlier one is the same, or nobody has entered it yet */
	uint32_t entry; /* in the logs */
};

/* A member; its search has the storage of the caller's, and a batch, counters and a machine of its own. */
struct member {
	struct search search;
	uint64_t logged; /* where its log ends, which begins at its number times the room for one */
	uint64_t log_limit;
	uint64_t most_logged; /* of its chunks until now */
	uint64_t *records; /* for each part of the table, the entries of its log that belong there: see `record_of` */
	uint64_t record_counts[PARTS];
	uint64_t *fresh; /* bits for the entries of all logs: those that it has entered */
	uint64_t failed; /* the round is to be forgotten: a member has no room left */
	uint64_t number;
	struct crew *crew;
	pthread_t thread;
} __attribute__((aligned(128)));

/* Consecutive states of a level, for one member to expand. */
struct chunk {
	uint64_t first;
	uint64_t last;
	uint64_t member;
	uint64_t start; /* its entries in the member's log */
	uint64_t end;
	uint64_t first_record[PARTS]; /* and its records */
	uint64_t last_record[PARTS];
	uint64_t claimed; /* whether somebody sees to its new states */
};

/* Lines of the table that one member changes, by the first bits of hashes. */
struct part {
	uint64_t first_find;
	uint64_t find_count;
	uint64_t postponed; /* of those, how many may belong into lines of another part */
	uint64_t claimed;
} __attribute__((aligned(64)));

#define MOST_CHUNKS 256
#define LARGEST_CHUNK 64 /* times the size of the least */

struct crew {
	struct search *caller;
	struct member *members; /* the first is the caller's */
	uint64_t size;
	uint64_t running; /* threads that were started */
	void (*job)(struct member *member);
	uint64_t next; /* chunk that nobody has taken */
	uint64_t chunk_count;
	struct chunk chunks[MOST_CHUNKS];
	struct part parts[PARTS];
	/* The logs, one after the other: what was not in the table when the round began. */
	uint64_t room; /* entries of one member's log; it only grows, and words of a key only become fewer */
	uint64_t part_room; /* records that a member may have of one part */
	char *memory; /* in which all that follows lies, and what members write */
	uint64_t memory_size;
	uint64_t *keys;
	uint64_t *states; /* where keys are fingerprints */
	uint64_t *fresh; /* bits for entries: those that are new states */
	uint32_t *positions; /* for 64 entries each: the position of the first new one */
	struct find *finds; /* by part */
	const struct plan *plan; /* of a table that grows */
	struct table *pieces; /* into which it is divided, or null */
	struct stretch *stretch; /* of a piece that grows */
	char *touched_memory; /* of which pages are touched, */
	uint64_t touch_from;
	uint64_t touch_to;
	const uint8_t *touched_store;
	uint64_t touched; /* bytes of it: pages up to there need not be touched any more */
	uint64_t round_chunks; /* of the next round */
	uint64_t serial_until; /* states up to here are expanded by the caller alone */
	uint32_t jobs; /* given out so far */
	uint32_t open; /* whether the last one may still be joined */
	uint32_t busy; /* threads that are in it */
	uint32_t sleepers;
	uint32_t over;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

static void pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/* Wait until a word is not `old`: a while in a loop, then for as long as nobody else needs the core, then asleep. */
static void wait_for_change(struct crew *crew, uint32_t *word, uint32_t old)
{
	for (int i = 0; i < SPINS + YIELDS; i++) {
		if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != old)
			return;
		if (i < SPINS)
			pause_a_little();
		else
			sched_yield();
	}
	pthread_mutex_lock(&crew->lock);
	__atomic_fetch_add(&crew->sleepers, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == old)
		pthread_cond_wait(&crew->changed, &crew->lock);
	__atomic_fetch_sub(&crew->sleepers, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&crew->lock);
}

static void tell_change(struct crew *crew)
{
	if (!__atomic_load_n(&crew->sleepers, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&crew->lock);
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

static void *member_main(void *argument)
{
	struct member *member = argument;
	struct crew *crew = member->crew;

	for (uint32_t seen = 0;;) {
		wait_for_change(crew, &crew->jobs, seen);
		seen = __atomic_load_n(&crew->jobs, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&crew->over, __ATOMIC_SEQ_CST))
			return NULL;
		__atomic_fetch_add(&crew->busy, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&crew->open, __ATOMIC_SEQ_CST))
			crew->job(member);
		if (__atomic_sub_fetch(&crew->busy, 1, __ATOMIC_SEQ_CST) == 0)
			tell_change(crew);
	}
}

/* Do a job with all members. A thread that no core runs just then is not waited for: anyone takes its chunks. */
static void do_together(struct crew *crew, void (*job)(struct member *member))
{
	crew->job = job;
	crew->next = 0;
	__atomic_store_n(&crew->open, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&crew->jobs, 1, __ATOMIC_SEQ_CST);
	tell_change(crew);
	job(crew->members);
	__atomic_store_n(&crew->open, 0, __ATOMIC_SEQ_CST);
	for (uint32_t busy; (busy = __atomic_load_n(&crew->busy, __ATOMIC_SEQ_CST)) != 0;)
		wait_for_change(crew, &crew->busy, busy);
}

/* The next chunk of a job for a member; NULL: all are taken. */
static struct chunk *next_chunk(struct crew *crew)
{
	uint64_t taken = __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED);

	return taken < crew->chunk_count ? crew->chunks + taken : NULL;
}

static void start_threads(struct crew *crew)
{
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->changed, NULL);
	crew->jobs = crew->open = crew->busy = crew->sleepers = crew->over = 0;
	for (crew->running = 0; crew->running + 1 < crew->size; crew->running++) {
		struct member *member = crew->members + crew->running + 1;

		if (pthread_create(&member->thread, NULL, member_main, member))
			break;
	}
}

static void end_threads(struct crew *crew)
{
	if (!crew->running)
		return;
	__atomic_store_n(&crew->over, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&crew->jobs, 1, __ATOMIC_SEQ_CST);
	tell_change(crew);
	for (uint64_t i = 1; i <= crew->running; i++)
		pthread_join(crew->members[i].thread, NULL);
	pthread_mutex_destroy(&crew->lock);
	pthread_cond_destroy(&crew->changed);
	crew->running = 0;
}

static void free_logs(struct crew *crew)
{
	if (crew->memory)
		free_table(crew->memory, crew->memory_size);
	crew->memory = NULL;
	crew->room = 0;
}

static void free_crew(struct search *x)
{
	struct crew *crew = x->crew;

	if (!crew)
		return;
	for (uint64_t i = 0; i < crew->size; i++) {
		struct member *member = crew->members + i;

		free(member->search.batch);
		free(member->search.recent);
		free(member->search.fired);
	}
	free_logs(crew);
	free(crew->members);
	free(crew);
	x->crew = NULL;
}

/* Memory for one member: lines that no other one writes to, nor are fetched along with those. */
static void *own_lines(uint64_t bytes)
{
	return aligned_alloc(128, (bytes + 127) & ~(uint64_t)127);
}

static struct crew *new_crew(struct search *x)
{
	struct crew *crew = aligned_alloc(_Alignof(struct crew), sizeof(*crew));

	if (!crew)
		return NULL;
	memset(crew, 0, sizeof(*crew));
	x->crew = crew;
	crew->caller = x;
	crew->members = aligned_alloc(_Alignof(struct member), x->threads * sizeof(*crew->members));
	if (crew->members)
		memset(crew->members, 0, x->threads * sizeof(*crew->members));
	crew->size = crew->members ? x->threads : 0;
	crew->round_chunks = 16;
	for (uint64_t i = 0; i < crew->size; i++) {
		struct member *member = crew->members + i;

		member->crew = crew;
		member->number = i;
		member->search.batch = own_lines((BATCH + 1) * WORDS * 8);
		member->search.fired = own_lines(x->fired_count * sizeof(*x->fired));
		member->search.words = x->words;
		member->search.initial = x->initial;
		if (!member->search.batch || !member->search.fired || new_recent(&member->search))
			crew->size = 0;
	}
	if (crew->size)
		return crew;
	crew->size = crew->members ? x->threads : 0;
	free_crew(x);
	return NULL;
}

/* The crew of a search, with its threads; NULL where one thread is asked for, or memory lacks. */
static struct crew *gather(struct search *x)
{
	if (x->threads < 2 || (!x->crew && !new_crew(x)))
		return NULL;
	if (!((struct crew *)x->crew)->running)
		start_threads(x->crew);
	return x->crew;
}

static void dismiss(struct search *x)
{
	if (x->crew)
		end_threads(x->crew);
}

/* Give a member the state of the search, with counters at zero. */
static void brief(const struct search *x, struct member *member, uint64_t sink)
{
	struct search *own = &member->search;
	const struct crew *crew = x->crew;
	uint64_t *batch = own->batch, *recent = own->recent;
	uint32_t *fired = own->fired;

	memcpy(own, x, offsetof(struct search, hashes));
	own->batch = batch;
	own->recent = recent;
	own->limit = batch + BATCH * WORDS;
	own->fired = fired;
	own->machine = x->machines ? x->machines[member->number] : x->machine;
	own->sink = sink;
	own->transitions = own->problems = own->suspects = own->found = 0;
	own->progress = own->violated = own->fresh = own->fault = own->hit = 0;
	own->run_count = own->run_start = 0;
	member->logged = member->number * crew->room;
	member->log_limit = member->logged + crew->room;
	member->failed = 0;
	memset(member->record_counts, 0, sizeof(member->record_counts));
	memset(fired, 0, x->fired_count * sizeof(*fired));
}

static void brief_all(const struct search *x, uint64_t sink)
{
	struct crew *crew = x->crew;

	for (uint64_t i = 0; i < crew->size; i++)
		brief(x, crew->members + i, sink);
}

/*
 * Cut states into chunks, as many as `round_chunks` of the least size would hold; returns where the last one ends. Each is
 * a little less than a member's share of what is left: neighbours lead to the same states, which two members would both
 * find new where one ends, and with small ones last all end together.
 */
static uint64_t cut_chunks(struct search *x, uint64_t first, uint64_t last)
{
	struct crew *crew = x->crew;
	uint64_t end = first + crew->round_chunks * x->chunk_states;

	end = end < last ? end : last;
	for (crew->chunk_count = 0; first < end && crew->chunk_count < MOST_CHUNKS; crew->chunk_count++) {
		struct chunk *chunk = crew->chunks + crew->chunk_count;
		uint64_t share = 7 * (end - first) / (8 * crew->size), most = LARGEST_CHUNK * x->chunk_states;
		uint64_t states = share < x->chunk_states ? x->chunk_states : share < most ? share : most;

		chunk->first = first;
		chunk->last = first + states < end ? first + states : end;
		first = chunk->last;
	}
	return first;
}
