#pragma once
#include <libpq-fe.h>

#include "base/err.h"
#include "io/loop.h"

/* One connection to PostgreSQL that comes back by itself: connecting, waiting, flushing. What is
 * said over it is the owner's. Only inside io. */
struct pg_link;

struct pg_link_events {
	/* Connected, in pipeline mode, non-blocking. */
	void (*up)(void *ctx);
	/* Something has arrived and was consumed: look at PQisBusy and PQgetResult. */
	void (*readable)(void *ctx);
	/* The connection is gone (also: it could not be made); the next attempt is scheduled
	 * already. */
	void (*down)(void *ctx);
};

struct pg_link *pg_link_new(struct loop *loop, const char *conninfo, const char *options,
	const struct pg_link_events *events, void *ctx);
/* Calls no event. Not from inside an event. */
void pg_link_free(struct pg_link **link);
void pg_link_start(struct pg_link *link);
/* NULL while there is no connection. */
PGconn *pg_link_conn(const struct pg_link *link);
/* Sends what the PQsend functions buffered, now and when there is room. False: the connection is
 * broken, drop it. */
MUST bool pg_link_flush(struct pg_link *link);
/* Gives the connection up, calls down, tries again after the backoff. */
void pg_link_drop(struct pg_link *link);
