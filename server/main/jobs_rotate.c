/* People under the newest keys. `luotsid keys --rotate` makes new versions; from then on this job
 * finds whoever is still known under older ones, by batches in the order of the accounts, and has
 * the keys process make index and fields anew. Which versions are the newest it learns from the
 * answers: when one names others than thought, the search begins again from the first account. A
 * row changes in one statement, if it is still as it was read, so that this may die at any moment
 * and a person who signs in meanwhile wins; whoever is not there yet is found by the older index
 * (identity_find). Who cannot be opened is counted and passed over: that one row keeps its keys. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/pg_row.h"
#include "keys/file.h"
#include "main/jobs.h"
#include "main/main.h"
#include "sql_gen.h"

enum { BATCH = 100, ARENA_FIRST = 1 << 16, NAMES = 2 };

struct person {
	struct id org, account;
	int64_t version;
	struct hash index;
	struct slice code, names[NAMES]; /* sealed; a name may be missing: empty */
};

struct rotation {
	struct jobs_parts parts;
	struct hash token;
	bool has_token, running;
	uint32_t index_version, field_version; /* the newest, as far as known; 0: not yet */
	struct id after_org, after_account;
	struct arena *arena; /* of the batch */
	struct person *persons;
	size_t n, at;
	/* The one at hand, under the newest keys. */
	struct person fresh;
	size_t name;
	uint64_t rotated, unopened, taken;
};

static void batch_ask(struct rotation *r);
static void person_next(struct rotation *r);
static void name_next(struct rotation *r);

/* --- the end of a round --- */

static void rotation_end(struct rotation *r, enum err e)
{
	r->running = false;
	arena_reset(r->arena);
	if (e != ERR_OK)
		log_warn("rotation_interrupted", LOG_W("error", err_word(e)),
			LOG_N("rotated", r->rotated));
	else if (r->rotated > 0 || r->taken > 0)
		log_info("rotation_done", LOG_N("rotated", r->rotated),
			LOG_N("index_version", r->index_version),
			LOG_N("field_version", r->field_version));
	if (r->unopened > 0 || r->taken > 0)
		log_warn("rotation_left", LOG_N("unopened", r->unopened), LOG_N("taken", r->taken));
}

static void rotation_restart(struct rotation *r)
{
	r->after_org = r->after_account = (struct id){{0}};
	r->unopened = r->taken = 0;
	batch_ask(r);
}

/* --- one person --- */

static void person_written(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct rotation *r = ctx;
	if (e != ERR_OK) {
		rotation_end(r, e);
		return;
	}
	struct slice outcome = pg_get_bytes(result, 0, JOB_IDENTITY_ROTATE_OUTCOME);
	r->rotated += slice_is(outcome, "ok");
	r->taken += slice_is(outcome, "taken");
	r->at++;
	person_next(r);
}

static struct pg_param maybe_bytes(struct slice bytes)
{
	return bytes.n > 0 ? pg_bytes(bytes) : pg_null();
}

static void person_write(struct rotation *r)
{
	const struct person *old = &r->persons[r->at], *new = &r->fresh;
	const struct pg_param params[JOB_IDENTITY_ROTATE_N_IN] = {
		[JOB_IDENTITY_ROTATE_IN_ACCOUNT] = pg_id(&old->account),
		[JOB_IDENTITY_ROTATE_IN_OLD_VERSION] = pg_int(old->version),
		[JOB_IDENTITY_ROTATE_IN_OLD_INDEX] = pg_hash(&old->index),
		[JOB_IDENTITY_ROTATE_IN_OLD_CODE] = pg_bytes(old->code),
		[JOB_IDENTITY_ROTATE_IN_OLD_GIVEN_NAME] = maybe_bytes(old->names[0]),
		[JOB_IDENTITY_ROTATE_IN_OLD_FAMILY_NAME] = maybe_bytes(old->names[1]),
		[JOB_IDENTITY_ROTATE_IN_VERSION] = pg_int(new->version),
		[JOB_IDENTITY_ROTATE_IN_INDEX] = pg_hash(&new->index),
		[JOB_IDENTITY_ROTATE_IN_CODE] = pg_bytes(new->code),
		[JOB_IDENTITY_ROTATE_IN_GIVEN_NAME] = maybe_bytes(new->names[0]),
		[JOB_IDENTITY_ROTATE_IN_FAMILY_NAME] = maybe_bytes(new->names[1]),
	};
	const struct pg_call call = {.statement = JOBS_IDENTITY_ROTATE,
		.org = &old->org,
		.params = params,
		.n_params = JOB_IDENTITY_ROTATE_N_IN,
		.done = person_written,
		.ctx = r};
	enum err e = pg_submit(r->parts.pg, &call);
	if (e != ERR_OK)
		rotation_end(r, e);
}

