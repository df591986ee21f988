/* Lanes of connections and who goes where. A slow statement delays what stands behind it on its
 * connection and nothing else: hot batches, reading and other writing do not share connections. */
#include "io/pg.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/pg_internal.h"

enum { CHECK_MS = 250, DOWN_MAX_MS = 3000 };

struct lane {
	struct pg_conn **conns;
	unsigned n;
};

struct pg {
	struct loop *loop;
	struct pg_settings settings;
	char *conninfo, *unit_conninfo;
	struct pg_conn_owner owner;
	struct lane lanes[PG_LANE_COUNT];
	struct timer *check;
	void (*ready)(void *ctx, enum err e);
	void *ctx;
	bool was_ready, freeing;
};

static void pg_tell_ready(struct pg *pg, enum err e)
{
	if (pg->was_ready)
		return;
	pg->was_ready = true;
	pg->ready(pg->ctx, e);
}

bool pg_is_up(const struct pg *pg)
{
	if (pg->freeing)
		return false;
	for (unsigned l = 0; l < PG_LANE_COUNT; l++) {
		for (unsigned i = 0; i < pg->lanes[l].n; i++) {
			if (!pg_conn_is_up(pg->lanes[l].conns[i]))
				return false;
		}
	}
	return true;
}

/* Prefers a connection that is up, then the one with the least to do. */
static struct pg_conn *lane_least_loaded(const struct lane *lane)
{
	struct pg_conn *best = lane->conns[0];
	for (unsigned i = 1; i < lane->n; i++) {
		struct pg_conn *c = lane->conns[i];
		if (pg_conn_is_up(c) != pg_conn_is_up(best)) {
			best = pg_conn_is_up(c) ? c : best;
			continue;
		}
		if (pg_conn_load(c) < pg_conn_load(best))
			best = c;
	}
	return best;
}

static struct pg_conn *pg_choose(
	const struct pg *pg, const struct pg_statement *s, uint64_t affinity)
{
	const struct lane *lane = &pg->lanes[s->lane];
	ASSERT(lane->n > 0);
	if (s->lane != PG_LANE_HOT)
		return lane_least_loaded(lane);
	return lane->conns[(affinity * UINT64_C(0x9e3779b97f4a7c15) >> 32) % lane->n];
}

/* What waits on a connection that went away moves to one that is there; a room of the hot lane
 * stays where it is. */
static void lane_move(struct lane *lane, struct pg_conn *from)
{
	struct pg_conn *to = lane_least_loaded(lane);
	if (to == from || !pg_conn_is_up(to))
		return;
	struct call *call;
	while ((call = pg_conn_shift(from)))
		pg_conn_add(to, call);
}

static void pg_conn_state_changed(void *ctx, struct pg_conn *conn)
{
	struct pg *pg = ctx;
	if (pg->freeing)
		return;
	for (unsigned l = 0; l < PG_LANE_COUNT; l++) {
		for (unsigned i = 0; i < pg->lanes[l].n; i++) {
			if (pg->lanes[l].conns[i] == conn && l != PG_LANE_HOT &&
				!pg_conn_is_up(conn))
				lane_move(&pg->lanes[l], conn);
		}
	}
	if (pg_is_up(pg))
		pg_tell_ready(pg, ERR_OK);
}

static void pg_mismatched(void *ctx)
{
	pg_tell_ready(ctx, ERR_INTERNAL);
}

static bool conn_is_away(const struct pg_conn *conn, uint64_t now)
{
	return !pg_conn_is_up(conn) && now > pg_conn_down_since(conn) + DOWN_MAX_MS;
}

static void pg_check(void *ctx)
{
	struct pg *pg = ctx;
	uint64_t now = clock_mono_ms();
	for (unsigned l = 0; l < PG_LANE_COUNT; l++) {
		for (unsigned i = 0; i < pg->lanes[l].n; i++) {
			struct pg_conn *conn = pg->lanes[l].conns[i];
			pg_conn_check(conn, now);
			struct call *call;
			while (conn_is_away(conn, now) && (call = pg_conn_shift(conn)))
				call_done(call, ERR_UNAVAILABLE, NULL);
		}
	}
}

struct pg *pg_new(struct loop *loop, const struct pg_settings *settings,
	void (*ready)(void *ctx, enum err e), void *ctx)
{
	struct pg *pg = MEM_NEW(struct pg);
	pg->loop = loop;
	pg->settings = *settings;
	pg->settings.conninfo = pg->conninfo = mem_text(settings->conninfo);
	if (settings->unit_conninfo)
		pg->settings.unit_conninfo = pg->unit_conninfo = mem_text(settings->unit_conninfo);
	pg->owner = (struct pg_conn_owner){pg_conn_state_changed, pg_mismatched, pg};
	pg->ready = ready;
	pg->ctx = ctx;
	for (unsigned l = 0; l < PG_LANE_COUNT; l++) {
		struct lane *lane = &pg->lanes[l];
		lane->n = settings->lane_size[l];
		lane->conns = mem_array(lane->n, sizeof(struct pg_conn *));
		for (unsigned i = 0; i < lane->n; i++)
			lane->conns[i] = pg_conn_new(loop, &pg->settings, l, &pg->owner);
	}
	pg->check = timer_new(loop, pg_check, pg);
	timer_start(pg->check, CHECK_MS, CHECK_MS);
	return pg;
}

void pg_stop(struct pg *pg)
{
	if (pg->freeing)
		return;
	pg->freeing = true;
	timer_free(&pg->check);
	for (unsigned l = 0; l < PG_LANE_COUNT; l++) {
		for (unsigned i = 0; i < pg->lanes[l].n; i++)
			pg_conn_free(&pg->lanes[l].conns[i]);
		pg->lanes[l].n = 0;
		mem_free(pg->lanes[l].conns);
		pg->lanes[l].conns = NULL;
	}
}

void pg_free(struct pg **pg)
{
	struct pg *p = *pg;
	*pg = NULL;
	if (!p)
		return;
	pg_stop(p);
	mem_free(p->conninfo);
	mem_free(p->unit_conninfo);
	mem_free(p);
}

enum err pg_submit(struct pg *pg, const struct pg_call *call)
{
	ASSERT(call->statement < pg->settings.n_statements);
	if (pg->freeing)
		return ERR_SHUTTING_DOWN;
	const struct pg_statement *s = &pg->settings.statements[call->statement];
	struct pg_conn *conn = pg_choose(pg, s, call->affinity);
	if (conn_is_away(conn, clock_mono_ms()))
		return ERR_UNAVAILABLE;
	const struct lane *lane = &pg->lanes[s->lane];
	if (pg_conn_load(conn) >= num_max(1, pg->settings.max_queued / lane->n))
		return ERR_BUSY;
	pg_conn_add(conn, call_new(call, s));
	return ERR_OK;
}

size_t pg_pending(const struct pg *pg)
{
	size_t n = 0;
	for (unsigned l = 0; l < PG_LANE_COUNT; l++) {
		for (unsigned i = 0; i < pg->lanes[l].n; i++)
			n += pg_conn_load(pg->lanes[l].conns[i]);
	}
	return n;
}
