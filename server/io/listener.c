/* LISTEN on a connection that does nothing else. Notices are hints; after a reconnect the gap says
 * that some are missing for good. */
#include "io/listener.h"

#include "base/buf.h"
#include "base/mem.h"
#include "io/pg_link.h"
#include "io/pg_sql.h"

struct listener {
	char *channel;
	struct pg_link *link;
	struct listener_events events;
};

static void listener_up(void *ctx)
{
	enum { COMMAND_MAX = 256 };
	struct listener *l = ctx;
	struct buf command = BUF_MAX(COMMAND_MAX);
	buf_addf(&command, "%s%s", PG_SQL_LISTEN, l->channel);
	PGconn *pg = pg_link_conn(l->link);
	bool good = PQsendQueryParams(pg, buf_text(&command), 0, NULL, NULL, NULL, NULL, 1) == 1 &&
		    PQpipelineSync(pg) == 1 && pg_link_flush(l->link);
	buf_done(&command);
	if (!good)
		pg_link_drop(l->link);
}

static void listener_deliver(struct listener *l, PGconn *pg)
{
	PGnotify *n;
	while ((n = PQnotifies(pg))) {
		l->events.notice(l->events.ctx, slice_text(n->extra));
		PQfreemem(n);
	}
}

static void listener_readable(void *ctx)
{
	struct listener *l = ctx;
	PGconn *pg = pg_link_conn(l->link);
	for (int nulls = 0; nulls < 2 && !PQisBusy(pg);) {
		PGresult *res = PQgetResult(pg);
		nulls = res ? 0 : nulls + 1;
		/* The sync's result: from now on nothing is missed. */
		bool listening = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
		PQclear(res);
		if (listening)
			l->events.gap(l->events.ctx);
	}
	listener_deliver(l, pg);
}

static void listener_down(void *ctx)
{
	(void)ctx;
}

static const struct pg_link_events link_events = {
	.up = listener_up,
	.readable = listener_readable,
	.down = listener_down,
};

struct listener *listener_new(struct loop *loop, const char *conninfo, const char *channel,
	const struct listener_events *events)
{
	struct listener *l = MEM_NEW(struct listener);
	l->channel = mem_text(channel);
	l->events = *events;
	l->link = pg_link_new(loop, conninfo, "", &link_events, l);
	pg_link_start(l->link);
	return l;
}

void listener_free(struct listener **listener)
{
	struct listener *l = *listener;
	*listener = NULL;
	if (!l)
		return;
	pg_link_free(&l->link);
	mem_free(l->channel);
	mem_free(l);
}
