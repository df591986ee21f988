/* How a staff account gets its person: a token that is good once, for a week, and only together
 * with the organisation's own sign-in. It is handed over by the admin or goes by e-mail; then the
 * jobs process sends it, and until it has, token and address are kept sealed. */
#include "base/address.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "core/state.h"
#include "domain/letter.h"
#include "domain/outcome.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { ENROLMENT_MS = 7 * 86400000, MAILS_A_DAY = 100 };

static void enrolment_made(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, ENROLMENT_MAKE_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, r->state);
	else
		req_fail(r, e);
}

void enrolment_make(struct request *r)
{
	const struct enrolment_make_in *in = r->in;
	struct enrolment_make_out *out = r->state = ARENA_NEW(r->arena, struct enrolment_make_out);
	out->token = crypt_random_id();
	out->expires_at = clock_wall_ms() + ENROLMENT_MS;
	struct hash hash = invite_token_hash(id_slice(&out->token));
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account),
		pg_hash(&hash), pg_time(out->expires_at)};
	req_query(r, STMT_ENROLMENT_MAKE, params, 4, enrolment_made);
}

/* --- by e-mail --- */

struct mailing {
	struct id mail;
	struct hash token_hash;
	struct enrolment_mail_out out;
};

static void mail_queued(struct request *r, const struct pg_result *result)
{
	const struct mailing *m = r->state;
	enum err e = outcome_parse(pg_get_bytes(result, 0, ENROLMENT_MAIL_PUT_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, &m->out);
	else
		req_fail(r, e);
}

static void mail_sealed(struct request *r, const struct keys_answer *answer)
{
	const struct enrolment_mail_in *in = r->in;
	const struct mailing *m = r->state;
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	const char *language = letter_language_words[in->language];
	const struct pg_param params[ENROLMENT_MAIL_PUT_N_IN] = {
		[ENROLMENT_MAIL_PUT_IN_ACTOR] = pg_id(&r->session.user),
		[ENROLMENT_MAIL_PUT_IN_ACCOUNT] = pg_id(&in->account),
		[ENROLMENT_MAIL_PUT_IN_TOKEN_HASH] = pg_hash(&m->token_hash),
		[ENROLMENT_MAIL_PUT_IN_EXPIRES_AT] = pg_time(m->out.expires_at),
		[ENROLMENT_MAIL_PUT_IN_MAIL] = pg_id(&m->mail),
		[ENROLMENT_MAIL_PUT_IN_SEALED] = pg_bytes(answer->bytes),
		[ENROLMENT_MAIL_PUT_IN_LANGUAGE] = pg_bytes(slice_text(language)),
		[ENROLMENT_MAIL_PUT_IN_MOST] = pg_int(MAILS_A_DAY),
	};
	req_query(r, STMT_ENROLMENT_MAIL_PUT, params, ENROLMENT_MAIL_PUT_N_IN, mail_queued);
}

/* The letter is one of no room: see jobs_mail.c. */
static const struct id no_room;

void enrolment_mail(struct request *r)
{
	const struct enrolment_mail_in *in = r->in;
	if (!r->core->parts.config->smtp_url[0] || !address_is_good(in->address)) {
		req_fail(r, r->core->parts.config->smtp_url[0] ? ERR_BAD_FIELD : ERR_NO_MAIL);
		return;
	}
	struct mailing *m = r->state = ARENA_NEW(r->arena, struct mailing);
	struct letter_secret secret = {.token = crypt_random_id(), .to = in->address};
	struct buf plain = BUF_MAX(LETTER_SECRET_MAX);
	m->mail = crypt_random_id();
	m->token_hash = invite_token_hash(id_slice(&secret.token));
	m->out.expires_at = clock_wall_ms() + ENROLMENT_MS;
	letter_secret_write(&plain, &secret);
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {.kind = KEYS_EMAIL,
			.context = {r->session.org, no_room, m->mail},
			.n_context = 3,
			.bytes = buf_slice(&plain)}};
	req_keys(r, &ask, mail_sealed);
	buf_done(&plain);
}

/* --- withdrawn --- */

static void enrolment_withdrawn(struct request *r, const struct pg_result *result)
{
	if (pg_get_bool(result, 0, ENROLMENT_WITHDRAW_WITHDRAWN))
		req_reply(r, NULL);
	else
		req_fail(r, ERR_NOT_FOUND);
}

void enrolment_withdraw(struct request *r)
{
	const struct enrolment_withdraw_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->account)};
	req_query(r, STMT_ENROLMENT_WITHDRAW, params, 2, enrolment_withdrawn);
}
