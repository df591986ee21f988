/* Being signed in, and leaving. How a session begins: session_start.c, and what leads there. */
#include "base/clock.h"
#include "base/crypt.h"
#include "core/state.h"
#include "domain/session_start.h"
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

static void ticket_stored(struct request *r, const struct pg_result *result)
{
	(void)result;
	const struct hash *ticket = r->state;
	struct ws_ticket_out out = {.ticket = *ticket};
	req_reply(r, &out);
}

void ws_ticket(struct request *r)
{
	struct hash *ticket = ARENA_NEW(r->arena, struct hash);
	crypt_random(ticket->b, sizeof(ticket->b));
	struct hash hash = crypt_sha256(hash_slice(ticket));
	r->state = ticket;
	const struct pg_param params[] = {pg_hash(&hash), pg_id(&r->session.session),
		pg_int(r->core->parts.config->ticket_seconds)};
	req_query(r, STMT_WS_TICKET, params, 3, ticket_stored);
}

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
		.idle_minutes = (uint32_t)session_idle_minutes(config, r->session.role),
		.max_frame = (uint32_t)config->max_frame,
		.epoch_max_messages = (uint32_t)config->epoch_max_messages,
		.development = config->development,
		.has_agreement = opening->has_agreement,
		.agreement = opening->agreement,
	};
	req_reply(r, &out);
}

void ping(struct request *r)
{
	req_reply(r, NULL);
}

/* --- one's own sessions --- */

static void session_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_session_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		enum session_method method = SESSION_OIDC;
		if (!session_method_parse(pg_get_bytes(result, i, SESSION_LIST_METHOD), &method)) {
			req_fail(r, ERR_INTERNAL);
			return;
		}
		rows[i] = (struct wire_session_row){
			.session = pg_get_id(result, i, SESSION_LIST_SESSION),
			.started_at = pg_get_time(result, i, SESSION_LIST_STARTED_AT),
			.seen_at = pg_get_time(result, i, SESSION_LIST_SEEN_AT),
			.method = (uint8_t)method,
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

static void others_ended(struct request *r, const struct pg_result *result)
{
	struct session_end_others_out out = {
		.ended = (uint32_t)pg_get_int(result, 0, SESSION_END_OTHERS_ENDED)};
	req_reply(r, &out);
}

void session_end_others(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&r->session.session)};
	req_query(r, STMT_SESSION_END_OTHERS, params, 2, others_ended);
}

static void sign_out_ended(struct request *r, const struct pg_result *result)
{
	(void)result; /* ended elsewhere already: just as well */
	cookie_clear(r, SESSION_COOKIE);
	req_reply(r, NULL);
}

void sign_out(struct request *r)
{
	const struct pg_param params[] = {pg_id(&r->session.user), pg_id(&r->session.session)};
	req_query(r, STMT_SESSION_END, params, 2, sign_out_ended);
}
