/*
 * The state that stands for all that differ from it only in what interchangeable elements of a sort are called, as
 * `checker.analysis.symmetry` says it.
 *
 * The table is a list of numbers. Of each sort: elements; groups of interchangeable ones and, for each, how many and
 * which; columns and, for each, the cells of the elements in turn;
 * entries and, for each, a row; agents and, for each, the cell of its control point, its points, the position of the
 * first row of each point and behind the last one, and rows. A row is a cell that holds an element, how, the cell that
 * is 0 where it means nothing (plus one), the column that it is in (plus one), and the element to which it belongs.
 */

#define MOST_ELEMENTS 8
#define ROW 5

enum held { AS_INDEX, AS_OPTION, AS_MASK };

static inline int64_t value_of(const struct machine *m, const uint64_t *s, uint64_t at)
{
	const struct cell *cell = m->cells + at;

	return (int64_t)(s[cell->word] >> cell->shift & cell->mask) + cell->lo;
}

static inline void put_value(const struct machine *m, uint64_t *s, uint64_t at, int64_t value)
{
	const struct cell *cell = m->cells + at;

	s[cell->word] &= ~(cell->mask << cell->shift);
	s[cell->word] |= ((uint64_t)(value - cell->lo) & cell->mask) << cell->shift;
}

/* What a value at a place adds to the number of an element. */
static inline uint64_t said(uint64_t place, uint64_t value)
{
	uint64_t mixed = place * 0x9e3779b97f4a7c15u + value * 0xd6e8feb86659fd93u + 0xa0761d6478bd642fu;

	mixed = (mixed ^ mixed >> 32) * 0xff51afd7ed558ccdu;
	return mixed ^ mixed >> 29;
}

static inline int means(const struct machine *m, const uint64_t *s, const uint64_t *row)
{
	return !row[2] || value_of(m, s, row[2] - 1) != 0;
}

/* Add what a row says of elements to their numbers. */
static void mark_row(const struct machine *m, const uint64_t *s, const uint64_t *row, uint64_t *marks)
{
	int64_t value = value_of(m, s, row[0]);
	uint64_t place = row[3] ? 2 * (row[3] - 1) : 2 * row[0] + 1;
	uint64_t elements;

	if (!means(m, s, row))
		return;
	if (row[3])
		marks[row[4]] -= said(place, (uint64_t)value);
	elements = row[1] == AS_MASK ? (uint64_t)value : row[1] == AS_INDEX ? (uint64_t)1 << value : (uint64_t)1 << value >> 1;
	for (; elements; elements &= elements - 1) {
		uint64_t element = (uint64_t)__builtin_ctzll(elements);

		marks[element] += said(place, 1);
		if (row[3])
			marks[row[4]] += said(place, element == row[4] ? 2 : 3);
	}
}

static void rename_row(const struct machine *m, uint64_t *s, const uint64_t *row, const uint64_t *renaming)
{
	int64_t value = value_of(m, s, row[0]), renamed = 0;

	if (!means(m, s, row))
		return;
	if (row[1] == AS_INDEX)
		renamed = (int64_t)renaming[value];
	else if (row[1] == AS_OPTION)
		renamed = value ? (int64_t)renaming[value - 1] + 1 : 0;
	else
		for (uint64_t left = (uint64_t)value; left; left &= left - 1)
			renamed |= (int64_t)1 << renaming[__builtin_ctzll(left)];
	put_value(m, s, row[0], renamed);
}

/* Bring the elements of each group into the order of their numbers; whether that is another one. */
static int order_of(const uint64_t *groups, uint64_t count, const uint64_t *marks, uint64_t *renaming)
{
	int other = 0;

	while (count-- > 0) {
		uint64_t size = *groups++, order[MOST_ELEMENTS];

		for (uint64_t i = 0; i < size; i++) {
			uint64_t j = i;

			for (; j > 0 && marks[order[j - 1]] > marks[groups[i]]; j--)
				order[j] = order[j - 1];
			order[j] = groups[i];
			other |= j != i;
		}
		for (uint64_t i = 0; i < size; i++)
			renaming[order[i]] = groups[i];
		groups += size;
	}
	return other;
}

static void move_columns(const struct machine *m, uint64_t *s, const uint64_t *columns, uint64_t count, uint64_t size,
			 const uint64_t *renaming)
{
	for (const uint64_t *column = columns; column < columns + count * size; column += size) {
		int64_t values[MOST_ELEMENTS];

		for (uint64_t i = 0; i < size; i++)
			values[i] = value_of(m, s, column[i]);
		for (uint64_t i = 0; i < size; i++)
			put_value(m, s, column[renaming[i]], values[i]);
	}
}

/* Take the rows that hold in a state, to add what they say to `marks`, or to rename (not NULL). Returns their end. */
static const uint64_t *take_rows(const struct machine *m, uint64_t *s, const uint64_t *table, uint64_t *marks,
				 const uint64_t *renaming)
{
	const uint64_t *rows = table + 1;
	uint64_t count = *table, agents = rows[count * ROW], first = 0;

	table = rows + count * ROW + 1;
	for (;;) {
		for (uint64_t i = first; i < first + count; i++) {
			if (renaming)
				rename_row(m, s, rows + i * ROW, renaming);
			else
				mark_row(m, s, rows + i * ROW, marks);
		}
		if (!agents--)
			return table;
		first = (uint64_t)value_of(m, s, table[0]) + 2;
		count = table[first + 1] - table[first];
		first = table[first];
		rows = table + 3 + table[1];
		table = rows + rows[-1] * ROW;
	}
}

/* Rename the elements of one sort; returns where the next one's table begins. */
static const uint64_t *rename_sort(const struct machine *m, uint64_t *s, const uint64_t *table, int *changed)
{
	uint64_t size = *table++, group_count = *table++, marks[MOST_ELEMENTS] = {0}, renaming[MOST_ELEMENTS];
	const uint64_t *groups = table, *columns, *end;
	uint64_t count;

	for (uint64_t i = 0; i < size; i++)
		renaming[i] = i;
	for (uint64_t i = 0; i < group_count; i++)
		table += *table + 1;
	count = *table++;
	columns = table;
	for (uint64_t i = 0; i < count; i++)
		for (uint64_t element = 0; element < size; element++)
			marks[element] += said(2 * i, (uint64_t)value_of(m, s, *table++));
	end = take_rows(m, s, table, marks, NULL);
	if (!order_of(groups, group_count, marks, renaming))
		return end;
	*changed = 1;
	take_rows(m, s, table, marks, renaming);
	move_columns(m, s, columns, count, size, renaming);
	return end;
}

/* Let a state be the one that stands for it; whether it is another one. */
static int rename_state(const struct machine *m, uint64_t *s, const uint64_t *table, uint64_t sorts)
{
	int changed = 0;

	while (sorts-- > 0)
		table = rename_sort(m, s, table, &changed);
	return changed;
}
