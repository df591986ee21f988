/* The body of every op, of every answer and of every event, by the generated tables: the first two
 * bytes choose the table, the rest is JSON. What is accepted and said again is accepted again and
 * says the same. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "core/decode.h"
#include "core/encode.h"
#include "core/route.h"
#include "reference.h"

enum { AGAIN_MAX = 1 << 20, ARENA_FIRST = 4096, MEMORY_EACH = 64 };

/* What an attacker's byte may cost: items of lists are the widest, a struct for two characters. */
static void check_memory(const struct arena *arena, const struct shape *shape, size_t size)
{
	HOLD(arena_size(arena) <= shape->size + 4096 + size * MEMORY_EACH);
}

/* --- what was accepted lies within the tables, read once more --- */

struct bounds {
	enum kind kind;
	uint64_t min, max;
	const struct field *field;
};

static void check_struct(const struct shape *shape, const uint8_t *value);

static struct slice slice_at(const uint8_t *at)
{
	struct slice s;
	memcpy(&s, at, sizeof(s));
	return s;
}

static uint64_t number_at(const uint8_t *at, enum kind kind)
{
	uint64_t v = 0; /* little-endian, as all machines that this runs on */
	memcpy(&v, at, kind == KIND_U16 ? 2 : kind == KIND_U32 ? 4 : 8);
	return v;
}

static void check_value(const struct bounds *b, const uint8_t *at)
{
	switch (b->kind) {
	case KIND_BYTES:
	case KIND_TEXT:
		HOLD(slice_at(at).n >= b->min && slice_at(at).n <= b->max);
		HOLD(b->kind == KIND_BYTES || reference_is_utf8(slice_at(at).p, slice_at(at).n));
		return;
	case KIND_U16:
	case KIND_U32:
	case KIND_U53:
	case KIND_TIME:
		HOLD(number_at(at, b->kind) >= b->min && number_at(at, b->kind) <= b->max);
		return;
	case KIND_BOOL:
		HOLD(*at <= 1);
		return;
	case KIND_ENUM:
		HOLD(*at < b->field->n_words);
		return;
	case KIND_STRUCT:
		check_struct(b->field->of, at);
		return;
	case KIND_ID:
	case KIND_HASH:
	case KIND_LIST:
	case KIND_COUNT:
		return;
	}
}

static void check_list(const struct field *f, const uint8_t *value)
{
	struct bounds item = {f->item, f->item_min, f->item_max, f};
	const uint8_t *items;
	size_t n;
	memcpy(&items, value + f->at, sizeof(items));
	memcpy(&n, value + f->has_at, sizeof(n));
	HOLD(n >= f->min && n <= f->max);
	for (size_t i = 0; i < n; i++)
		check_value(&item, items + i * f->item_size);
}

static void check_struct(const struct shape *shape, const uint8_t *value)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct field *f = &shape->fields[i];
		if (f->kind == KIND_LIST)
			check_list(f, value);
		else if (!f->optional || value[f->has_at] == 1)
			check_value(&(struct bounds){f->kind, f->min, f->max, f}, value + f->at);
	}
}

/* --- said again --- */

static enum err decode(
	struct slice text, const struct shape *shape, struct arena *arena, const void **ret)
{
	AUTO(decoded) struct decoded *d = NULL;
	const char *field = NULL;
	TRY(decode_open(text, &d));
	HOLD(reference_is_utf8(text.p, text.n));
	enum err e =
		decode_body(d, &(struct decode_into){shape, arena, false, SLICE_NONE}, ret, &field);
	HOLD(e == ERR_OK || e == ERR_BAD_FIELD);
	check_memory(arena, shape, text.n);
	return e;
}

static void check_again(struct slice text, const struct shape *shape)
{
	AUTO(arena) struct arena *arena = arena_new(ARENA_FIRST);
	AUTO(arena) struct arena *arena_again = arena_new(ARENA_FIRST);
	AUTO(buf) struct buf first = BUF_MAX(AGAIN_MAX);
	AUTO(buf) struct buf second = BUF_MAX(AGAIN_MAX);
	const void *value = NULL, *value_again = NULL;
	if (decode(text, shape, arena, &value) != ERR_OK)
		return;
	check_struct(shape, value);
	encode_value(&first, shape, value);
	HOLD(buf_check(&first) == ERR_OK);
	HOLD(decode(buf_slice(&first), shape, arena_again, &value_again) == ERR_OK);
	encode_value(&second, shape, value_again);
	HOLD(slice_equal(buf_slice(&first), buf_slice(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t which = (size_t)(data[0] << 8 | data[1]) % (2 * n_routes);
	const struct route *route = &routes[which % n_routes];
	check_again(slice_of(data + 2, size - 2), which < n_routes ? route->in : route->out);
	return 0;
}
