/* The life of one libpq connection on the loop. libpq may change its socket while connecting, and
 * libuv aborts on a stale one, so each step watches with a fresh handle (libpq 15, PQconnectPoll;
 * libuv 1.44, uv_poll). After any send there may be bytes left: then both directions are awaited,
 * because the server may wait for us to read (libpq, PQflush). */
#include "io/pg_link.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/meter.h"
#include "base/num.h"
#include "io/loop_uv.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 2000, CONNECT_MS = 5000 };

struct pg_link {
	struct loop *loop;
	char *conninfo, *options;
	const struct pg_link_events *events;
	void *ctx;
	PGconn *conn;
	bool up, told;
	uv_poll_t *poll;
	int watching;
	struct timer *timer; /* the next attempt, or the end of this one */
	unsigned backoff_ms;
};

static void link_connect_step(struct pg_link *link);

static void link_notice(void *ctx, const char *text)
{
	/* May hold parameters: never printed. */
	(void)ctx;
	(void)text;
}

static void link_close(struct pg_link *link)
{
	loop_close_handle(&link->poll);
	link->watching = 0;
	if (link->conn)
		PQfinish(link->conn);
	link->conn = NULL;
	link->up = false;
}

static void link_retry(struct pg_link *link)
{
	link->backoff_ms =
		(unsigned)num_min(BACKOFF_MAX_MS, num_max(BACKOFF_FIRST_MS, link->backoff_ms * 2u));
	timer_start(link->timer, link->backoff_ms, 0);
}

void pg_link_drop(struct pg_link *link)
{
	if (!link->conn)
		return;
	/* Once, not at each attempt. */
	if (link->up)
		meter_add(METER_database_losses, 1);
	if (link->up || !link->told)
		log_warn(link->up ? "pg_connection_lost" : "pg_unreachable");
	link->told = true;
	link_close(link);
	link_retry(link);
	link->events->down(link->ctx);
}

static void link_ready(uv_poll_t *poll, int status, int events);

static void link_watch(struct pg_link *link, int events)
{
	if (link->watching == events)
		return;
	link->watching = events;
	ASSERT(uv_poll_start(link->poll, events, link_ready) == 0);
}

static bool link_watch_fresh(struct pg_link *link, int events)
{
	loop_close_handle(&link->poll);
	link->watching = 0;
	link->poll = MEM_NEW(uv_poll_t);
	link->poll->data = link;
	if (uv_poll_init_socket(loop_uv(link->loop), link->poll, PQsocket(link->conn)) != 0) {
		mem_free(link->poll);
		link->poll = NULL;
		return false;
	}
	link_watch(link, events);
	return true;
}

bool pg_link_flush(struct pg_link *link)
{
	int left = PQflush(link->conn);
	if (left < 0)
		return false;
	link_watch(link, left ? UV_READABLE | UV_WRITABLE : UV_READABLE);
	return true;
}

static void link_up(struct pg_link *link)
{
	timer_stop(link->timer);
	link->up = true;
	PQsetNoticeProcessor(link->conn, link_notice, NULL);
	bool good = PQsetnonblocking(link->conn, 1) == 0 && PQenterPipelineMode(link->conn) == 1 &&
		    link_watch_fresh(link, UV_READABLE);
	if (!good) {
		pg_link_drop(link);
		return;
	}
	link->backoff_ms = 0;
	link->told = false;
	link->events->up(link->ctx);
}

static void link_connect_step(struct pg_link *link)
{
	PostgresPollingStatusType step = PQconnectPoll(link->conn);
	if (step == PGRES_POLLING_OK) {
		link_up(link);
		return;
	}
	bool waits = step == PGRES_POLLING_READING || step == PGRES_POLLING_WRITING;
	int events = step == PGRES_POLLING_READING ? UV_READABLE : UV_WRITABLE;
	if (!waits || !link_watch_fresh(link, events))
		pg_link_drop(link);
}

static void link_ready(uv_poll_t *poll, int status, int events)
{
	struct pg_link *link = poll->data;
	if (!link->up) {
		link_connect_step(link);
		return;
	}
	bool good = status == 0;
	if (good && (events & UV_READABLE))
		good = PQconsumeInput(link->conn) == 1;
	/* What came before the end is still read: results that arrived are results. */
	if (events & UV_READABLE)
		link->events->readable(link->ctx);
	if (good && PQstatus(link->conn) == CONNECTION_OK && pg_link_flush(link))
		return;
	pg_link_drop(link);
}

static void link_connect(struct pg_link *link)
{
	const char *names[] = {"dbname", "options", "application_name", "client_encoding", NULL};
	const char *values[] = {link->conninfo, link->options, "luotsid", "UTF8", NULL};
	link->conn = PQconnectStartParams(names, values, 1);
	ASSERT(link->conn);
	timer_start(link->timer, CONNECT_MS, 0);
	if (PQstatus(link->conn) == CONNECTION_BAD || !link_watch_fresh(link, UV_WRITABLE))
		pg_link_drop(link);
}

static void link_timer(void *ctx)
{
	struct pg_link *link = ctx;
	if (link->conn)
		pg_link_drop(link);
	else
		link_connect(link);
}

struct pg_link *pg_link_new(struct loop *loop, const char *conninfo, const char *options,
	const struct pg_link_events *events, void *ctx)
{
	struct pg_link *link = MEM_NEW(struct pg_link);
	link->loop = loop;
	link->conninfo = mem_text(conninfo);
	link->options = mem_text(options);
	link->events = events;
	link->ctx = ctx;
	link->timer = timer_new(loop, link_timer, link);
	return link;
}

void pg_link_start(struct pg_link *link)
{
	timer_start(link->timer, 0, 0);
}

void pg_link_free(struct pg_link **link)
{
	struct pg_link *l = *link;
	*link = NULL;
	if (!l)
		return;
	link_close(l);
	timer_free(&l->timer);
	mem_free(l->conninfo);
	mem_free(l->options);
	mem_free(l);
}

PGconn *pg_link_conn(const struct pg_link *link)
{
	return link->up ? link->conn : NULL;
}
