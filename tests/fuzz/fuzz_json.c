/* The body of every op, of every answer and of every event, by the generated tables: the first byte
 * chooses the table, the rest is JSON. What is accepted and said again is accepted again and says
 * the same. */
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

static enum err decode(
	struct slice text, const struct shape *shape, struct arena *arena, const void **ret)
{
	AUTO(decoded) struct decoded *d = NULL;
	const char *field = NULL;
	TRY(decode_open(text, &d));
	HOLD(reference_is_utf8(text.p, text.n));
	enum err e = decode_body(d, &(struct decode_into){shape, arena, false}, ret, &field);
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
	encode_value(&first, shape, value);
	HOLD(buf_check(&first) == ERR_OK);
	HOLD(decode(buf_slice(&first), shape, arena_again, &value_again) == ERR_OK);
	encode_value(&second, shape, value_again);
	HOLD(slice_equal(buf_slice(&first), buf_slice(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	size_t which = data[0] % (2 * n_routes);
	const struct route *route = &routes[which % n_routes];
	check_again(slice_of(data + 1, size - 1), which < n_routes ? route->in : route->out);
	return 0;
}
