/* Parameters in PostgreSQL's binary format. The declared type decides the bytes; a parameter that
 * does not suit it is a bug of ours, because the client's input was bounded and typed by the
 * decoder long before. */
#include "base/mem.h"
#include "base/num.h"
#include "io/pg_internal.h"

enum { PG_EPOCH_S = 946684800, JSONB_VERSION = 1, ENCODED_MAX = 256 << 20 };

static const struct pg_type_info types[PG_TYPE_COUNT] = {
	[PG_BOOL] = {16, 1, PG_BOOL},
	[PG_INT2] = {21, 2, PG_INT2},
	[PG_INT4] = {23, 4, PG_INT4},
	[PG_INT8] = {20, 8, PG_INT8},
	[PG_TEXT] = {25, 0, PG_TEXT},
	[PG_BYTEA] = {17, 0, PG_BYTEA},
	[PG_UUID] = {2950, 16, PG_UUID},
	[PG_TIMESTAMPTZ] = {1184, 8, PG_TIMESTAMPTZ},
	[PG_JSONB] = {3802, 0, PG_JSONB},
	[PG_BOOL_ARRAY] = {1000, 0, PG_BOOL},
	[PG_INT2_ARRAY] = {1005, 0, PG_INT2},
	[PG_INT4_ARRAY] = {1007, 0, PG_INT4},
	[PG_INT8_ARRAY] = {1016, 0, PG_INT8},
	[PG_TEXT_ARRAY] = {1009, 0, PG_TEXT},
	[PG_BYTEA_ARRAY] = {1001, 0, PG_BYTEA},
	[PG_UUID_ARRAY] = {2951, 0, PG_UUID},
	[PG_TIMESTAMPTZ_ARRAY] = {1185, 0, PG_TIMESTAMPTZ},
};

const struct pg_type_info *pg_type_info(enum pg_type type)
{
	ASSERT((unsigned)type < PG_TYPE_COUNT);
	return &types[type];
}

static void pg_encode_int(struct buf *to, enum pg_type type, int64_t v)
{
	if (type == PG_INT2) {
		ASSERT(v >= INT16_MIN && v <= INT16_MAX);
		buf_add_u16(to, (uint16_t)v);
	} else if (type == PG_INT4) {
		ASSERT(v >= INT32_MIN && v <= INT32_MAX);
		buf_add_u32(to, (uint32_t)v);
	} else {
		ASSERT(type == PG_INT8);
		buf_add_u64(to, (uint64_t)v);
	}
}

static void pg_encode_bytes(struct buf *to, enum pg_type type, struct slice bytes)
{
	ASSERT(type == PG_TEXT || type == PG_BYTEA || type == PG_JSONB ||
		(type == PG_UUID && bytes.n == 16));
	if (type == PG_JSONB)
		buf_add_byte(to, JSONB_VERSION);
	buf_add(to, bytes);
}

static void pg_encode_array(
	struct buf *to, enum pg_type type, const struct pg_param *items, size_t n)
{
	enum pg_type element = pg_type_info(type)->element;
	ASSERT(element != type && n <= INT32_MAX);
	bool has_null = false;
	for (size_t i = 0; i < n; i++)
		has_null |= items[i].kind == PG_PARAM_NULL;
	buf_add_u32(to, n ? 1 : 0);
	buf_add_u32(to, has_null);
	buf_add_u32(to, pg_type_info(element)->oid);
	if (n) {
		buf_add_u32(to, (uint32_t)n);
		buf_add_u32(to, 1);
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = to->n;
		buf_add_u32(to, UINT32_MAX);
		if (items[i].kind == PG_PARAM_NULL)
			continue;
		pg_encode(to, element, &items[i]);
		ASSERT(buf_check(to) == ERR_OK);
		num_put_u32(to->p + at, (uint32_t)(to->n - at - 4));
	}
}

void pg_encode(struct buf *to, enum pg_type type, const struct pg_param *param)
{
	switch (param->kind) {
	case PG_PARAM_NULL:
		NEVER("NULL has no bytes");
	case PG_PARAM_BOOL:
		ASSERT(type == PG_BOOL);
		buf_add_byte(to, param->boolean);
		return;
	case PG_PARAM_INT:
		pg_encode_int(to, type, param->integer);
		return;
	case PG_PARAM_BYTES:
		pg_encode_bytes(to, type, param->bytes);
		return;
	case PG_PARAM_ID:
		pg_encode_bytes(to, type, id_slice(&param->id));
		return;
	case PG_PARAM_TIME:
		ASSERT(type == PG_TIMESTAMPTZ);
		buf_add_u64(to, (uint64_t)((param->integer - PG_EPOCH_S * INT64_C(1000)) * 1000));
		return;
	case PG_PARAM_ARRAY:
		pg_encode_array(to, type, param->array.items, param->array.n);
		return;
	}
}

static void call_encode(struct buf *bytes, int32_t sizes[static PG_MAX_IN],
	const struct pg_statement *statement, const struct pg_param *params)
{
	for (size_t i = 0; i < statement->n_in; i++) {
		sizes[i] = -1;
		if (params[i].kind == PG_PARAM_NULL)
			continue;
		size_t before = bytes->n;
		pg_encode(bytes, statement->in[i], &params[i]);
		sizes[i] = (int32_t)(bytes->n - before);
	}
	ASSERT(buf_check(bytes) == ERR_OK);
}

struct call *call_new(const struct pg_call *from, const struct pg_statement *statement)
{
	ASSERT(from->n_params == statement->n_in && (!statement->tenant || from->org) &&
		from->done);
	int32_t sizes[PG_MAX_IN];
	struct buf bytes = BUF_MAX(ENCODED_MAX);
	call_encode(&bytes, sizes, statement, from->params);
	struct call *c = mem_new(sizeof(*c) + bytes.n);
	list_init(&c->link);
	c->statement = statement;
	c->has_org = statement->tenant;
	if (c->has_org)
		c->org = *from->org;
	c->affinity = from->affinity;
	c->done = from->done;
	c->ctx = from->ctx;
	c->tag = from->tag;
	memcpy(c->sizes, sizes, sizeof(sizes));
	c->n_bytes = bytes.n;
	if (bytes.n)
		memcpy(c->bytes, bytes.p, bytes.n);
	buf_done(&bytes);
	return c;
}

void call_done(struct call *call, enum err e, const struct pg_result *result)
{
	call->done(call->ctx, call->tag, e, e == ERR_OK ? result : NULL);
	mem_free(call);
}
