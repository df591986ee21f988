/* Files: begun over the WebSocket, their parts over HTTP, one request a part. A worker holds a part
 * while it comes, is hashed on a thread and goes to the database, and no longer; whose file it is,
 * which lengths fit and that a part is accepted once is judged by the statement that stores it. The
 * manifest that sends a file is an envelope like any other (message.c). */
#include "base/b64.h"
#include "base/crypt.h"
#include "base/num.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "domain/unit.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { STATE_PARTS = 1000, DIGEST_TEXT = 43, PREFIX = 56, PART_SIZE = 1049600 };

/* Every statement here that changes something says a word in its only column. */
static void outcome_said(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, 0));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

/* --- keys: under the key of the file's unit, bound to the epoch --- */

enum { KEY_SIZE = 104, KEY_ROW = 4 };

static void key_find(struct request *r, const struct id *file, bool make, step_fn *then)
{
	struct unit_set *set = unit_set_new(r->arena, &r->session.org, 1);
	(void)unit_set_add(set, file, 0);
	r->state = set;
	req_units(r, set, make, then);
}

/* False: it was erased, for ever; the request has been told. */
static bool key_seal(struct request *r, uint32_t epoch, struct slice key, struct slice *ret_sealed)
{
	struct unit_set *set = r->state;
	uint8_t row[KEY_ROW];
	num_put_u32(row, epoch);
	bool open = set->items[0].state == UNIT_OPEN;
	if (open)
		*ret_sealed = unit_seal(r->arena, &set->items[0], slice_of(row, KEY_ROW), key);
	unit_set_wipe(set);
	if (!open)
		req_fail(r, ERR_CONFLICT);
	return open;
}

static void begin_found(struct request *r)
{
	const struct file_begin_in *in = r->in;
	const struct config *config = r->core->parts.config;
	struct slice sealed;
	if (!key_seal(r, in->epoch, in->key, &sealed))
		return;
	const struct pg_param params[FILE_BEGIN_N_IN] = {
		[FILE_BEGIN_IN_ROOM] = pg_id(&in->room),
		[FILE_BEGIN_IN_ACCOUNT] = pg_id(&r->session.user),
		[FILE_BEGIN_IN_FILE] = pg_id(&in->file),
		[FILE_BEGIN_IN_CIPHER_SIZE] = pg_int(in->cipher_size),
		[FILE_BEGIN_IN_EPOCH] = pg_int(in->epoch),
		[FILE_BEGIN_IN_KEY] = pg_bytes(sealed),
		[FILE_BEGIN_IN_MOST] = pg_int(config->file_most_bytes),
		[FILE_BEGIN_IN_QUOTA] = pg_int(config->file_quota_bytes),
		[FILE_BEGIN_IN_MOST_OPEN] = pg_int(config->files_open),
		[FILE_BEGIN_IN_MOST_DAY] = pg_int(config->files_per_day),
	};
	req_query(r, STMT_FILE_BEGIN, params, FILE_BEGIN_N_IN, outcome_said);
}

void file_begin(struct request *r)
{
	const struct file_begin_in *in = r->in;
	if (sealed_size_is_possible((uint64_t)in->cipher_size))
		key_find(r, &in->file, true, begin_found);
	else
		req_fail(r, ERR_BAD_FIELD);
}

static void put_found(struct request *r)
{
	const struct file_key_put_in *in = r->in;
	struct slice sealed;
	if (!key_seal(r, in->epoch, in->key, &sealed))
		return;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_id(&in->file), pg_int(in->epoch), pg_bytes(sealed)};
	req_query(r, STMT_FILE_KEY_PUT, params, 4, outcome_said);
}

void file_key_put(struct request *r)
{
	const struct file_key_put_in *in = r->in;
	key_find(r, &in->file, true, put_found);
}

void file_cancel(struct request *r)
{
	const struct file_cancel_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->file)};
	req_query(r, STMT_FILE_CANCEL, params, 2, outcome_said);
}

static uint8_t state_number(struct slice word)
{
	if (slice_is(word, "open"))
		return FILE_STATE_OUT_STATE_OPEN;
	return slice_is(word, "sent") ? FILE_STATE_OUT_STATE_SENT : FILE_STATE_OUT_STATE_GONE;
}

static void state_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	if (n == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct file_state_out out = {
		.state = state_number(pg_get_bytes(result, 0, FILE_STATE_STATE)),
		.more = n > STATE_PARTS,
	};
	n = pg_is_null(result, 0, FILE_STATE_N) ? 0 : num_min(n, STATE_PARTS);
	struct wire_file_part *parts = arena_array(r->arena, n + 1, sizeof(*parts));
	for (size_t i = 0; i < n; i++) {
		parts[i].n = (uint32_t)pg_get_int(result, i, FILE_STATE_N);
		parts[i].digest = pg_get_hash(result, i, FILE_STATE_DIGEST);
	}
	out.parts = parts;
	out.n_parts = n;
	req_reply(r, &out);
}