/* What can be read of an answer, or the end: of this person, or of the round. */
static bool is_answered(struct rotation *r, enum err e, const struct keys_answer *answer)
{
	if (e != ERR_OK) {
		rotation_end(r, e);
	} else if (answer->reason == KEYS_NOT_OPENED) {
		r->unopened++;
		r->at++;
		person_next(r);
	} else if (answer->reason != KEYS_DONE) {
		log_warn("rotation_refused", LOG_W("reason", keys_reason_word(answer->reason)));
		rotation_end(r, ERR_FORBIDDEN);
	} else {
		return true;
	}
	return false;
}

static void person_ask(struct rotation *r, const struct keys_ask *ask, keys_done_fn *done)
{
	enum err e = keys_ask(r->parts.keys, ask, done, r, 0);
	if (e != ERR_OK)
		rotation_end(r, e);
}

static struct keys_ask name_question(const struct rotation *r, enum keys_type type, struct slice of)
{
	static const enum keys_kind kinds[NAMES] = {KEYS_GIVEN_NAME, KEYS_FAMILY_NAME};
	return (struct keys_ask){.type = type,
		.field = {.kind = kinds[r->name],
			.context = {r->fresh.org},
			.n_context = 1,
			.bytes = of}};
}

static void name_sealed(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	(void)tag;
	struct rotation *r = ctx;
	if (!is_answered(r, e, answer))
		return;
	r->fresh.names[r->name++] = arena_copy(r->arena, answer->bytes);
	name_next(r);
}

/* The name is here in clear for the time of handing it back. */
static void name_opened(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	(void)tag;
	struct rotation *r = ctx;
	if (!is_answered(r, e, answer))
		return;
	const struct keys_ask ask = name_question(r, KEYS_FIELD_SEAL, answer->bytes);
	person_ask(r, &ask, name_sealed);
}

static void name_next(struct rotation *r)
{
	const struct person *old = &r->persons[r->at];
	while (r->name < NAMES && old->names[r->name].n == 0)
		r->name++;
	if (r->name == NAMES) {
		person_write(r);
		return;
	}
	const struct keys_ask ask = name_question(r, KEYS_FIELD_OPEN, old->names[r->name]);
	person_ask(r, &ask, name_opened);
}

/* A sealed field begins with u8 format | u32 version. */
static void person_indexed(void *ctx, uint64_t tag, enum err e, const struct keys_answer *answer)
{
	(void)tag;
	struct rotation *r = ctx;
	if (!is_answered(r, e, answer))
		return;
	uint32_t field_version =
		answer->bytes.n > KEYS_SEAL_EXTRA ? num_get_u32(answer->bytes.p + 1) : 0;
	if (answer->version != r->index_version || field_version != r->field_version) {
		r->index_version = answer->version;
		r->field_version = field_version;
		rotation_restart(r);
		return;
	}
	const struct person *old = &r->persons[r->at];
	r->fresh = (struct person){.org = old->org,
		.account = old->account,
		.version = answer->version,
		.index = answer->index,
		.code = arena_copy(r->arena, answer->bytes)};
	r->name = 0;
	name_next(r);
}

