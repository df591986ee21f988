/* WebSockets as the gate knows them: a small struct for each, because ten thousand of them stand
 * idle. A session is read when the connection opens; that it has ended since, elsewhere, comes as a
 * notice, and that it was idle for too long is found by the sweep, which asks the database before
 * it believes it: the person may be busy in another tab on another worker. A notice may be missed,
 * so that the sweep asks now and then in any case. To look is no sign of life. */
#include "core/connection.h"

#include "base/clock.h"
#include "base/crypt.h"
#include "base/mem.h"
#include "base/meter.h"
#include "core/state.h"
#include "sql_gen.h"

enum {
	STRIKES_MAX = 200,
	SEEN_EVERY_MS = 60000,
	LOOK_EVERY_MS = 300000,
	LOOK_IDLE_MS = 30000,
	ASKED_A_SWEEP = 400 /* all together: thousands may have come at the same moment */
};

struct id connection_address(struct slice address)
{
	struct hash hash = crypt_sha256(address);
	struct id id;
	memcpy(id.b, hash.b, sizeof(id.b));
	return id;
}

enum err connection_admit(void *ctx, const struct ws_hello *hello)
{
	struct core *core = ctx;
	struct hash token;
	if (core->draining)
		return ERR_SHUTTING_DOWN;
	if (!session_token_hash(hello->cookie, SESSION_COOKIE, &token))
		return ERR_NOT_SIGNED_IN;
	struct id address = connection_address(hello->address);
	return rate_take(core->address_rates, id_slice(&address), ADDRESS_CONNECTS, 1);
}

void connection_opened(void *ctx, uint64_t id, const struct ws_hello *hello)
{
	struct core *core = ctx;
	struct connection *conn = MEM_NEW(struct connection);
	conn->id = id;
	conn->active_at = conn->seen_at = conn->looked_at = clock_mono_ms();
	conn->address = connection_address(hello->address);
	list_init(&conn->of_user);
	list_init(&conn->posts);
	bool known = session_token_hash(hello->cookie, SESSION_COOKIE, &conn->token);
	ASSERT(known);
	map_put_u64(core->connections, id, conn);
	meter_add(METER_connections_opened, 1);
}

void connection_closed(void *ctx, uint64_t id)
{
	struct core *core = ctx;
	struct connection *conn = map_take_u64(core->connections, id);
	if (conn == NULL)
		return;
	hub_leave(core->hub, conn);
	struct list *link;
	while ((link = list_shift(&conn->posts)) != NULL) {
		struct request *r = LIST_OF(link, struct request, order);
		if (r->orphaned != NULL)
			r->orphaned(r);
	}
	p256_key_unref(&conn->key);
	mem_free(conn);
}

struct connection *connection_find(struct core *core, uint64_t id)
{
	return map_get_u64(core->connections, id);
}

static void end(struct core *core, struct connection *conn, enum ws_close_code code)
{
	conn->stage = CONNECTION_ENDED;
	hub_leave(core->hub, conn);
	ws_close(core->server, conn->id, code);
}

void connection_join(struct core *core, struct connection *conn, const struct session *session)
{
	conn->stage = CONNECTION_OPEN;
	conn->session = *session;
	if (conn->endings != core->endings) /* it may have been this one: nobody was here to hear */
		conn->doubted = true;
	hub_join(core->hub, conn);
	struct connection *oldest =
		hub_oldest(conn, (size_t)core->parts.config->max_connections_per_user);
	if (oldest != NULL)
		end(core, oldest, WS_CLOSE_REPLACED);
}

void connection_end_session(struct core *core, struct connection *conn)
{
	if (conn->stage == CONNECTION_ENDED)
		return;
	hub_tell(core->hub, conn, &shape_session_ended_event, NULL);
	end(core, conn, WS_CLOSE_SESSION);
}

void connection_strike(struct core *core, struct connection *conn)
{
	if (++conn->strikes <= STRIKES_MAX || conn->stage == CONNECTION_ENDED)
		return;
	meter_add(METER_connections_struck, 1);
	end(core, conn, WS_CLOSE_FLOOD);
}

static void looked_again(void *ctx, uint64_t id, enum err e, const struct pg_result *result)
{
	struct core *core = ctx;
	struct connection *conn = connection_find(core, id);
	if (conn == NULL)
		return;
	if (e != ERR_OK)
		conn->doubted = true;
	else if (pg_rows(result) == 0)
		connection_end_session(core, conn);
}

static void look_again(struct core *core, struct connection *conn)
{
	struct pg_param idle[SESSION_CLASSES];
	const struct pg_param params[] = {
		pg_id(&conn->session.session), session_idle_seconds(core->parts.config, idle)};
	struct pg_call call = {.statement = STMT_SESSION_LOOK,
		.org = &conn->session.org,
		.params = params,
		.n_params = 2,
		.done = looked_again,
		.ctx = core,
		.tag = conn->id};
	if (pg_submit(core->parts.pg, &call) != ERR_OK)
		return; /* the next sweep asks again */
	conn->looked_at = clock_mono_ms();
	conn->doubted = false;
}

static void seen(void *ctx, uint64_t id, enum err e, const struct pg_result *result)
{
	(void)result;
	struct connection *conn = connection_find(ctx, id);
	if (conn != NULL && e != ERR_OK)
		conn->seen_at = 0; /* tell it again */
}

static void tell_seen(struct core *core, struct connection *conn)
{
	const struct pg_param params[] = {pg_id(&conn->session.session)};
	struct pg_call call = {.statement = STMT_SESSION_TOUCH,
		.org = &conn->session.org,
		.params = params,
		.n_params = 1,
		.done = seen,
		.ctx = core,
		.tag = conn->id};
	if (pg_submit(core->parts.pg, &call) == ERR_OK)
		conn->seen_at = clock_mono_ms();
}

static bool must_look(const struct connection *conn, uint64_t now, uint64_t idle_ms)
{
	uint64_t every = now - conn->active_at >= idle_ms ? LOOK_IDLE_MS : LOOK_EVERY_MS;
	return conn->doubted || now - conn->looked_at >= every;
}

/* What it asked the database, at most `most`. */
static size_t sweep_one(struct core *core, struct connection *conn, size_t most)
{
	size_t asked = 0;
	uint64_t now = clock_mono_ms();
	uint64_t idle_ms =
		(uint64_t)session_idle_minutes(core->parts.config, conn->session.role) * 60000;
	conn->strikes /= 2;
	if (conn->stage != CONNECTION_OPEN)
		return 0;
	if (conn->session.expires_at <= clock_wall_ms()) {
		connection_end_session(core, conn);
		return 0;
	}
	if (most > asked && conn->active_at > conn->seen_at &&
		now - conn->seen_at >= SEEN_EVERY_MS) {
		tell_seen(core, conn);
		asked++;
	}
	if (most > asked && must_look(conn, now, idle_ms)) {
		look_again(core, conn);
		asked++;
	}
	return asked;
}

/* Ending a session changes what hangs on a connection, not the map: that happens in ws_closed. */
void connection_sweep(struct core *core)
{
	size_t cursor = 0, asked = 0;
	void *value;
	while (map_next(core->connections, &cursor, NULL, &value))
		asked += sweep_one(core, value, ASKED_A_SWEEP - asked);
}

void connection_doubt(struct core *core)
{
	size_t cursor = 0;
	void *value;
	while (map_next(core->connections, &cursor, NULL, &value))
		((struct connection *)value)->doubted = true;
}
