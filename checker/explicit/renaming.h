/*
 * The state that stands for all that differ from it only in what interchangeable elements of a sort are called, as
 * `checker.analysis.symmetry` says it.
 *
 * The table is a list of numbers. Of each sort: how many follow; elements; groups of interchangeable ones and, for each,
 * how many and which; the cells that come before all marks, of each element (plus one, or none); columns and, for each, the cells of the elements in turn (plus one, or none); squares and, for each, the cells
 * of each two elements, the first one's together;
 * entries and, for each, a row; agents and, for each, the cell of its control point, its points, the position of the
 * first row of each point and behind the last one, and rows. A row is a cell that holds an element, how, the cell that
 * is 0 where it means nothing (plus one), the column that it is in (plus one), and the element to which it belongs.
 */

#define MOST_ELEMENTS 8
#define ROW 5

enum held { AS_INDEX, AS_OPTION, AS_MASK, OF_ANOTHER }; /* OF_ANOTHER: of another sort, added to how */

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

/* What a value says of elements, whatever they are called. */
static inline uint64_t shape_of(uint64_t how, int64_t value)
{
	return how == AS_MASK ? (uint64_t)__builtin_popcountll((uint64_t)value) : how == AS_OPTION && value;
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
	if (row[1] >= OF_ANOTHER) {
		marks[row[4]] += said(place, shape_of(row[1] - OF_ANOTHER, value));
		return;
	}
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

	if (row[1] >= OF_ANOTHER || !means(m, s, row))
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

/* Whether two elements of a group have the same leading value, so that their numbers decide. */
static int any_alike(const uint64_t *groups, uint64_t count, const int64_t *leads)
{
	for (; count-- > 0; groups += *groups + 1)
		for (uint64_t i = 1; i <= *groups; i++)
			for (uint64_t j = 1; j < i; j++)
				if (leads[groups[i]] == leads[groups[j]])
					return 1;
	return 0;
}

/* Bring the elements of each group into the order of leading values and numbers; whether that is another one. */
static int order_of(const uint64_t *groups, uint64_t count, const int64_t *leads, const uint64_t *marks,
		    uint64_t *renaming)
{
	int other = 0;

	while (count-- > 0) {
		uint64_t size = *groups++, order[MOST_ELEMENTS];

		for (uint64_t i = 0; i < size; i++) {
			uint64_t j = i;

			for (; j > 0 && (leads[order[j - 1]] > leads[groups[i]] ||
					 (leads[order[j - 1]] == leads[groups[i]] && marks[order[j - 1]] > marks[groups[i]]));
			     j--)
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
			values[i] = column[i] ? value_of(m, s, column[i] - 1) : 0;
		for (uint64_t i = 0; i < size; i++)
			if (column[i])
				put_value(m, s, column[renaming[i]] - 1, values[i]);
	}
}

static void move_squares(const struct machine *m, uint64_t *s, const uint64_t *squares, uint64_t count, uint64_t size,
			 const uint64_t *renaming)
{
	for (const uint64_t *square = squares; square < squares + count * size * size; square += size * size) {
		int64_t values[MOST_ELEMENTS * MOST_ELEMENTS];

		for (uint64_t i = 0; i < size * size; i++)
			values[i] = value_of(m, s, square[i]);
		for (uint64_t i = 0; i < size * size; i++)
			put_value(m, s, square[renaming[i / size] * size + renaming[i % size]], values[i]);
	}
}

/* Add what squares, the first of which has this place, say of each two elements. */
static const uint64_t *mark_squares(const struct machine *m, const uint64_t *s, const uint64_t *squares, uint64_t count,
				    uint64_t size, uint64_t place, uint64_t *marks)
{
	for (; count-- > 0; place += 6) {
		for (uint64_t one = 0; one < size; one++) {
			for (uint64_t other = 0; other < size; other++) {
				uint64_t value = (uint64_t)value_of(m, s, *squares++);

				marks[one] += said(one == other ? place : place + 2, value);
				if (one != other)
					marks[other] += said(place + 4, value);
			}
		}
	}
	return squares;
}

/* Take the rows that hold in a state, to add what they say to `marks`, or to rename (not NULL). */
static void take_rows(const struct machine *m, uint64_t *s, const uint64_t *table, uint64_t *marks,
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
			return;
		first = (uint64_t)value_of(m, s, table[0]) + 2;
		count = table[first + 1] - table[first];
		first = table[first];
		rows = table + 3 + table[1];
		table = rows + rows[-1] * ROW;
	}
}

/* Number the elements of a sort by what a state says of them, from the columns of its table on. */
static void mark_elements(const struct machine *m, uint64_t *s, const uint64_t *table, uint64_t size, uint64_t *marks)
{
	uint64_t count = *table++, squares;

	for (uint64_t i = 0; i < count; i++)
		for (uint64_t element = 0; element < size; element++, table++)
			if (*table)
				marks[element] += said(2 * i, (uint64_t)value_of(m, s, *table - 1));
	squares = *table++;
	take_rows(m, s, mark_squares(m, s, table, squares, size, 2 * count, marks), marks, NULL);
}

static void rename_elements(const struct machine *m, uint64_t *s, const uint64_t *table, uint64_t size,
			    const uint64_t *renaming)
{
	const uint64_t *columns = table + 1, *squares = columns + *table * size + 1;

	take_rows(m, s, squares + squares[-1] * size * size, NULL, renaming);
	move_columns(m, s, columns, *table, size, renaming);
	move_squares(m, s, squares, squares[-1], size, renaming);
}

/* Rename the elements of one sort; returns where the next one's table begins. */
static const uint64_t *rename_sort(const struct machine *m, uint64_t *s, const uint64_t *table, int *changed)
{
	const uint64_t *end = table + *table + 1, *groups = table + 3;
	uint64_t size = table[1], group_count = table[2], marks[MOST_ELEMENTS] = {0}, renaming[MOST_ELEMENTS];
	int64_t leads[MOST_ELEMENTS];

	table = groups;
	for (uint64_t i = 0; i < group_count; i++)
		table += *table + 1;
	for (uint64_t i = 0; i < size; i++, table++) {
		renaming[i] = i;
		leads[i] = *table ? value_of(m, s, *table - 1) : 0;
	}
	if (any_alike(groups, group_count, leads))
		mark_elements(m, s, table, size, marks);
	if (order_of(groups, group_count, leads, marks, renaming)) {
		*changed = 1;
		rename_elements(m, s, table, size, renaming);
	}
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
