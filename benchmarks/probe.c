/*
 * What memory allows: random look-ups in a table of four-byte slots, in batches with prefetch, as the visited set does
 * them. Prints millions of look-ups a second. probe BITS: a table of 2^BITS slots.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define BATCH 128
#define BATCHES 200000

static double processor(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
	unsigned bits = argc > 1 ? (unsigned)atoi(argv[1]) : 24;
	size_t size = (size_t)4 << bits;
	uint32_t *table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t random = 0x9e3779b97f4a7c15u, found = 0;
	uint64_t places[BATCH];
	double began;

	if (table == MAP_FAILED)
		return 1;
	madvise(table, size, MADV_HUGEPAGE);
	for (size_t i = 0; i < (size_t)1 << bits; i += 2)
		table[i] = (uint32_t)i | 1;
	began = processor();
	for (long batch = 0; batch < BATCHES; batch++) {
		for (int i = 0; i < BATCH; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			places[i] = random >> (64 - bits);
			__builtin_prefetch(table + places[i]);
		}
		for (int i = 0; i < BATCH; i++)
			found += table[places[i]] & 1;
	}
	printf("%.1f\n", (double)BATCHES * BATCH / (processor() - began) / 1e6);
	return found == 1;
}
