/* Signing in, being signed in, and leaving. Signing in here is the development page's: it exists
 * only with development = yes, and is a page that is not there otherwise. */
#include "base/clock.h"
#include "base/crypt.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "sql_gen.h"

enum { SEATS_TRIES = 3 };

/* --- opening a connection --- */

struct opening {
	uint64_t generation;
	unsigned tries;
	bool has_agreement;
	struct id agreement;
};

static void session_seated(struct request *r, const struct pg_result *rooms);

static void ask_seats(struct request *r)
{
	struct opening *opening = r->state;
	opening->generation = hub_generation(r->core->hub);
	opening->tries++;
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_NOTICE_ROOMS, params, 1, session_seated);
}

static void session_agreement_read(struct request *r, const struct pg_result *result)
{
	struct opening *opening = r->state;
	opening->has_agreement = pg_rows(result) > 0;
	if (opening->has_agreement)
		opening->agreement = pg_get_id(result, 0, SESSION_AGREEMENT_AGREEMENT);
	ask_seats(r);
}

void session_open(struct request *r)
{
	struct connection *conn = connection_find(r->core, r->from);
	if (conn == NULL || conn->stage != CONNECTION_FRESH) {
		req_fail(r, ERR_CONFLICT);
		return;
	}
	connection_join(r->core, conn, &r->session);
	r->state = ARENA_NEW(r->arena, struct opening);
	if (r->session.role == ROLE_CLIENT)
		ask_seats(r);
	else
		req_query(r, STMT_SESSION_AGREEMENT, NULL, 0, session_agreement_read);
}

/* A control log that grew while its seats were read may have changed them: read them again. */
static void session_seated(struct request *r, const struct pg_result *rooms)
{
	const struct opening *opening = r->state;
	const struct config *config = r->core->parts.config;
	hub_take_seats(r->core->hub, &r->session.user, rooms);
	if (opening->generation != hub_generation(r->core->hub) && opening->tries < SEATS_TRIES) {
		ask_seats(r);
		return;
	}
	struct session_open_out out = {
		.user = r->session.user,
		.org = r->session.org,
		.role = (uint8_t)r->session.role,
		.organisation = r->organisation,
		.server_time = clock_wall_ms(),
		.expires_at = r->session.expires_at,
		.max_frame = (uint32_t)config->max_frame,
		.epoch_max_messages = (uint32_t)config->epoch_max_messages,
		.development = config->development,
		.has_agreement = opening->has_agreement,
		.agreement = opening->agreement,
	};
	req_reply(r, &out);
}

/* --- one's own sessions --- */

static void session_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_session_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct wire_session_row){
			.session = pg_get_id(result, i, SESSION_LIST_SESSION),
			.started_at = pg_get_time(result, i, SESSION_LIST_STARTED_AT),
			.seen_at = pg_get_time(result, i, SESSION_LIST_SEEN_AT),
		};
		rows[i].current = id_equal(&rows[i].session, &r->session.session);
	}
	struct session_list_out out = {.sessions = rows, .n_sessions = n};
	req_reply(r, &out);
}

void session_list(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user)};
	req_query(r, STMT_SESSION_LIST, params, 1, session_listed);
}

static void session_ended(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0)
		req_fail(r, ERR_NOT_FOUND);
	else
		req_reply(r, NULL);
}

void session_end(struct request *r)
{
	const struct session_end_in *in = r->in;
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&in->session)};
	req_query(r, STMT_SESSION_END, params, 2, session_ended);
}

static void set_cookie(struct request *r, const char *token, const char *more)
{
	AUTO(buf) struct buf b = BUF_MAX(512);
	struct http_header *header = ARENA_NEW(r->arena, struct http_header);
	buf_add_text(&b, SESSION_COOKIE "=");
	buf_add_text(&b, token);
	buf_add_text(&b, "; Path=/; Secure; HttpOnly; SameSite=Strict");
	buf_add_text(&b, more);
	*header = (struct http_header){"set-cookie:", arena_copy(r->arena, buf_slice(&b))};
	r->http_headers = header;
	r->n_http_headers = 1;
}

static void sign_out_ended(struct request *r, const struct pg_result *result)
{
	(void)result; /* ended elsewhere already: just as well */
	set_cookie(r, "", "; Max-Age=0");
	req_reply(r, NULL);
}

void sign_out(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&r->session.session)};
	req_query(r, STMT_SESSION_END, params, 2, sign_out_ended);
}

/* --- the development page --- */

static void people_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_dev_person *people = arena_array(r->arena, n + 1, sizeof(*people));
	for (size_t i = 0; i < n; i++) {
		enum role role = ROLE_CLIENT;
		if (!session_role_parse(pg_get_bytes(result, i, DEV_PEOPLE_ROLE), &role)) {
			req_fail(r, ERR_INTERNAL);
			return;
		}
		people[i] = (struct wire_dev_person){
			.person = pg_get_id(result, i, DEV_PEOPLE_ACCOUNT),
			.login = pg_get_bytes(result, i, DEV_PEOPLE_LOGIN),
			.role = (uint8_t)role,
			.organisation = pg_get_bytes(result, i, DEV_PEOPLE_ORGANISATION),
		};
	}
	struct dev_people_out out = {.people = people, .n_people = n};
	req_reply(r, &out);
}

void dev_people(struct request *r)
{
	if (!r->core->parts.config->development)
		req_fail(r, ERR_NOT_FOUND);
	else
		req_query(r, STMT_DEV_PEOPLE, NULL, 0, people_listed);
}

static void signed_in(struct request *r, const struct pg_result *result)
{
	if (pg_changed(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	set_cookie(r, r->state, "");
	struct dev_sign_in_out out = {.user = r->session.user};
	req_reply(r, &out);
}

static void person_found(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	const struct dev_sign_in_in *in = r->in;
	struct id session = crypt_random_id();
	struct hash token_hash;
	char *token = arena_alloc(r->arena, SESSION_TOKEN_TEXT + 1);
	session_new_token(token, &token_hash);
	r->state = token;
	r->session.org = pg_get_id(result, 0, DEV_PERSON_ORG);
	r->session.user = in->person;
	int64_t expires_at = clock_wall_ms() + r->core->parts.config->session_hours * 3600 * 1000;
	const struct pg_param params[] = {
		pg_id(&session), pg_hash(&token_hash), pg_id(&in->person), pg_time(expires_at)};
	req_query(r, STMT_SESSION_START, params, 4, signed_in);
}

void dev_sign_in(struct request *r)
{
	if (!r->core->parts.config->development) {
		req_fail(r, ERR_NOT_FOUND);
		return;
	}
	const struct dev_sign_in_in *in = r->in;
	const struct pg_param params[] = {pg_id(&in->person)};
	req_query(r, STMT_DEV_PERSON, params, 1, person_found);
}
