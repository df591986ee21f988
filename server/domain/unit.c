/* From units to their keys: what is remembered, then the database of keys, then the keys process,
 * which alone can open what stands there. A unit that has no key gets one before anything is sealed
 * under it, and of two who make it at once the one that was stored wins. What was erased stays
 * without a key. The worker does the sealing itself, with keys it remembers for a minute: asking
 * the keys process for each row would put its queue before every page of a room, and it would see
 * the wraps besides. */
#include "domain/unit.h"

#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/state.h"
#include "seal/label.h"
#include "sql_gen.h"

#define LABEL_UNIT_ROW "luotsi/v1/unit-row"

enum { FORMAT = 1, AAD_MAX = 256, REF = sizeof(struct id) + KEYS_UNIT_REF };

/* --- what is remembered --- */

struct remembered {
	uint8_t ref[REF];
	struct hash key;
	uint64_t until;
};

struct units {
	struct units_settings settings;
	struct remembered *items; /* a ring: the next takes the place of the oldest */
	size_t next;
	struct map *places;
};

struct units *units_new(const struct units_settings *settings)
{
	struct units *u = MEM_NEW(struct units);
	bool locked = false;
	u->settings = *settings;
	u->items = mem_locked_new(settings->most * sizeof(*u->items), &locked);
	u->places = map_new();
	if (!locked)
		log_warn("unit_keys_may_be_swapped");
	return u;
}

void units_free(struct units **units)
{
	struct units *u = *units;
	*units = NULL;
	if (!u)
		return;
	map_free(&u->places);
	crypt_wipe(u->items, u->settings.most * sizeof(*u->items));
	mem_locked_free(u->items, u->settings.most * sizeof(*u->items));
	mem_free(u);
}

static void ref_write(uint8_t ref[REF], const struct unit *unit)
{
	memcpy(ref, unit->org.b, sizeof(unit->org.b));
	memcpy(ref + sizeof(unit->org.b), unit->id.b, sizeof(unit->id.b));
	num_put_u32(ref + sizeof(unit->org.b) + sizeof(unit->id.b), unit->part);
}

static void recall(struct units *u, struct unit *unit)
{
	uint8_t ref[REF];
	ref_write(ref, unit);
	const struct remembered *item = map_get(u->places, slice_of(ref, REF));
	if (!item || item->until <= clock_mono_ms())
		return;
	unit->key = item->key;
	unit->state = UNIT_OPEN;
}

static void remember(struct units *u, const struct unit *unit)
{
	uint8_t ref[REF];
	ref_write(ref, unit);
	struct remembered *item = map_get(u->places, slice_of(ref, REF));
	if (!item) {
		item = &u->items[u->next++ % u->settings.most];
		if (item->until > 0)
			(void)map_take(u->places, slice_of(item->ref, REF));
		memcpy(item->ref, ref, REF);
		(void)map_put(u->places, slice_of(item->ref, REF), item);
	}
	item->key = unit->key;
	item->until = clock_mono_ms() + u->settings.ms;
}

/* --- sets --- */

struct unit_set *unit_set_new(struct arena *arena, const struct id *org, size_t max)
{
	struct unit_set *set = ARENA_NEW(arena, struct unit_set);
	set->org = *org;
	set->max = max;
	set->items = arena_array(arena, max + 1, sizeof(*set->items));
	return set;
}

/* The last is the likeliest: rows come in the order of their epochs. */
struct unit *unit_set_add(struct unit_set *set, const struct id *id, uint32_t part)
{
	for (size_t i = set->n; i-- > 0;) {
		struct unit *unit = &set->items[i];
		if (unit->part == part && id_equal(&unit->id, id))
			return unit;
	}
	ASSERT(set->n < set->max);
	struct unit *unit = &set->items[set->n++];
	*unit = (struct unit){.org = set->org, .id = *id, .part = part};
	return unit;
}

void unit_set_wipe(struct unit_set *set)
{
	crypt_wipe(set->items, set->n * sizeof(*set->items));
}

/* --- finding --- */

struct find {
	struct units *units;
	struct unit_set *set;
	bool make;
	units_done_fn *done;
	void *ctx;
	uint8_t (*wrapped)[KEYS_UNIT_WRAPPED]; /* of each unit of the set */
	size_t asked[KEYS_UNITS_MAX];          /* which units the last question was about */
	size_t n_asked;
};

static void find_next(struct find *f);

static void find_end(struct find *f, enum err e)
{
	units_done_fn *done = f->done;
	void *ctx = f->ctx;
	for (size_t i = 0; e == ERR_OK && i < f->set->n; i++)
		if (f->set->items[i].state == UNIT_OPEN)
			remember(f->units, &f->set->items[i]);
	if (e != ERR_OK)
		unit_set_wipe(f->set);
	mem_free(f->wrapped);
	mem_free(f);
	done(ctx, e);
}

