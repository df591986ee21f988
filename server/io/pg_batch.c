/* Many rows of one statement as arrays, and its result dealt out again. The statement's first
 * column is the ordinal of the row it speaks of (from `unnest(...) WITH ORDINALITY`), so that rows
 * may come back in any order. A call of which nothing comes back was passed over, because what it
 * needs is locked: it is asked again, and before long by itself, when it waits. */
#include "base/mem.h"
#include "base/num.h"
#include "io/pg_internal.h"

/* Where the bytes of this column begin in a call. */
static size_t call_start(const struct call *call, unsigned column)
{
	size_t at = 0;
	for (unsigned i = 0; i < column; i++)
		at += call->sizes[i] > 0 ? (size_t)call->sizes[i] : 0;
	return at;
}

void pg_batch_encode(struct buf *to, const struct unit *unit, unsigned column)
{
	bool has_null = false;
	for (size_t i = 0; i < unit->n; i++)
		has_null |= unit->calls[i]->sizes[column] < 0;
	buf_add_u32(to, 1);
	buf_add_u32(to, has_null);
	buf_add_u32(to, pg_type_info(unit->statement->in[column])->oid);
	buf_add_u32(to, (uint32_t)unit->n);
	buf_add_u32(to, 1);
	for (size_t i = 0; i < unit->n; i++) {
		const struct call *call = unit->calls[i];
		int32_t size = call->sizes[column];
		buf_add_u32(to, (uint32_t)size);
		if (size > 0)
			buf_add(to, slice_of(call->bytes + call_start(call, column), (size_t)size));
	}
}

/* Which call the row speaks of; PG_MAX_BATCH when none. */
static size_t batch_row_of(const struct unit *unit, int row)
{
	if (PQgetisnull(unit->res, row, 0) || PQgetlength(unit->res, row, 0) != 8)
		return PG_MAX_BATCH;
	uint64_t ordinal = num_get_u64((const uint8_t *)PQgetvalue(unit->res, row, 0));
	return ordinal >= 1 && ordinal <= unit->n ? (size_t)ordinal - 1 : PG_MAX_BATCH;
}

static void batch_answer_call(struct unit *unit, size_t i, const uint32_t *rows, size_t n)
{
	struct pg_result result = {
		.res = unit->res, .statement = unit->statement, .rows = rows, .n = n};
	enum pg_shape shape = unit->statement->shape;
	enum err e = shape == PG_ONE && n == 0 ? ERR_NOT_FOUND : ERR_OK;
	if (n > 1 && (shape == PG_ONE || shape == PG_MAYBE))
		e = ERR_INTERNAL;
	call_done(unit->calls[i], e, &result);
}

void pg_batch_answer(struct unit *unit)
{
	int n_rows = PQntuples(unit->res);
	size_t ends[PG_MAX_BATCH + 1] = {0};
	for (int row = 0; row < n_rows; row++)
		ends[batch_row_of(unit, row)]++;
	size_t starts[PG_MAX_BATCH + 1] = {0};
	for (size_t i = 0; i < PG_MAX_BATCH; i++) {
		starts[i + 1] = starts[i] + ends[i];
		ends[i] = starts[i];
	}
	ends[PG_MAX_BATCH] = starts[PG_MAX_BATCH];
	uint32_t *rows = mem_array((size_t)n_rows, sizeof(*rows));
	for (int row = 0; row < n_rows; row++)
		rows[ends[batch_row_of(unit, row)]++] = (uint32_t)row;
	size_t n_calls = unit->n, n_left = 0;
	for (size_t i = 0; i < n_calls; i++) {
		size_t n = starts[i + 1] - starts[i];
		if (n == 0 && n_calls > 1)
			unit->calls[n_left++] = unit->calls[i];
		else
			batch_answer_call(unit, i, rows + starts[i], n);
	}
	unit->n = n_left;
	mem_free(rows);
}
