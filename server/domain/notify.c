/* Where a person wants to hear by e-mail that something waits. The address is kept sealed, together
 * with the code that proves it: the code of a letter is never in the database in a form that could
 * be tried out there. A try is counted before anybody looks whether it is right. */
#include "base/address.h"
#include "base/crypt.h"
#include "base/num.h"
#include "core/state.h"
#include "domain/letter.h"
#include "domain/outcome.h"
#include "sql_gen.h"

enum { CODE_SECONDS = 30 * 60, CODE_TRIES = 5, CODES_A_DAY = 5, CHANGES = 10 };

static const char *const states[] = {"none", "unconfirmed", "confirmed", "refused"};
static const char *const letters[] = {"waiting", "sent", "given_up"};
static const char *const changes[] = {"passkey_add", "passkey_remove", "passkey_reset",
	"passkey_copied", "unlockers_change", "notify_confirm", "notify_remove"};

static uint8_t place_of(struct slice word, const char *const *words, size_t n)
{
	size_t i = 0;
	while (i < n && !slice_is(word, words[i]))
		i++;
	ASSERT(i < n); /* constraints of the tables, and words of a statement */
	return (uint8_t)i;
}
#define PLACE_OF(word, words) place_of(word, words, sizeof(words) / sizeof((words)[0]))

static void ask_to_open(
	struct request *r, const struct id *address, struct slice sealed, keys_fn *then)
{
	const struct keys_ask ask = {.type = KEYS_FIELD_OPEN,
		.field = {.kind = KEYS_EMAIL,
			.context = {r->session.org, r->session.user, *address},
			.n_context = 3,
			.bytes = sealed}};
	req_keys(r, &ask, then);
}

/* False: the request has failed. */
static bool was_opened(
	struct request *r, const struct keys_answer *answer, struct notify_secret *ret)
{
	if (answer->reason == KEYS_DONE && notify_secret_read(answer->bytes, ret) == ERR_OK)
		return true;
	req_fail(r, ERR_INTERNAL);
	return false;
}

/* --- how it stands --- */

static void got_address(struct request *r, const struct keys_answer *answer)
{
	struct notify_get_out *out = r->state;
	struct notify_secret secret;
	if (!was_opened(r, answer, &secret))
		return;
	out->has_address = true;
	out->address = secret.to;
	req_reply(r, out);
}

static void got(struct request *r, const struct pg_result *result)
{
	struct notify_get_out *out = r->state = ARENA_NEW(r->arena, struct notify_get_out);
	*out = (struct notify_get_out){.mail = r->core->parts.config->smtp_url[0] != '\0'};
	if (pg_rows(result) == 0) {
		req_reply(r, out);
		return;
	}
	int64_t tries = pg_get_int(result, 0, NOTIFY_GET_TRIES_LEFT);
	out->state = PLACE_OF(pg_get_bytes(result, 0, NOTIFY_GET_STATE), states);
	out->language =
		PLACE_OF(pg_get_bytes(result, 0, NOTIFY_GET_LANGUAGE), letter_language_words);
	out->messages = pg_get_bool(result, 0, NOTIFY_GET_MESSAGES);
	out->reminders = pg_get_bool(result, 0, NOTIFY_GET_REMINDERS);
	out->requests = pg_get_bool(result, 0, NOTIFY_GET_REQUESTS);
	out->letter = PLACE_OF(pg_get_bytes(result, 0, NOTIFY_GET_LETTER), letters);
	out->until = pg_get_time(result, 0, NOTIFY_GET_CODE_UNTIL);
	out->tries = (uint16_t)(tries > 0 ? tries : 0);
	struct id address = pg_get_id(result, 0, NOTIFY_GET_ADDRESS);
	ask_to_open(r, &address, pg_get_bytes(result, 0, NOTIFY_GET_SEALED), got_address);
}

void notify_get(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_int(CODE_TRIES)};
	req_query(r, STMT_NOTIFY_GET, params, 2, got);
}

/* --- an address --- */

