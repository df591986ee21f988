#pragma once
#include "base/slice.h"
#include "io/outq.h"

/* WebSocket connections, found by a number that is never used twice in a process. */
struct server;

/* What is known about a connection when it opens. Slices live during the callback. */
struct ws_hello {
	struct slice cookie;  /* the whole header; see http_cookie */
	struct slice address; /* see http_request */
};

enum ws_close_code {
	WS_CLOSE_GOING_AWAY = 1001,
	WS_CLOSE_PROTOCOL = 1002,
	WS_CLOSE_UNSUPPORTED = 1003, /* a binary frame that is not text and blob */
	WS_CLOSE_MALFORMED = 1007,   /* text that is not UTF-8 */
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_TOO_LARGE = 1009,
	WS_CLOSE_FAULT = 1011,
	WS_CLOSE_SESSION = 4001,     /* the session has ended: sign in again */
	WS_CLOSE_FIRST_FRAME = 4002, /* nothing came in time */
	WS_CLOSE_IDLE = 4003,        /* no sign of life */
	WS_CLOSE_SLOW = 4004,        /* reads too slowly: come again and catch up */
	WS_CLOSE_FLOOD = 4005,       /* too much, too fast */
	WS_CLOSE_REPLACED = 4006,    /* the oldest of too many connections of one person */
};

/* Queues a frame (takes its own reference). False when the connection is gone or was too slow and
 * is being closed. */
bool ws_send(struct server *server, uint64_t conn, struct frame *f);
/* Sends what is queued, then closes. ws_closed comes later, never inside this call. No more
 * messages come. */
void ws_close(struct server *server, uint64_t conn, enum ws_close_code code);
/* Connections open now. */
size_t ws_count(const struct server *server);