void file_state(struct request *r)
{
	const struct file_state_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->file),
		pg_int(num_min(in->from, INT32_MAX)), pg_int(STATE_PARTS + 1)};
	req_query(r, STMT_FILE_STATE, params, 4, state_read);
}

struct key_answer {
	uint32_t epoch;
	struct slice key;
	struct unit_set *units; /* empty for a key from before there were units */
};

static void key_found(struct request *r)
{
	const struct key_answer *answer = r->state;
	struct file_key_out out = {.epoch = answer->epoch, .key = answer->key};
	const struct unit *unit = answer->units->items;
	bool sealed = answer->units->n > 0, gone = sealed && unit->state != UNIT_OPEN;
	uint8_t row[KEY_ROW];
	num_put_u32(row, answer->epoch);
	enum err e = ERR_OK;
	if (gone)
		e = ERR_NOT_FOUND;
	else if (sealed &&
		 unit_open(r->arena, unit, slice_of(row, KEY_ROW), answer->key, &out.key) != ERR_OK)
		e = ERR_INTERNAL;
	unit_set_wipe(answer->units);
	if (e == ERR_OK)
		req_reply(r, &out);
	else
		req_fail(r, e);
}

static void key_read(struct request *r, const struct pg_result *result)
{
	const struct file_key_in *in = r->in;
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	struct key_answer *answer = ARENA_NEW(r->arena, struct key_answer);
	answer->epoch = (uint32_t)pg_get_int(result, 0, FILE_KEY_EPOCH);
	answer->key = arena_copy(r->arena, pg_get_bytes(result, 0, FILE_KEY_KEY));
	answer->units = unit_set_new(r->arena, &r->session.org, 1);
	if (answer->key.n != KEY_SIZE)
		(void)unit_set_add(answer->units, &in->file, 0);
	r->state = answer;
	req_units(r, answer->units, false, key_found);
}

void file_key(struct request *r)
{
	const struct file_key_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&in->room), pg_id(&r->session.user), pg_id(&in->file)};
	req_query(r, STMT_FILE_KEY, params, 3, key_read);
}

static void limits_read(struct request *r, const struct pg_result *result)
{
	struct file_limits_out out = {
		.most = pg_get_int(result, 0, FILE_LIMITS_MOST),
		.left = pg_get_int(result, 0, FILE_LIMITS_REMAINING),
	};
	req_reply(r, &out);
}

void file_limits(struct request *r)
{
	const struct config *config = r->core->parts.config;
	const struct pg_param params[] = {
		pg_int(config->file_most_bytes), pg_int(config->file_quota_bytes)};
	req_query(r, STMT_FILE_LIMITS, params, 2, limits_read);
}

/* --- parts --- */

struct part {
	struct slice bytes;
	struct hash digest;
};

/* On a thread. */
static void part_hash(void *state)
{
	struct part *part = state;
	part->digest = crypt_sha256(part->bytes);
}

static void part_hashed(struct request *r)
{
	const struct file_part_put_in *in = r->in;
	const struct part *part = r->state;
	if (!hash_equal(&part->digest, &in->digest)) {
		req_fail(r, ERR_BAD_FIELD);
		return;
	}
	/* The query has a copy when it is asked. */
	struct buf bytes = r->body;
	r->body = (struct buf)BUF_MAX(0);
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->file), pg_int(in->n),
		pg_hash(&in->digest), pg_bytes(buf_slice(&bytes))};
	req_query(r, STMT_FILE_PART_PUT, params, 5, outcome_said);
	buf_done(&bytes);
}

void file_part_put(struct request *r)
{
	struct part *part = ARENA_NEW(r->arena, struct part);
	part->bytes = buf_slice(&r->body);
	r->state = part;
	req_work(r, part_hash, part_hashed);
}

/* Where part n ends in the file's ciphertext (FORMAT.md, section 12). */
static int64_t part_end(int64_t cipher_size, uint32_t n)
{
	int64_t end = PREFIX + (n + INT64_C(1)) * PART_SIZE;
	return end < cipher_size ? end : cipher_size;
}

static void part_digest(struct request *r, struct hash digest)
{
	char text[DIGEST_TEXT + 1];
	b64_encode(hash_slice(&digest), text);
	text[DIGEST_TEXT] = '\0';
	req_header(r, "x-luotsi-digest:", slice_text(text));
}

static void part_read(struct request *r, const struct pg_result *result)
{
	const struct file_part_get_in *in = r->in;
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	int64_t size = pg_get_int(result, 0, FILE_PART_GET_CIPHER_SIZE);
	if (in->n == in->last && r->nth == 0)
		part_digest(r, pg_get_hash(result, 0, FILE_PART_GET_DIGEST));
	req_reply_kept(r, result, pg_get_bytes(result, 0, FILE_PART_GET_BYTES),
		(size_t)(part_end(size, in->last) - part_end(size, in->n)));
}

void file_part_get(struct request *r)
{
	const struct file_part_get_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->file), pg_int(in->n)};
	req_query(r, STMT_FILE_PART_GET, params, 3, part_read);
}
