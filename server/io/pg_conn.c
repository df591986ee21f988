/* One connection of a lane: prepares the lane's statements and compares them with the schema, then
 * keeps a few units on their way and the rest waiting. Sending happens once at the end of a turn,
 * so that what was asked in one turn shares a batch and a system call. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/pg_internal.h"
#include "io/pg_sql.h"

enum { HOT_DEPTH = 2, DEPTH = 8, HOT_SECOND_MIN = 16, STUCK_GRACE_MS = 3000 };

struct pg_conn {
	struct loop *loop;
	const struct pg_settings *settings;
	enum pg_lane lane;
	const struct pg_conn_owner *owner;
	struct pg_link *link;
	struct list waiting, sent;
	size_t n_waiting, n_sent, n_sent_calls;
	enum { CONN_DOWN, CONN_PREPARING, CONN_UP } state;
	uint64_t down_since;
	size_t step; /* results of the preparation so far */
	bool fits;   /* no statement has failed to match the schema */
	bool posted, dead;
};

static void conn_post(struct pg_conn *conn);

/* The i-th statement of this lane; NULL after the last. */
static const struct pg_statement *conn_statement(const struct pg_conn *conn, size_t i)
{
	for (size_t s = 0; s < conn->settings->n_statements; s++) {
		const struct pg_statement *statement = &conn->settings->statements[s];
		if (statement->lane == conn->lane && i-- == 0)
			return statement;
	}
	return NULL;
}

/* The type that the SQL sees: a batch takes arrays. */
static Oid conn_in_oid(const struct pg_statement *s, unsigned column)
{
	enum pg_type type = s->in[column];
	if (!s->batch)
		return pg_type_info(type)->oid;
	for (enum pg_type array = 0; array < PG_TYPE_COUNT; array++) {
		if (array != type && pg_type_info(array)->element == type)
			return pg_type_info(array)->oid;
	}
	NEVER("a batch of a type without arrays");
}

static bool conn_send_prepare(PGconn *pg, const struct pg_statement *s)
{
	Oid types[PG_MAX_IN];
	for (unsigned i = 0; i < s->n_in; i++)
		types[i] = conn_in_oid(s, i);
	return PQsendPrepare(pg, s->name, s->sql, s->n_in, types) == 1 &&
	       PQsendDescribePrepared(pg, s->name) == 1;
}

static void conn_link_up(void *ctx)
{
	struct pg_conn *conn = ctx;
	PGconn *pg = pg_link_conn(conn->link);
	conn->state = CONN_PREPARING;
	conn->step = 0;
	conn->fits = true;
	bool good = PQsendPrepare(pg, PG_SQL_TENANT_NAME, PG_SQL_TENANT, 0, NULL) == 1;
	const struct pg_statement *s;
	for (size_t i = 0; good && (s = conn_statement(conn, i)); i++)
		good = conn_send_prepare(pg, s);
	if (!good || PQpipelineSync(pg) != 1 || !pg_link_flush(conn->link))
		pg_link_drop(conn->link);
}

static bool conn_columns_fit(const struct pg_statement *s, const PGresult *described)
{
	if (PQnfields(described) != s->n_out)
		return false;
	for (int i = 0; i < s->n_out; i++) {
		if (PQftype(described, i) != pg_type_info(s->out[i])->oid)
			return false;
	}
	return true;
}

/* Results come as: the tenant statement prepared, then for each statement prepared and described.
 */
static void conn_prepare_result(struct pg_conn *conn, const PGresult *res)
{
	size_t step = conn->step++;
	const struct pg_statement *s = step ? conn_statement(conn, (step - 1) / 2) : NULL;
	bool described = s && (step - 1) % 2 == 1;
	bool aborted = PQresultStatus(res) == PGRES_PIPELINE_ABORTED;
	if (PQresultStatus(res) == PGRES_COMMAND_OK && (!described || conn_columns_fit(s, res)))
		return;
	if (!aborted) {
		pg_error_log(s ? s->name : PG_SQL_TENANT_NAME, res);
		log_error("pg_schema_mismatch",
			LOG_W("statement", s ? s->name : PG_SQL_TENANT_NAME),
			LOG_W("sentence", PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY)));
	}
	conn->fits = false;
}

