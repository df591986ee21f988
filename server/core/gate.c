/* The gate. A request is decoded, told who speaks, counted, told what the speaker is to the thing
 * asked for, and judged by the table of rights; only then does its handler run. The checks are an
 * array in this order, so that nothing can be asked by a way that leaves one out. A check that must
 * ask the database says so and is gone on from when the answer is there. What a frame says wrongly
 * before it has a number ends the connection: no honest client says it. */
#include "core/gate.h"

#include "base/b64.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/agreement.h"
#include "core/decode.h"
#include "core/log_path.h"
#include "core/state.h"
#include "sql_gen.h"

/* A check's answer when it has asked the database: the request may be gone already, and comes back
 * through gate_go_on. */
#define WAITS ERR_COUNT

static bool is_via(const struct route *route, enum via via)
{
	return route->via == via || (route->via == VIA_BOTH && via != VIA_RAW);
}

static const struct route *find_route(const struct core *core, struct slice op, enum via via)
{
	if (!op.p)
		return NULL;
	size_t low = 0, high = core->parts.n_routes;
	while (low < high) { /* the table is sorted by name */
		size_t middle = (low + high) / 2;
		const struct route *route = &core->parts.routes[middle];
		size_t n = strlen(route->op);
		int order = memcmp(op.p, route->op, num_min(op.n, n));
		if (order == 0 && op.n == n)
			return is_via(route, via) ? route : NULL;
		if (order < 0 || (order == 0 && op.n < n))
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* --- who speaks --- */

static void session_is_over(struct request *r)
{
	struct core *core = r->core;
	uint64_t conn = r->from;
	bool http = r->http;
	req_fail(r, ERR_SESSION_EXPIRED);
	if (!http)
		ws_close(core->server, conn, WS_CLOSE_SESSION);
}

static void session_known(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0) {
		session_is_over(r);
		return;
	}
	/* The columns are those of SESSION_OPEN as well. */
	_Static_assert((unsigned)SESSION_FIND_FRESH_UNTIL == (unsigned)SESSION_OPEN_FRESH_UNTIL,
		"one more column at the end");
	r->session = (struct session){
		.session = pg_get_id(result, 0, SESSION_FIND_SESSION),
		.org = pg_get_id(result, 0, SESSION_FIND_ORG),
		.user = pg_get_id(result, 0, SESSION_FIND_ACCOUNT),
		.expires_at = pg_get_time(result, 0, SESSION_FIND_EXPIRES_AT),
		.fresh_until = pg_get_time(result, 0, SESSION_FIND_FRESH_UNTIL),
	};
	r->organisation = arena_copy(r->arena, pg_get_bytes(result, 0, SESSION_FIND_ORGANISATION));
	if (session_role_parse(pg_get_bytes(result, 0, SESSION_FIND_ROLE), &r->session.role) &&
		session_method_parse(
			pg_get_bytes(result, 0, SESSION_FIND_METHOD), &r->session.method))
		gate_go_on(r);
	else
		req_fail(r, ERR_INTERNAL);
}

static enum err ask_session(struct request *r)
{
	if (!r->has_token)
		return ERR_NOT_SIGNED_IN;
	struct pg_param idle[SESSION_CLASSES];
	const struct pg_param params[] = {
		pg_hash(&r->token), session_idle_seconds(r->core->parts.config, idle)};
	req_query(r, STMT_SESSION_FIND, params, 2, session_known);
	return WAITS;
}

static void session_admitted(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) == 0 || pg_get_bool(result, 0, SESSION_OPEN_ADMITTED)) {
		session_known(r, result);
		return;
	}
	struct core *core = r->core;
	uint64_t conn = r->from;
	req_fail(r, ERR_BAD_TICKET);
	ws_close(core->server, conn, WS_CLOSE_POLICY);
}

