#pragma once
#include "base/config.h"
#include "core/route.h"
#include "io/fetch.h"
#include "io/keys.h"
#include "io/listen.h"
#include "io/listener.h"
#include "io/pg.h"
#include "io/work.h"

/* The gate of one worker: connections, sessions, requests, notices. Knows modules only as rows of
 * the table of routes. */
struct core;
struct sign_in;
struct units;

struct core_parts {
	const struct config *config;
	struct loop *loop;
	struct pg *pg;
	struct work *work;
	struct fetch *fetch;
	struct sign_in *sign_in; /* the domain's */
	struct units *units;     /* the domain's */
	struct keys *keys;       /* NULL: whoever asks it is told that it is unavailable */
	const struct route *routes;
	size_t n_routes;
};

/* The parts live longer than the core. */
struct core *core_new(const struct core_parts *parts);
/* Before the first connection: whom answers and events go through. */
void core_serve(struct core *core, struct server *server);
/* Requests that still wait are forgotten: drain first. */
void core_free(struct core **core);
/* What is asked by path, <file id>/<number>: PUT with a body of at most so many bytes, or GET. */
#define CORE_RAW_PATH "/api/file/"
enum { CORE_RAW_BODY = 1049656 };
/* What the gate offers to the wires; their ctx is the core. */
extern const struct io_handlers core_handlers;
/* For listener_new on channel `luotsi`; ctx is the core. */
void core_notice(void *core, struct slice payload);
void core_notice_gap(void *core);
/* From now on new requests are answered shutting_down. */
void core_drain(struct core *core);
/* Requests not answered yet: zero before a clean exit. */
size_t core_pending(const struct core *core);
/* Is there a WebSocket whose request is not answered yet? */
bool core_owes(const struct core *core);
/* Closes those whose requests were not answered in time as a fault: of them nobody may say that
 * nothing was begun. */
void core_give_up(struct core *core);
