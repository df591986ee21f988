/* How a session begins. Every way to sign in ends here, so that what is true of one is true of all:
 * a new token each time, the old session over in the same transaction, the limits of the role, and
 * a cookie that no script can read and no other site can cause to be sent. */
#include "domain/session_start.h"

#include "base/crypt.h"
#include "core/state.h"
#include "sql_gen.h"

enum { COOKIE_MAX = 512 };

struct starting {
	char token[SESSION_TOKEN_TEXT + 1];
	session_started_fn *then;
	step_fn *then_fresh;
};

static void set_cookie(struct request *r, const char *name, const char *value, const char *more)
{
	AUTO(buf) struct buf b = BUF_MAX(COOKIE_MAX);
	buf_addf(&b, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s", name, value, more);
	req_header(r, "set-cookie:", buf_slice(&b));
}

void cookie_set(struct request *r, const char *name, const char *value, unsigned seconds)
{
	AUTO(buf) struct buf more = BUF_MAX(COOKIE_MAX);
	if (seconds > 0)
		buf_addf(&more, "; Max-Age=%u", seconds);
	set_cookie(r, name, value, buf_text(&more));
}

void cookie_clear(struct request *r, const char *name)
{
	set_cookie(r, name, "", "; Max-Age=0");
}

static void session_started(struct request *r, const struct pg_result *result)
{
	struct starting *s = r->starting;
	if (pg_rows(result) == 0) {
		s->then(r, ERR_NOT_FOUND);
		return;
	}
	r->session.expires_at = pg_get_time(result, 0, SESSION_START_EXPIRES_AT);
	r->session.fresh_until = pg_get_time(result, 0, SESSION_START_FRESH_UNTIL);
	if (!session_role_parse(pg_get_bytes(result, 0, SESSION_START_ROLE), &r->session.role)) {
		req_fail(r, ERR_INTERNAL);
		return;
	}
	cookie_set(r, SESSION_COOKIE, s->token, 0);
	crypt_wipe(s->token, sizeof(s->token));
	s->then(r, ERR_OK);
}

void session_start(struct request *r, const struct session_start *how, session_started_fn *then)
{
	struct hash token;
	struct pg_param most[SESSION_CLASSES];
	struct starting *s = r->starting = ARENA_NEW(r->arena, struct starting);
	s->then = then;
	session_new_token(s->token, &token);
	r->session = (struct session){.session = crypt_random_id(),
		.org = how->org,
		.user = how->user,
		.role = ROLE_NOBODY,
		.method = how->method};
	const struct pg_param params[SESSION_START_N_IN] = {
		[SESSION_START_IN_SESSION] = pg_id(&r->session.session),
		[SESSION_START_IN_TOKEN_HASH] = pg_hash(&token),
		[SESSION_START_IN_ACCOUNT] = pg_id(&how->user),
		[SESSION_START_IN_METHOD] = pg_bytes(slice_text(session_method_words[how->method])),
		[SESSION_START_IN_IDENTIFIED_AT] =
			how->identified_at > 0 ? pg_time(how->identified_at) : pg_null(),
		[SESSION_START_IN_ACR] = how->acr.n > 0 ? pg_bytes(how->acr) : pg_null(),
		[SESSION_START_IN_OLD_HASH] = r->has_token ? pg_hash(&r->token) : pg_null(),
		[SESSION_START_IN_SECONDS] = session_most_seconds(r->core->parts.config, most),
	};
	req_query(r, STMT_SESSION_START, params, SESSION_START_N_IN, session_started);
}

static void session_freshened(struct request *r, const struct pg_result *result)
{
	struct starting *s = r->starting;
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_SESSION_EXPIRED);
		return;
	}
	r->session.fresh_until = pg_get_time(result, 0, SESSION_FRESHEN_FRESH_UNTIL);
	struct connection *conn = r->http ? NULL : connection_find(r->core, r->from);
	if (conn != NULL)
		conn->session.fresh_until = r->session.fresh_until;
	if (r->http)
		cookie_set(r, SESSION_COOKIE, s->token, 0);
	crypt_wipe(s->token, sizeof(s->token));
	s->then_fresh(r);
}

void session_freshen(struct request *r, step_fn *then)
{
	struct hash token;
	struct starting *s = r->starting = ARENA_NEW(r->arena, struct starting);
	s->then_fresh = then;
	session_new_token(s->token, &token);
	const struct pg_param params[] = {
		pg_id(&r->session.session), r->http ? pg_hash(&token) : pg_null()};
	req_query(r, STMT_SESSION_FRESHEN, params, 2, session_freshened);
}