/* A WebSocket needs a ticket besides the cookie: the cookie alone another site's page can send. */
static enum err ask_ticket(struct request *r)
{
	const struct session_open_in *in = r->in;
	connection_find(r->core, r->from)->endings = r->core->endings;
	struct hash ticket = crypt_sha256(hash_slice(&in->ticket));
	struct pg_param idle[SESSION_CLASSES];
	const struct pg_param params[] = {pg_hash(&r->token), pg_hash(&ticket),
		session_idle_seconds(r->core->parts.config, idle)};
	req_query(r, STMT_SESSION_OPEN, params, 3, session_admitted);
	return WAITS;
}

static enum err check_connection(struct request *r)
{
	if (r->http)
		return ERR_OK;
	struct connection *conn = connection_find(r->core, r->from);
	if (conn->n_requests > (uint32_t)r->core->parts.config->requests_in_flight) {
		connection_strike(r->core, conn);
		return ERR_BUSY;
	}
	if (r->route->action != ACTION_PING) /* a page alone is nobody's sign of life */
		conn->active_at = clock_mono_ms();
	return ERR_OK;
}

static enum err check_session(struct request *r)
{
	if (r->nth > 0)
		return r->session.expires_at > clock_wall_ms() ? ERR_OK : ERR_SESSION_EXPIRED;
	r->session.role = ROLE_NOBODY;
	if (r->route->audience == AUDIENCE_NOBODY)
		return ERR_OK;
	if (r->http)
		return ask_session(r);
	struct connection *conn = connection_find(r->core, r->from);
	bool opens = r->route->action == ACTION_SESSION_OPEN;
	if (opens)
		return conn->stage == CONNECTION_FRESH ? ask_ticket(r) : ERR_CONFLICT;
	if (conn->stage != CONNECTION_OPEN)
		return ERR_NOT_SIGNED_IN;
	if (conn->session.expires_at <= clock_wall_ms()) {
		connection_end_session(r->core, conn);
		return ERR_SESSION_EXPIRED;
	}
	r->session = conn->session;
	return ERR_OK;
}

static enum err check_audience(struct request *r)
{
	static const unsigned admits[] = {
		[AUDIENCE_NOBODY] = ~0u,
		[AUDIENCE_SESSION] = ~(1u << ROLE_NOBODY),
		[AUDIENCE_CLIENT] = 1u << ROLE_CLIENT,
		[AUDIENCE_STAFF] = 1u << ROLE_COUNSELLOR | 1u << ROLE_TEAM_LEAD | 1u << ROLE_ADMIN,
		[AUDIENCE_ADMIN] = 1u << ROLE_ADMIN,
		[AUDIENCE_DPO] = 1u << ROLE_DPO,
		[AUDIENCE_COORDINATOR] = 1u << ROLE_COORDINATOR,
		[AUDIENCE_OPERATOR] = 1u << ROLE_OPERATOR,
	};
	return (admits[r->route->audience] & 1u << r->session.role) != 0 ? ERR_OK : ERR_FORBIDDEN;
}

/* --- how often --- */

static enum err check_rate(struct request *r)
{
	static const struct {
		unsigned bucket;
		int64_t cost;
	} prices[RATE_COUNT] = {
		[RATE_LIGHT] = {PERSON_REQUESTS, 1},
		[RATE_NORMAL] = {PERSON_REQUESTS, 1},
		[RATE_HEAVY] = {PERSON_REQUESTS, 4},
		[RATE_POST] = {PERSON_POSTS, 1},
		[RATE_TYPING] = {PERSON_REQUESTS, 1},
		[RATE_SIGN_IN] = {ADDRESS_SIGN_INS, 1},
		[RATE_FILE] = {PERSON_PARTS, 1},
		[RATE_LOG] = {ADDRESS_LOGS, 1},
	};
	enum rate_class class = r->route->rate;
	if (r->arriving) /* it is counted when it is here */
		return ERR_OK;
	enum err e = class == RATE_SIGN_IN || r->session.role == ROLE_NOBODY
			     ? rate_take(r->core->address_rates, id_slice(&r->address),
				       class == RATE_LOG ? ADDRESS_LOGS : ADDRESS_SIGN_INS, 1)
			     : rate_take(r->core->person_rates, id_slice(&r->session.user),
				       prices[class].bucket, prices[class].cost);
	struct connection *conn = r->http ? NULL : connection_find(r->core, r->from);
	if (e != ERR_OK && conn != NULL)
		connection_strike(r->core, conn);
	return e;
}