static void conn_prepared(struct pg_conn *conn)
{
	if (!conn->fits) {
		conn->owner->mismatch(conn->owner->ctx);
		return;
	}
	conn->state = CONN_UP;
	conn->owner->state_changed(conn->owner->ctx, conn);
	conn_post(conn);
}

static void conn_unit_synced(struct pg_conn *conn)
{
	struct list *first = list_shift(&conn->sent);
	ASSERT(first);
	struct unit *unit = LIST_OF(first, struct unit, link);
	conn->n_sent--;
	conn->n_sent_calls -= unit->n;
	unit_done(unit, &conn->waiting, &conn->n_waiting);
	conn_post(conn);
}

static void conn_result(struct pg_conn *conn, PGresult *res)
{
	bool sync = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
	if (!sync && conn->state == CONN_UP && !list_is_empty(&conn->sent)) {
		unit_result(LIST_OF(conn->sent.next, struct unit, link), res);
		return;
	}
	if (!sync && conn->state == CONN_PREPARING)
		conn_prepare_result(conn, res);
	PQclear(res);
	if (sync && conn->state == CONN_PREPARING)
		conn_prepared(conn);
	else if (sync)
		conn_unit_synced(conn);
}

/* Each statement's results end with NULL; two in a row mean that nothing is left (libpq 15,
 * PQgetResult in pipeline mode). */
static void conn_link_readable(void *ctx)
{
	struct pg_conn *conn = ctx;
	PGconn *pg = pg_link_conn(conn->link);
	for (int nulls = 0; nulls < 2 && !PQisBusy(pg);) {
		PGresult *res = PQgetResult(pg);
		nulls = res ? 0 : nulls + 1;
		if (res && PQstatus(pg) == CONNECTION_BAD) {
			PQclear(res);
			return;
		}
		if (res)
			conn_result(conn, res);
	}
}

static void conn_link_down(void *ctx)
{
	struct pg_conn *conn = ctx;
	if (conn->state == CONN_UP)
		conn->down_since = clock_mono_ms();
	conn->state = CONN_DOWN;
	struct list lost;
	list_init(&lost);
	struct list *link;
	while ((link = list_shift(&conn->sent)))
		list_push(&lost, link);
	conn->n_sent = conn->n_sent_calls = 0;
	/* From the last to the first: what may be repeated goes back in front, in its order. */
	while (!list_is_empty(&lost)) {
		link = lost.prev;
		list_remove(link);
		unit_lost(LIST_OF(link, struct unit, link), &conn->waiting, &conn->n_waiting);
	}
	conn->owner->state_changed(conn->owner->ctx, conn);
}

static const struct pg_link_events conn_link_events = {
	.up = conn_link_up,
	.readable = conn_link_readable,
	.down = conn_link_down,
};

/* The hot lane sends a second batch behind the first only when it is worth one: small batches waste
 * commits. */
static bool conn_may_send(const struct pg_conn *conn)
{
	if (conn->n_waiting == 0)
		return false;
	/* libpq holds a copy of what is sent: of parts of files one, and the next when it is gone.
	 */
	if (conn->lane != PG_LANE_HOT)
		return conn->n_sent < (conn->lane == PG_LANE_FILE ? 1 : DEPTH);
	return conn->n_sent == 0 || (conn->n_sent < HOT_DEPTH && conn->n_waiting >= HOT_SECOND_MIN);
}

static void conn_send(struct pg_conn *conn)
{
	PGconn *pg = pg_link_conn(conn->link);
	bool good = true;
	while (good && conn_may_send(conn)) {
		struct unit *unit = unit_take(&conn->waiting, &conn->n_waiting, &conn->sent);
		if (!unit)
			break;
		list_push(&conn->sent, &unit->link);
		conn->n_sent++;
		conn->n_sent_calls += unit->n;
		good = unit_send(unit, pg);
	}
	if (!good || !pg_link_flush(conn->link))
		pg_link_drop(conn->link);
}