static void person_next(struct rotation *r)
{
	if (r->at == r->n) {
		r->after_org = r->persons[r->n - 1].org;
		r->after_account = r->persons[r->n - 1].account;
		if (r->rotated > 0)
			log_info("rotating", LOG_N("rotated", r->rotated));
		batch_ask(r);
		return;
	}
	const struct person *p = &r->persons[r->at];
	const struct keys_ask ask = {.type = KEYS_INDEX_ROTATE,
		.rotate = {.token = r->token, .org = p->org, .sealed = p->code}};
	person_ask(r, &ask, person_indexed);
}

/* --- batches --- */

static struct slice copied(
	struct rotation *r, const struct pg_result *result, size_t row, unsigned column)
{
	if (pg_is_null(result, row, column))
		return SLICE_NONE;
	return arena_copy(r->arena, pg_get_bytes(result, row, column));
}

static void batch_came(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)tag;
	struct rotation *r = ctx;
	if (e != ERR_OK || pg_rows(result) == 0) {
		rotation_end(r, e);
		return;
	}
	arena_reset(r->arena);
	r->n = pg_rows(result);
	r->at = 0;
	r->persons = arena_array(r->arena, r->n, sizeof(*r->persons));
	for (size_t i = 0; i < r->n; i++) {
		r->persons[i] = (struct person){.org = pg_get_id(result, i, JOB_IDENTITY_STALE_ORG),
			.account = pg_get_id(result, i, JOB_IDENTITY_STALE_ACCOUNT),
			.version = pg_get_int(result, i, JOB_IDENTITY_STALE_VERSION),
			.index = pg_get_hash(result, i, JOB_IDENTITY_STALE_INDEX),
			.code = copied(r, result, i, JOB_IDENTITY_STALE_CODE),
			.names = {copied(r, result, i, JOB_IDENTITY_STALE_GIVEN_NAME),
				copied(r, result, i, JOB_IDENTITY_STALE_FAMILY_NAME)}};
	}
	person_next(r);
}

static void batch_ask(struct rotation *r)
{
	bool known = r->index_version > 0;
	const struct pg_param params[JOB_IDENTITY_STALE_N_IN] = {
		[JOB_IDENTITY_STALE_IN_INDEX_VERSION] =
			known ? pg_int(r->index_version) : pg_null(),
		[JOB_IDENTITY_STALE_IN_FIELD_VERSION] =
			known ? pg_int(r->field_version) : pg_null(),
		[JOB_IDENTITY_STALE_IN_AFTER_ORG] = pg_id(&r->after_org),
		[JOB_IDENTITY_STALE_IN_AFTER_ACCOUNT] = pg_id(&r->after_account),
		[JOB_IDENTITY_STALE_IN_MOST] = pg_int(BATCH),
	};
	const struct pg_call call = {.statement = JOBS_IDENTITY_STALE,
		.params = params,
		.n_params = JOB_IDENTITY_STALE_N_IN,
		.done = batch_came,
		.ctx = r};
	enum err e = pg_submit(r->parts.pg, &call);
	if (e != ERR_OK)
		rotation_end(r, e);
}

/* Each round asks about somebody, whoever it is: only an answer names the newest keys. */
void rotation_round(struct rotation *r)
{
	if (r->running || !r->has_token)
		return;
	r->running = true;
	r->rotated = 0;
	r->index_version = r->field_version = 0;
	rotation_restart(r);
}

struct rotation *rotation_new(const struct jobs_parts *parts)
{
	struct rotation *r = MEM_NEW(struct rotation);
	struct buf token = BUF_MAX(TOKEN_LINE_MAX);
	r->parts = *parts;
	r->has_token =
		settings_secret(KEYS_TOKEN_ENV, KEYS_TOKEN_FILE, &token) &&
		b64_decode_exact(buf_slice(&token), r->token.b, sizeof(r->token.b)) == ERR_OK;
	buf_wipe(&token);
	r->arena = arena_new(ARENA_FIRST);
	return r;
}

void rotation_free(struct rotation **rotation)
{
	struct rotation *r = *rotation;
	*rotation = NULL;
	if (!r)
		return;
	arena_free(&r->arena);
	crypt_wipe(r, sizeof(*r));
	mem_free(r);
}
