/* Invitations by e-mail. What is queued here the jobs process sends; until it has, the address is
 * kept sealed, and afterwards not at all. The token that goes along only lets somebody identify as
 * the invited person: nothing of the room is sealed under it. */
#include "base/address.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "core/state.h"
#include "domain/letter.h"
#include "domain/outcome.h"
#include "seal/sealed.h"
#include "sql_gen.h"

enum { INVITATION_MS = 7 * 86400000, MAILS_A_DAY = 50, MAILS_A_ROOM = 5 };

struct mailing {
	struct id invite;
	struct hash token_hash;
	struct invitation_mail_out out;
};

static void mail_queued(struct request *r, const struct pg_result *result)
{
	const struct mailing *m = r->state;
	enum err e = outcome_parse(pg_get_bytes(result, 0, INVITATION_MAIL_PUT_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, &m->out);
	else
		req_fail(r, e);
}

static void address_sealed(struct request *r, const struct keys_answer *answer)
{
	const struct invitation_mail_in *in = r->in;
	const struct mailing *m = r->state;
	if (answer->reason != KEYS_DONE) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	const struct pg_param params[INVITATION_MAIL_PUT_N_IN] = {
		[INVITATION_MAIL_PUT_IN_ACTOR] = pg_id(&r->session.user),
		[INVITATION_MAIL_PUT_IN_ROOM] = pg_id(&in->room),
		[INVITATION_MAIL_PUT_IN_INVITE] = pg_id(&m->invite),
		[INVITATION_MAIL_PUT_IN_TOKEN_HASH] = pg_hash(&m->token_hash),
		[INVITATION_MAIL_PUT_IN_SEALED] = pg_bytes(answer->bytes),
		[INVITATION_MAIL_PUT_IN_LANGUAGE] =
			pg_bytes(slice_text(letter_language_words[in->language])),
		[INVITATION_MAIL_PUT_IN_EXPIRES_AT] = pg_time(m->out.expires_at),
		[INVITATION_MAIL_PUT_IN_MOST] = pg_int(MAILS_A_DAY),
		[INVITATION_MAIL_PUT_IN_MOST_ROOM] = pg_int(MAILS_A_ROOM),
	};
	req_query(r, STMT_INVITATION_MAIL_PUT, params, INVITATION_MAIL_PUT_N_IN, mail_queued);
}

void invitation_mail(struct request *r)
{
	const struct invitation_mail_in *in = r->in;
	if (!r->core->parts.config->smtp_url[0] || !address_is_good(in->address)) {
		req_fail(r, r->core->parts.config->smtp_url[0] ? ERR_BAD_FIELD : ERR_NO_MAIL);
		return;
	}
	struct mailing *m = r->state = ARENA_NEW(r->arena, struct mailing);
	struct letter_secret secret = {.token = crypt_random_id(), .root_kid = in->root_kid};
	struct buf plain = BUF_MAX(LETTER_SECRET_MAX);
	m->invite = crypt_random_id();
	m->token_hash = invite_token_hash(id_slice(&secret.token));
	m->out.expires_at = clock_wall_ms() + INVITATION_MS;
	secret.to = in->address;
	letter_secret_write(&plain, &secret);
	const struct keys_ask ask = {.type = KEYS_FIELD_SEAL,
		.field = {.kind = KEYS_EMAIL,
			.context = {r->session.org, in->room, m->invite},
			.n_context = 3,
			.bytes = buf_slice(&plain)}};
	req_keys(r, &ask, address_sealed);
	buf_done(&plain);
}

/* --- how it stands --- */

static void mail_state_read(struct request *r, const struct pg_result *result)
{
	static const char *const words[] = {"none", "waiting", "sent", "given_up"};
	struct invitation_mail_state_out out = {.state = 0};
	if (pg_rows(result) > 0) {
		struct slice word = pg_get_bytes(result, 0, INVITATION_MAIL_STATE_STATE);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (slice_is(word, words[i]))
				out.state = (uint8_t)i;
		out.has_expires_at = true;
		out.expires_at = pg_get_time(result, 0, INVITATION_MAIL_STATE_EXPIRES_AT);
		out.has_claimed_by = !pg_is_null(result, 0, INVITATION_MAIL_STATE_CLAIMED_BY);
	}
	if (out.has_claimed_by)
		out.claimed_by = pg_get_id(result, 0, INVITATION_MAIL_STATE_CLAIMED_BY);
	req_reply(r, &out);
}

void invitation_mail_state(struct request *r)
{
	const struct invitation_mail_state_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->room)};
	req_query(r, STMT_INVITATION_MAIL_STATE, params, 1, mail_state_read);
}

/* --- taken back, or somebody turned away --- */

static void ended(struct request *r, const struct pg_result *result)
{
	enum err e = outcome_parse(pg_get_bytes(result, 0, INVITATION_END_OUTCOME));
	if (e == ERR_OK)
		req_reply(r, NULL);
	else
		req_fail(r, e);
}

void invitation_end(struct request *r)
{
	const struct invitation_end_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->room),
		in->has_waiting ? pg_id(&in->waiting) : pg_null()};
	req_query(r, STMT_INVITATION_END, params, 3, ended);
}

/* --- for whoever waits --- */

static void waits_read(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_waited_room *rooms = arena_array(r->arena, n + 1, sizeof(*rooms));
	for (size_t i = 0; i < n; i++)
		rooms[i] = (struct wire_waited_room){pg_get_id(result, i, INVITATION_WAITS_ROOM),
			pg_get_time(result, i, INVITATION_WAITS_EXPIRES_AT)};
	const struct invitation_waits_out out = {.rooms = rooms, .n_rooms = n};
	req_reply(r, &out);
}

void invitation_waits(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_INVITATION_WAITS, params, 1, waits_read);
}