/* --- what they are to it --- */

static void facts_known(struct request *r, const struct pg_result *result)
{
	if (pg_rows(result) > 0) {
		bool member = !pg_is_null(result, 0, ROOM_FACTS_ACTIVE) &&
			      pg_get_bool(result, 0, ROOM_FACTS_ACTIVE);
		bool invited = pg_get_bool(result, 0, ROOM_FACTS_CLAIMED);
		r->facts.relation = member    ? RELATION_MEMBER
				    : invited ? RELATION_INVITED
					      : RELATION_NONE;
		r->facts.phase = slice_is(pg_get_bytes(result, 0, ROOM_FACTS_PHASE), "closed")
					 ? PHASE_CLOSED
					 : PHASE_OPEN;
		r->allows = (uint32_t)pg_get_int(result, 0, ROOM_FACTS_ALLOWS);
	}
	gate_go_on(r);
}

static enum err check_facts(struct request *r)
{
	static const enum relation relations[] = {
		[RESOURCE_NONE] = RELATION_NONE,
		[RESOURCE_SELF] = RELATION_SELF,
		[RESOURCE_ROOM] = RELATION_NONE,
		[RESOURCE_ENVELOPE] = RELATION_JUDGED,
		[RESOURCE_FILE] = RELATION_JUDGED,
		[RESOURCE_ORGANISATION] = RELATION_ORGANISATION,
	};
	r->facts.role = r->session.role;
	r->facts.relation = relations[r->route->resource];
	if (r->route->resource != RESOURCE_ROOM)
		return ERR_OK;
	struct id room;
	memcpy(&room, (const uint8_t *)r->in + r->route->room_at, sizeof(room));
	const struct pg_param params[] = {pg_id(&room), pg_id(&r->session.user)};
	req_query(r, STMT_ROOM_FACTS, params, 2, facts_known);
	return WAITS;
}

/* --- may they --- */

static void judge(struct request *r);

static void session_looked_at(struct request *r, const struct pg_result *result)
{
	struct connection *conn = connection_find(r->core, r->from);
	if (pg_rows(result) == 0 || conn == NULL) {
		session_is_over(r);
		return;
	}
	r->session.fresh_until = pg_get_time(result, 0, SESSION_LOOK_FRESH_UNTIL);
	conn->session.fresh_until = r->session.fresh_until;
	judge(r);
}

/* A connection's copy of its session may be older than a proof that was given elsewhere. */
static void look_at_session(struct request *r)
{
	struct pg_param idle[SESSION_CLASSES];
	const struct pg_param params[] = {
		pg_id(&r->session.session), session_idle_seconds(r->core->parts.config, idle)};
	r->looked = true;
	req_query(r, STMT_SESSION_LOOK, params, 2, session_looked_at);
}

static void refusal_noted(void *ctx, uint64_t tag, enum err e, const struct pg_result *result)
{
	(void)ctx;
	(void)tag;
	(void)e; /* it has been refused in any case */
	(void)result;
}

/* In the organisation's log, which takes one row a minute. */
static void note_refusal(const struct request *r)
{
	if (r->session.role == ROLE_NOBODY)
		return;
	const struct pg_param params[] = {
		pg_id(&r->session.user), pg_bytes(slice_text(r->route->op))};
	struct pg_call call = {.statement = STMT_AUDIT_REFUSED,
		.org = &r->session.org,
		.params = params,
		.n_params = 2,
		.done = refusal_noted};
	if (pg_submit(r->core->parts.pg, &call) != ERR_OK)
		log_warn("refusal_not_noted", LOG_W("op", r->route->op));
}