static void put(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, NOTIFY_PUT_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

static void sealed(struct request *r, const struct keys_answer *answer)
{
	const struct notify_put_in *in = r->in;
	const struct id *address = r->state;
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	const struct pg_param params[NOTIFY_PUT_N_IN] = {
		[NOTIFY_PUT_IN_ACCOUNT] = pg_id(&r->session.user),
		[NOTIFY_PUT_IN_ADDRESS] = pg_id(address),
		[NOTIFY_PUT_IN_SEALED] = pg_bytes(answer->bytes),
		[NOTIFY_PUT_IN_LANGUAGE] =
			pg_bytes(slice_text(letter_language_words[in->language])),
		[NOTIFY_PUT_IN_SECONDS] = pg_int(CODE_SECONDS),
		[NOTIFY_PUT_IN_MOST] = pg_int(CODES_A_DAY),
	};
	req_query(r, STMT_NOTIFY_PUT, params, NOTIFY_PUT_N_IN, put);
}

static void code_make(char code[static NOTIFY_CODE_SIZE])
{
	uint8_t random[sizeof(uint64_t)];
	crypt_random(random, sizeof(random));
	uint64_t n = num_get_u64(random);
	for (size_t i = 0; i < NOTIFY_CODE_SIZE; i++, n /= 10)
		code[i] = (char)('0' + n % 10);
}

void notify_put(struct request *r)
{
	const struct notify_put_in *in = r->in;
	if (!r->core->parts.config->smtp_url[0] || !address_is_good(in->address)) {
		req_fail(r, r->core->parts.config->smtp_url[0] ? ERR_BAD_FIELD : ERR_NO_MAIL);
		return;
	}
	struct id *address = r->state = ARENA_NEW(r->arena, struct id);
	struct notify_secret secret = {.to = in->address};
	struct buf plain = BUF_MAX(NOTIFY_SECRET_MAX);
	*address = crypt_random_id();
	code_make(secret.code);
	notify_secret_write(&plain, &secret);
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {.kind = KEYS_EMAIL,
			.context = {r->session.org, r->session.user, *address},
			.n_context = 3,
			.bytes = buf_slice(&plain)}};
	req_keys(r, &ask, sealed);
	crypt_wipe(secret.code, sizeof(secret.code));
	crypt_wipe(plain.p, plain.n);
	buf_done(&plain);
}

/* --- its code --- */

struct trying {
	struct id address;
	struct notify_confirm_out out;
};

static void confirmed(struct request *r, const struct pg_result *result)
{
	struct trying *t = r->state;
	t->out.outcome = pg_get_bool(result, 0, NOTIFY_CONFIRM_CONFIRMED) ? 0 : 2;
	req_reply(r, &t->out);
}

static void compared(struct request *r, const struct keys_answer *answer)
{
	const struct notify_confirm_in *in = r->in;
	struct trying *t = r->state;
	struct notify_secret secret;
	if (!was_opened(r, answer, &secret))
		return;
	if (!crypt_equal(in->code, slice_of(secret.code, sizeof(secret.code)))) {
		t->out.outcome = 1;
		req_reply(r, &t->out);
		return;
	}
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&t->address)};
	req_query(r, STMT_NOTIFY_CONFIRM, params, 2, confirmed);
}

static void tried(struct request *r, const struct pg_result *result)
{
	struct trying *t = r->state = ARENA_NEW(r->arena, struct trying);
	if (pg_rows(result) == 0) {
		t->out = (struct notify_confirm_out){.outcome = 2};
		req_reply(r, &t->out);
		return;
	}
	t->address = pg_get_id(result, 0, NOTIFY_TRY_ADDRESS);
	t->out = (struct notify_confirm_out){
		.tries = (uint16_t)pg_get_int(result, 0, NOTIFY_TRY_TRIES_LEFT)};
	ask_to_open(r, &t->address, pg_get_bytes(result, 0, NOTIFY_TRY_SEALED), compared);
}

void notify_confirm(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_int(CODE_TRIES)};
	req_query(r, STMT_NOTIFY_TRY, params, 2, tried);
}

/* --- what is told; and no more of it --- */

static void changed(struct request *r, const struct pg_result *result)
{
	if (pg_get_bool(result, 0, 0))
		req_reply(r, NULL);
	else
		req_fail(r, ERR_NOT_FOUND);
}

void notify_choose(struct request *r)
{
	const struct notify_choose_in *in = r->in;
	const struct pg_param params[NOTIFY_CHOOSE_N_IN] = {
		[NOTIFY_CHOOSE_IN_ACCOUNT] = pg_id(&r->session.user),
		[NOTIFY_CHOOSE_IN_MESSAGES] = pg_bool(in->messages),
		[NOTIFY_CHOOSE_IN_REMINDERS] = pg_bool(in->reminders),
		[NOTIFY_CHOOSE_IN_REQUESTS] = in->has_requests ? pg_bool(in->requests) : pg_null(),
		[NOTIFY_CHOOSE_IN_LANGUAGE] =
			pg_bytes(slice_text(letter_language_words[in->language])),
	};
	req_query(r, STMT_NOTIFY_CHOOSE, params, NOTIFY_CHOOSE_N_IN, changed);
}

void notify_remove(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_NOTIFY_REMOVE, params, 1, changed);
}

/* --- what of one's ways in has changed --- */

static void changes_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_way_change *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_way_change){.at = pg_get_time(result, i, NOTIFY_CHANGES_AT),
			.what = PLACE_OF(pg_get_bytes(result, i, NOTIFY_CHANGES_WHAT), changes),
			.own = pg_get_bool(result, i, NOTIFY_CHANGES_OWN)};
	req_reply(r, &(struct notify_changes_out){.changes = rows, .n_changes = n});
}

void notify_changes(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_int(CHANGES)};
	req_query(r, STMT_NOTIFY_CHANGES, params, 2, changes_listed);
}
