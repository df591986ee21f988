/* Typed reading. libpq gives pointers and lengths; here they become values after the declared type
 * and the length have been compared. */
#include "io/pg_row.h"

#include "base/mem.h"
#include "base/num.h"
#include "io/pg_internal.h"

enum { PG_EPOCH_S = 946684800 };

size_t pg_rows(const struct pg_result *r)
{
	return r->n;
}

size_t pg_changed(const struct pg_result *r)
{
	/* libpq 15 declares the argument without const and only reads it (PQcmdTuples). */
	union {
		const PGresult *in;
		PGresult *out;
	} res = {.in = r->res};
	uint64_t n = 0;
	(void)num_parse_u64(slice_text(PQcmdTuples(res.out)), UINT64_MAX, &n);
	return (size_t)n;
}

void *pg_keep(const struct pg_result *r)
{
	ASSERT(r->owner && *r->owner);
	PGresult *kept = *r->owner;
	*r->owner = NULL;
	return kept;
}

void pg_let_go(void *kept)
{
	PQclear(kept);
}

static int pg_row_at(const struct pg_result *r, size_t row, unsigned column)
{
	ASSERT(row < r->n && column < r->statement->n_out);
	return (int)(r->rows ? r->rows[row] : row);
}

bool pg_is_null(const struct pg_result *r, size_t row, unsigned column)
{
	return PQgetisnull(r->res, pg_row_at(r, row, column), (int)column);
}

static struct slice pg_raw(const struct pg_result *r, size_t row, unsigned column)
{
	int at = pg_row_at(r, row, column);
	ASSERT(!PQgetisnull(r->res, at, (int)column));
	struct slice raw = slice_of(
		PQgetvalue(r->res, at, (int)column), (size_t)PQgetlength(r->res, at, (int)column));
	uint8_t size = pg_type_info(r->statement->out[column])->size;
	ASSERT(size == 0 || raw.n == size);
	return raw;
}

static enum pg_type pg_type_of(const struct pg_result *r, unsigned column)
{
	return r->statement->out[column];
}

bool pg_get_bool(const struct pg_result *r, size_t row, unsigned column)
{
	ASSERT(pg_type_of(r, column) == PG_BOOL);
	return pg_raw(r, row, column).p[0] != 0;
}

int64_t pg_get_int(const struct pg_result *r, size_t row, unsigned column)
{
	enum pg_type type = pg_type_of(r, column);
	ASSERT(type == PG_INT2 || type == PG_INT4 || type == PG_INT8);
	struct slice raw = pg_raw(r, row, column);
	if (type == PG_INT2)
		return (int16_t)num_get_u16(raw.p);
	if (type == PG_INT4)
		return (int32_t)num_get_u32(raw.p);
	return (int64_t)num_get_u64(raw.p);
}

struct slice pg_get_bytes(const struct pg_result *r, size_t row, unsigned column)
{
	enum pg_type type = pg_type_of(r, column);
	ASSERT(type == PG_TEXT || type == PG_BYTEA || type == PG_JSONB);
	struct slice raw = pg_raw(r, row, column);
	return type == PG_JSONB ? slice_from(raw, 1) : raw;
}

struct id pg_get_id(const struct pg_result *r, size_t row, unsigned column)
{
	ASSERT(pg_type_of(r, column) == PG_UUID);
	struct id id;
	memcpy(id.b, pg_raw(r, row, column).p, sizeof(id.b));
	return id;
}

struct hash pg_get_hash(const struct pg_result *r, size_t row, unsigned column)
{
	ASSERT(pg_type_of(r, column) == PG_BYTEA);
	struct slice raw = pg_raw(r, row, column);
	struct hash h;
	ASSERT(raw.n == sizeof(h.b));
	memcpy(h.b, raw.p, sizeof(h.b));
	return h;
}

int64_t pg_get_time(const struct pg_result *r, size_t row, unsigned column)
{
	ASSERT(pg_type_of(r, column) == PG_TIMESTAMPTZ);
	int64_t us = (int64_t)num_get_u64(pg_raw(r, row, column).p);
	int64_t ms = us / 1000 - (us % 1000 < 0);
	return ms + PG_EPOCH_S * INT64_C(1000);
}

/* The items behind the header of a one-dimensional array; *ret_n is 0 for an empty one. */
static struct slice pg_array_items(
	const struct pg_result *r, size_t row, unsigned column, size_t *ret_n)
{
	enum { HEADER = 12, DIMENSION = 8 };
	ASSERT(pg_type_info(pg_type_of(r, column))->element != pg_type_of(r, column));
	struct slice raw = pg_raw(r, row, column);
	ASSERT(raw.n >= HEADER);
	uint32_t dimensions = num_get_u32(raw.p);
	*ret_n = 0;
	if (dimensions == 0)
		return SLICE_NONE;
	ASSERT(dimensions == 1 && raw.n >= HEADER + DIMENSION);
	*ret_n = num_get_u32(raw.p + HEADER);
	return slice_from(raw, HEADER + DIMENSION);
}

size_t pg_array_count(const struct pg_result *r, size_t row, unsigned column)
{
	size_t n;
	(void)pg_array_items(r, row, column, &n);
	return n;
}

struct slice pg_array_item(const struct pg_result *r, size_t row, unsigned column, size_t item)
{
	size_t n;
	struct slice rest = pg_array_items(r, row, column, &n);
	ASSERT(item < n);
	for (;; item--) {
		ASSERT(rest.n >= 4);
		uint32_t size = num_get_u32(rest.p);
		rest = slice_from(rest, 4);
		if (size == UINT32_MAX)
			size = 0;
		ASSERT(size <= rest.n);
		if (item == 0)
			return slice_part(rest, 0, size);
		rest = slice_from(rest, size);
	}
}