static void judge(struct request *r)
{
	r->facts.fresh = session_is_fresh(&r->session);
	r->facts.half = session_is_half(r->core->parts.config, &r->session);
	enum err e = policy_decide(r->judged, &r->facts);
	if (e == ERR_OK && r->route->resource == RESOURCE_ROOM)
		e = agreement_decide(r->judged, r->allows);
	if (e == ERR_OK)
		r->then_judged(r);
	else if (e == ERR_STEP_UP_NEEDED && !r->http && !r->looked)
		look_at_session(r);
	else {
		if (e == ERR_FORBIDDEN || e == ERR_NOT_MEMBER)
			note_refusal(r);
		req_fail(r, e);
	}
}

void gate_judge(struct request *r, enum action action, step_fn *then)
{
	r->judged = action;
	r->then_judged = then;
	judge(r);
}

static enum err check_policy(struct request *r)
{
	gate_judge(r, r->route->action, gate_go_on);
	return WAITS;
}

static enum err check_draining(struct request *r)
{
	return r->core->draining ? ERR_SHUTTING_DOWN : ERR_OK;
}

static enum err (*const checks[])(struct request *r) = {
	check_draining,
	check_connection,
	check_session,
	check_rate,
	check_audience,
	check_facts,
	check_policy,
};

void gate_go_on(struct request *r)
{
	while (r->next_check < sizeof(checks) / sizeof(checks[0])) {
		enum err e = checks[r->next_check++](r);
		if (e == WAITS)
			return;
		if (e == ERR_FORBIDDEN)
			note_refusal(r);
		if (e != ERR_OK) {
			req_fail(r, e);
			return;
		}
	}
	if (r->arriving)
		request_leave(r);
	else
		r->route->handle(r);
}

/* --- the doors --- */

static void enter(struct request *r, const struct decoded *d, struct slice op, struct slice blob)
{
	r->route = find_route(r->core, op, r->http ? VIA_HTTP : VIA_WS);
	if (r->route == NULL) {
		req_fail(r, ERR_UNKNOWN_OP);
		return;
	}
	const char *field = NULL;
	struct decode_into into = {r->route->in, r->arena, !r->http, blob};
	if (decode_body(d, &into, &r->in, &field) == ERR_OK) {
		gate_go_on(r);
		return;
	}
	struct detail detail = {.name = field ? "field" : NULL, .kind = DETAIL_WORD, .word = field};
	req_fail_detail(r, ERR_BAD_FIELD, &detail);
}

/* What cannot be answered by number: one last frame, and the connection goes. */
static void refuse_frame(struct core *core, uint64_t conn)
{
	encode_error(&core->scratch, 0, ERR_MALFORMED, NULL, 0);
	AUTO(frame) struct frame *f = frame_new(buf_slice(&core->scratch));
	buf_reset(&core->scratch);
	ws_send(core->server, conn, f);
	ws_close(core->server, conn, WS_CLOSE_POLICY);
}

void gate_enter_ws(struct core *core, uint64_t id, struct slice text, struct slice blob)
{
	struct connection *conn = connection_find(core, id);
	if (conn == NULL || conn->stage == CONNECTION_ENDED)
		return;
	AUTO(decoded) struct decoded *d = NULL;
	uint64_t client_id;
	struct slice op;
	if (decode_open(text, &d) != ERR_OK || decode_frame(d, &client_id, &op) != ERR_OK) {
		conn->stage = CONNECTION_ENDED;
		refuse_frame(core, id);
		return;
	}
	struct request *r = request_new(core);
	r->from = id;
	r->client_id = client_id;
	r->token = conn->token;
	r->has_token = true;
	r->address = conn->address;
	conn->n_requests++;
	bool first_is_wrong = conn->stage == CONNECTION_FRESH && !slice_is(op, "session_open");
	enter(r, d, op, blob);
	if (first_is_wrong)
		ws_close(core->server, id, WS_CLOSE_POLICY);
}

