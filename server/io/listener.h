#pragma once
#include "base/slice.h"
#include "io/loop.h"

/* LISTEN on one channel of PostgreSQL, on a connection of its own. A notice is a hint; after each
 * reconnect everything may have been missed, and gap says so (also after the first connect). */
struct listener;

typedef void listener_notice_fn(void *ctx, struct slice payload);
struct listener *listener_new(struct loop *loop, const char *conninfo, const char *channel,
	listener_notice_fn *notice, loop_fn *gap, void *ctx);
void listener_free(struct listener **listener);