/* The units of a state, as many as fit one question. */
static void find_choose(struct find *f, enum unit_state state)
{
	f->n_asked = 0;
	for (size_t i = 0; i < f->set->n && f->n_asked < KEYS_UNITS_MAX; i++)
		if (f->set->items[i].state == state)
			f->asked[f->n_asked++] = i;
}

static void find_query(struct find *f, size_t statement, bool wrapped, pg_done *done)
{
	struct pg_param items[3][KEYS_UNITS_MAX];
	for (size_t i = 0; i < f->n_asked; i++) {
		const struct unit *unit = &f->set->items[f->asked[i]];
		items[0][i] = pg_id(&unit->id);
		items[1][i] = pg_int(unit->part);
		items[2][i] = pg_bytes(slice_of(f->wrapped[f->asked[i]], KEYS_UNIT_WRAPPED));
	}
	const struct pg_param params[] = {pg_array(items[0], f->n_asked),
		pg_array(items[1], f->n_asked), pg_array(items[2], f->n_asked)};
	struct pg_call call = {.statement = statement,
		.org = &f->set->org,
		.params = params,
		.n_params = wrapped ? 3 : 2,
		.done = done,
		.ctx = f};
	enum err e = pg_submit(f->units->settings.pg, &call);
	if (e != ERR_OK)
		find_end(f, e);
}

static void find_ask(struct find *f, enum keys_type type, keys_done_fn *done)
{
	struct buf refs = BUF_MAX(KEYS_UNITS_MAX * KEYS_UNIT_REF);
	struct buf wrapped = BUF_MAX(KEYS_UNITS_MAX * KEYS_UNIT_WRAPPED);
	for (size_t i = 0; i < f->n_asked; i++) {
		const struct unit *unit = &f->set->items[f->asked[i]];
		buf_add(&refs, id_slice(&unit->id));
		buf_add_u32(&refs, unit->part);
		if (type == KEYS_UNITS_OPEN)
			buf_add(&wrapped, slice_of(f->wrapped[f->asked[i]], KEYS_UNIT_WRAPPED));
	}
	const struct keys_ask ask = {.type = type,
		.units = {.org = f->set->org,
			.refs = buf_slice(&refs),
			.wrapped = buf_slice(&wrapped)}};
	enum err e = keys_ask(f->units->settings.keys, &ask, done, f, 0);
	buf_done(&refs);
	buf_done(&wrapped);
	if (e != ERR_OK)
		find_end(f, e);
}

/* False: it has been told. */
static bool find_answered(struct find *f, enum err e, const struct keys_answer *answer, size_t each)
{
	if (e == ERR_OK && answer->reason == KEYS_DONE && answer->bytes.n == f->n_asked * each)
		return true;
	if (e == ERR_OK)
		log_error("unit_keys_refused", LOG_W("reason", keys_reason_word(answer->reason)));
	find_end(f, e == ERR_OK ? ERR_INTERNAL : e);
	return false;
}

static void find_opened(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	struct find *f = ctx;
	(void)tag;
	if (!find_answered(f, e, answer, sizeof(struct hash)))
		return;
	for (size_t i = 0; i < f->n_asked; i++) {
		struct unit *unit = &f->set->items[f->asked[i]];
		memcpy(unit->key.b, answer->bytes.p + i * sizeof(unit->key.b), sizeof(unit->key.b));
		unit->state = UNIT_OPEN;
	}
	find_next(f);
}

/* What stands in the database, of the units that were asked about; ours is open already. */
static void find_read(struct find *f, const struct pg_result *result, unsigned wrapped_column)
{
	for (size_t row = 0; row < pg_rows(result); row++) {
		size_t place = (size_t)pg_get_int(result, row, 0) - 1;
		ASSERT(place < f->n_asked);
		size_t i = f->asked[place];
		struct unit *unit = &f->set->items[i];
		if (pg_is_null(result, row, wrapped_column)) {
			unit->state = UNIT_GONE;
			continue;
		}
		struct slice wrapped = pg_get_bytes(result, row, wrapped_column);
		ASSERT(wrapped.n == KEYS_UNIT_WRAPPED);
		bool ours = unit->state == UNIT_OPEN &&
			    slice_equal(wrapped, slice_of(f->wrapped[i], KEYS_UNIT_WRAPPED));
		unit->state = ours ? UNIT_OPEN : UNIT_WRAPPED;
		memcpy(f->wrapped[i], wrapped.p, KEYS_UNIT_WRAPPED);
	}
}

static void find_put(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct find *f = ctx;
	(void)tag;
	if (e != ERR_OK) {
		find_end(f, e);
		return;
	}
	ASSERT(pg_rows(result) == f->n_asked);
	find_read(f, result, UNIT_PUT_WRAPPED);
	find_next(f);
}