/* A browser says by one header or the other, or both, who asks; neither may say otherwise. */
static bool is_same_origin(const struct core *core, const struct http_request *http)
{
	bool has_site = http->fetch_site.n > 0, has_origin = http->origin.n > 0;
	return (has_site || has_origin) &&
	       (!has_site || slice_is(http->fetch_site, "same-origin")) &&
	       (!has_origin || slice_is(http->origin, core->parts.config->public_origin));
}

static enum err check_origin(const struct core *core, const struct http_request *http)
{
	return is_same_origin(core, http) && slice_is(http->mark, "1") ? ERR_OK : ERR_BAD_ORIGIN;
}

static enum err check_http(const struct core *core, const struct http_request *http)
{
	if (http->method != HTTP_POST)
		return ERR_BAD_METHOD;
	TRY(check_origin(core, http));
	if (!slice_is(http->content_type, "application/json"))
		return ERR_MALFORMED;
	return ERR_OK;
}

static struct request *new_http(struct core *core, const struct http_request *http)
{
	struct request *r = request_new(core);
	r->from = http->id;
	r->http = true;
	r->address = connection_address(http->address);
	r->has_token = session_token_hash(http->cookie, SESSION_COOKIE, &r->token);
	r->has_login = session_token_hash(http->cookie, LOGIN_COOKIE, &r->login);
	return r;
}

/* "<file>/<n>" or "<file>/<first>-<last>", each in its one way of writing. */
static bool read_parts(struct slice path, struct file_part_get_in *ret)
{
	enum { ID_TEXT = 22, N_MAX = 0x7fffffff, PARTS_MOST = 16 };
	struct slice rest = slice_from(path, strlen(CORE_RAW_PATH));
	struct slice to = slice_from(rest, ID_TEXT + 1), from = to;
	uint64_t first, last;
	if (rest.n <= ID_TEXT + 1 || rest.p[ID_TEXT] != '/' ||
		b64_decode_exact(slice_part(rest, 0, ID_TEXT), ret->file.b, sizeof(ret->file.b)) !=
			ERR_OK)
		return false;
	const uint8_t *dash = memchr(to.p, '-', to.n);
	if (dash) {
		from = slice_part(to, 0, (size_t)(dash - to.p));
		to = slice_from(to, from.n + 1);
	}
	if (!num_parse_u64(from, N_MAX, &first) || !num_parse_u64(to, N_MAX, &last))
		return false;
	ret->n = (uint32_t)first;
	ret->last = (uint32_t)last;
	return !dash || (first < last && last - first < PARTS_MOST);
}

static enum err check_raw(const struct core *core, const struct http_request *http)
{
	if (http->method != HTTP_PUT && http->method != HTTP_GET)
		return ERR_BAD_METHOD;
	TRY(check_origin(core, http));
	if (http->method == HTTP_PUT && !slice_is(http->content_type, "application/octet-stream"))
		return ERR_MALFORMED;
	return ERR_OK;
}

/* What the path, the method and a header say, as a message. */
static enum err decode_raw(struct request *r, const struct http_request *http)
{
	struct file_part_get_in *get = ARENA_NEW(r->arena, struct file_part_get_in);
	struct file_part_put_in *put = ARENA_NEW(r->arena, struct file_part_put_in);
	bool puts = http->method == HTTP_PUT;
	if (!read_parts(http->path, get) || (puts && get->last != get->n))
		return ERR_NOT_FOUND;
	put->file = get->file;
	put->n = get->n;
	if (puts && b64_decode_exact(http->digest, put->digest.b, sizeof(put->digest.b)) != ERR_OK)
		return ERR_BAD_FIELD;
	r->in = puts ? (const void *)put : get;
	r->route = find_route(
		r->core, puts ? SLICE_LIT("file_part_put") : SLICE_LIT("file_part_get"), VIA_RAW);
	return r->route ? ERR_OK : ERR_UNKNOWN_OP;
}

