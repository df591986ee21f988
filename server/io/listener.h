#pragma once
#include "base/slice.h"
#include "io/loop.h"

/* LISTEN on one channel of PostgreSQL, on a connection of its own. A notice is a hint; after each
 * reconnect everything may have been missed, and gap says so (also after the first connect). */
struct listener;

struct listener_events {
	void (*notice)(void *ctx, struct slice payload);
	void (*gap)(void *ctx);
	void *ctx;
};

/* The texts and the events are copied. */
struct listener *listener_new(struct loop *loop, const char *conninfo, const char *channel,
	const struct listener_events *events);
void listener_free(struct listener **listener);