static void find_made(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	enum { EACH = sizeof(struct hash) + KEYS_UNIT_WRAPPED };
	struct find *f = ctx;
	(void)tag;
	if (!find_answered(f, e, answer, EACH))
		return;
	for (size_t i = 0; i < f->n_asked; i++) {
		struct unit *unit = &f->set->items[f->asked[i]];
		const uint8_t *from = answer->bytes.p + i * EACH;
		memcpy(unit->key.b, from, sizeof(unit->key.b));
		memcpy(f->wrapped[f->asked[i]], from + sizeof(unit->key.b), KEYS_UNIT_WRAPPED);
		unit->state = UNIT_OPEN;
	}
	find_query(f, f->units->settings.statement_put, true, find_put);
}

static void find_got(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	struct find *f = ctx;
	(void)tag;
	if (e != ERR_OK) {
		find_end(f, e);
		return;
	}
	for (size_t i = 0; i < f->n_asked; i++)
		f->set->items[f->asked[i]].state = UNIT_NONE;
	find_read(f, result, UNIT_GET_WRAPPED);
	find_next(f);
}

/* One question after the other until nothing is left to ask. */
static void find_next(struct find *f)
{
	find_choose(f, UNIT_UNKNOWN);
	if (f->n_asked > 0) {
		find_query(f, f->units->settings.statement_get, false, find_got);
		return;
	}
	find_choose(f, UNIT_NONE);
	if (f->make && f->n_asked > 0) {
		find_ask(f, KEYS_UNITS_MAKE, find_made);
		return;
	}
	find_choose(f, UNIT_WRAPPED);
	if (f->n_asked > 0) {
		find_ask(f, KEYS_UNITS_OPEN, find_opened);
		return;
	}
	find_end(f, ERR_OK);
}

void units_find(struct units *u, struct unit_set *set, bool make, units_done_fn *done, void *ctx)
{
	bool all = true;
	for (size_t i = 0; i < set->n; i++) {
		recall(u, &set->items[i]);
		all = all && set->items[i].state == UNIT_OPEN;
	}
	if (all) {
		done(ctx, ERR_OK);
		return;
	}
	struct find *f = MEM_NEW(struct find);
	*f = (struct find){.units = u, .set = set, .make = make, .done = done, .ctx = ctx};
	f->wrapped = mem_array(set->n, KEYS_UNIT_WRAPPED);
	find_next(f);
}

struct asking {
	struct request *request;
	step_fn *then;
};

static void request_found(void *ctx, enum err e)
{
	const struct asking *asking = ctx;
	if (e == ERR_OK)
		asking->then(asking->request);
	else
		req_fail(asking->request, e);
}

void req_units(struct request *r, struct unit_set *set, bool make, step_fn *then)
{
	struct asking *asking = ARENA_NEW(r->arena, struct asking);
	*asking = (struct asking){r, then};
	units_find(r->core->parts.units, set, make, request_found, asking);
}

/* --- sealing --- */

static void row_aad(struct buf *b, const struct unit *unit, struct slice row)
{
	buf_add(b, LABEL(LABEL_UNIT_ROW));
	buf_add(b, id_slice(&unit->org));
	buf_add(b, id_slice(&unit->id));
	buf_add_u32(b, unit->part);
	buf_add(b, row);
	ASSERT(buf_check(b) == ERR_OK);
}

struct slice unit_seal(
	struct arena *arena, const struct unit *unit, struct slice row, struct slice plain)
{
	struct buf aad = BUF_MAX(AAD_MAX);
	uint8_t *to = arena_alloc(arena, plain.n + UNIT_EXTRA);
	ASSERT(unit->state == UNIT_OPEN);
	row_aad(&aad, unit, row);
	to[0] = FORMAT;
	crypt_gcm_seal(&unit->key, buf_slice(&aad), plain, to + 1);
	buf_done(&aad);
	return slice_of(to, plain.n + UNIT_EXTRA);
}

enum err unit_open(struct arena *arena, const struct unit *unit, struct slice row,
	struct slice sealed, struct slice *ret_plain)
{
	if (sealed.n < UNIT_EXTRA || sealed.p[0] != FORMAT || unit->state != UNIT_OPEN)
		return ERR_BAD_FIELD;
	struct buf aad = BUF_MAX(AAD_MAX);
	size_t n = sealed.n - UNIT_EXTRA;
	uint8_t *to = arena_alloc(arena, n + 1);
	row_aad(&aad, unit, row);
	enum err e = crypt_gcm_open(&unit->key, buf_slice(&aad), slice_from(sealed, 1), to);
	buf_done(&aad);
	if (e == ERR_OK)
		*ret_plain = slice_of(to, n);
	return e;
}