static void enter_raw(struct request *r, const struct http_request *http)
{
	struct core *core = r->core;
	enum err e = check_raw(core, http);
	if (e == ERR_OK) /* before the database is asked who that is */
		e = rate_take(core->address_rates, id_slice(&r->address), ADDRESS_PARTS, 1);
	if (e == ERR_OK)
		e = decode_raw(r, http);
	if (e == ERR_OK)
		gate_go_on(r);
	else
		req_fail(r, e);
}

/* The logs: for whoever asks, also another site's page or a program. */
static void enter_log(struct core *core, const struct http_request *http)
{
	const char *op = NULL;
	struct request *r = new_http(core, http);
	r->known_etag = arena_copy(r->arena, http->if_none_match);
	enum err e = http->method == HTTP_GET ? ERR_OK : ERR_BAD_METHOD;
	if (e == ERR_OK)
		e = log_path_read(r->arena, http->path, &op, &r->in);
	if (e == ERR_OK)
		r->route = find_route(core, slice_text(op), VIA_RAW);
	if (r->route != NULL)
		gate_go_on(r);
	else
		req_fail(r, e == ERR_OK ? ERR_UNKNOWN_OP : e);
}

void gate_arrive_http(struct core *core, const struct http_request *http)
{
	struct request *r = new_http(core, http);
	r->arriving = true;
	enter_raw(r, http);
}

struct behind {
	const struct route *route;
	struct file_part_get_in in;
	struct session session;
	struct id address;
};

void *gate_behind(const struct request *r)
{
	struct behind *behind = MEM_NEW(struct behind);
	*behind = (struct behind){
		r->route, *(const struct file_part_get_in *)r->in, r->session, r->address};
	return behind;
}

void gate_go_on_http(struct core *core, uint64_t id, unsigned nth, const void *ctx)
{
	const struct behind *behind = ctx;
	struct request *r = request_new(core);
	struct file_part_get_in *in = ARENA_NEW(r->arena, struct file_part_get_in);
	*in = behind->in;
	in->n += nth;
	r->from = id;
	r->http = true;
	r->nth = nth;
	r->route = behind->route;
	r->in = in;
	r->session = behind->session;
	r->address = behind->address;
	enum err e = rate_take(core->address_rates, id_slice(&r->address), ADDRESS_PARTS, 1);
	if (e == ERR_OK)
		gate_go_on(r);
	else
		req_fail(r, e);
}

void gate_enter_http(struct core *core, const struct http_request *http)
{
	if (slice_starts(http->path, SLICE_LIT(CORE_RAW_PATH))) {
		struct request *r = new_http(core, http);
		r->body = http_take_body(core->server, http->id);
		enter_raw(r, http);
		return;
	}
	if (slice_starts(http->path, SLICE_LIT(CORE_LOG_PATH))) {
		enter_log(core, http);
		return;
	}
	struct slice prefix = SLICE_LIT("/api/");
	AUTO(decoded) struct decoded *d = NULL;
	enum err e = slice_starts(http->path, prefix) ? check_http(core, http) : ERR_NOT_FOUND;
	struct id address = connection_address(http->address);
	if (e == ERR_OK) /* a connection each; before the database is asked who that is */
		e = rate_take(core->address_rates, id_slice(&address), ADDRESS_CONNECTS, 1);
	if (e == ERR_OK)
		e = decode_open(http->body, &d);
	if (e != ERR_OK) {
		http_reply_error(core->server, http->id, e);
		return;
	}
	enter(new_http(core, http), d, slice_from(http->path, prefix.n), SLICE_NONE);
}