static void conn_free(struct pg_conn *conn)
{
	mem_free(conn);
}

static void conn_turn_ended(void *ctx)
{
	struct pg_conn *conn = ctx;
	conn->posted = false;
	if (conn->dead)
		conn_free(conn);
	else if (conn->state == CONN_UP)
		conn_send(conn);
}

static void conn_post(struct pg_conn *conn)
{
	if (!conn->posted)
		loop_post(conn->loop, conn_turn_ended, conn);
	conn->posted = true;
}

void pg_conn_add(struct pg_conn *conn, struct call *call)
{
	list_push(&conn->waiting, &call->link);
	conn->n_waiting++;
	if (conn->state == CONN_UP)
		conn_post(conn);
}

static void conn_options(const struct pg_settings *settings, enum pg_lane lane, struct buf *ret)
{
	buf_addf(ret, "-c statement_timeout=%u -c lock_timeout=%u -c jit=off",
		settings->statement_timeout_ms[lane], settings->lock_timeout_ms);
	/* A plan made while a table is fresh stays bad: batches go by index, always. */
	if (lane == PG_LANE_HOT)
		buf_add_text(ret,
			" -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off"
			" -c enable_mergejoin=off -c enable_material=off"
			" -c plan_cache_mode=force_generic_plan");
}

struct pg_conn *pg_conn_new(struct loop *loop, const struct pg_settings *settings,
	enum pg_lane lane, const struct pg_conn_owner *owner)
{
	enum { OPTIONS_MAX = 1024 };
	struct pg_conn *conn = MEM_NEW(struct pg_conn);
	conn->loop = loop;
	conn->settings = settings;
	conn->lane = lane;
	conn->owner = owner;
	conn->down_since = clock_mono_ms();
	list_init(&conn->waiting);
	list_init(&conn->sent);
	struct buf options = BUF_MAX(OPTIONS_MAX);
	conn_options(settings, lane, &options);
	const char *conninfo = lane == PG_LANE_UNIT ? settings->unit_conninfo : settings->conninfo;
	conn->link = pg_link_new(loop, conninfo, buf_text(&options), &conn_link_events, conn);
	buf_done(&options);
	pg_link_start(conn->link);
	return conn;
}

void pg_conn_free(struct pg_conn **conn)
{
	struct pg_conn *c = *conn;
	*conn = NULL;
	pg_link_free(&c->link);
	struct list *link;
	while ((link = list_shift(&c->sent))) {
		struct unit *unit = LIST_OF(link, struct unit, link);
		for (size_t i = 0; i < unit->n; i++)
			call_done(unit->calls[i], ERR_UNCERTAIN, NULL);
		unit_free(unit);
	}
	struct call *call;
	while ((call = pg_conn_shift(c)))
		call_done(call, ERR_SHUTTING_DOWN, NULL);
	c->dead = true;
	if (!c->posted)
		conn_free(c);
}

bool pg_conn_is_up(const struct pg_conn *conn)
{
	return conn->state == CONN_UP;
}

uint64_t pg_conn_down_since(const struct pg_conn *conn)
{
	return conn->down_since;
}

size_t pg_conn_load(const struct pg_conn *conn)
{
	return conn->n_waiting + conn->n_sent_calls;
}

struct call *pg_conn_shift(struct pg_conn *conn)
{
	struct list *link = list_shift(&conn->waiting);
	if (!link)
		return NULL;
	conn->n_waiting--;
	return LIST_OF(link, struct call, link);
}

void pg_conn_check(struct pg_conn *conn, uint64_t now)
{
	if (list_is_empty(&conn->sent))
		return;
	const struct unit *oldest = LIST_OF(conn->sent.next, struct unit, link);
	uint64_t longest = DEPTH * (uint64_t)conn->settings->statement_timeout_ms[conn->lane];
	if (now > oldest->sent_at + longest + STUCK_GRACE_MS)
		pg_link_drop(conn->link);
}
