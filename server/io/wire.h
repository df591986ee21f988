#pragma once
#include <libwebsockets.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "io/listen.h"

/* What the files of the listening side share. A connection is one struct from accept to destroy, in
 * one phase at a time; it is found by its number, and lives as long as lws's own struct. */
enum phase {
	PHASE_NEW,     /* TLS, headers */
	PHASE_BODY,    /* the request's body is coming */
	PHASE_WAITING, /* the request was delivered */
	PHASE_ANSWER,  /* the answer is on its way out */
	PHASE_WS,
	PHASE_GOODBYE, /* a WebSocket that has been told why it is closed */
	PHASE_DONE     /* being closed */
};

/* Connections of one address, counted. */
struct peer {
	uint32_t n, n_large;
	char text[INET6_ADDRSTRLEN];
};

struct exchange;

struct conn {
	uint64_t id;
	struct server *server;
	struct lws *wsi;
	struct peer *peer;
	struct list slot; /* of the wheel */
	struct exchange *exchange;
	struct outq out;
	struct buf in;
	uint32_t deadline, last_seen; /* coarse seconds */
	enum phase phase;
	uint16_t close_code;
	bool first_seen, wants_write, opened, binary;
};

enum { WHEEL_SLOTS = 128, GATHER = 16384, RX_CHUNK = 2048, SERVICE_BUFFER = 20480 };

struct server {
	struct loop *loop;
	struct server_settings settings;
	const struct io_handlers *handlers;
	void *ctx;
	struct lws_context *lws;
	struct lws_vhost *vhost;
	void *accept_poll; /* uv_poll_t */
	struct map *conns; /* id -> struct conn */
	struct map *peers; /* address -> struct peer */
	uint64_t last_id;
	size_t n_ws, n_large;
	struct list wheel[WHEEL_SLOTS];
	uint32_t now; /* coarse seconds */
	struct timer *tick, *grace;
	loop_fn *drained;
	void *drained_ctx;
	uint64_t grace_turns;
	uint32_t quiet_since; /* coarse seconds */
	bool quiet, away, draining;
	uint8_t gather[GATHER];
};

/* wheel.c */
void wheel_init(struct server *s);
void wheel_set(struct conn *c, uint32_t seconds);
void wheel_tick(void *server);

/* conn.c: the life of a connection. */
struct conn *conn_new(struct server *s, const char *address);
/* Asks lws to call WRITEABLE. */
void conn_want_write(struct conn *c);
/* Ends it soon, without words; the struct stays until lws is done. */
void conn_kill(struct conn *c);
void conn_destroyed(struct conn *c);
/* Counts the connection under this address. False over the ceiling. */
bool conn_set_peer(struct conn *c, struct slice address);
/* The same under the address that the edge names. */
MUST enum err conn_set_edge_peer(struct conn *c);

/* upgrade.c */
int upgrade_check(struct conn *c, const char *protocol);

/* ws.c */
int ws_opened(struct conn *c);
int ws_received(struct conn *c, struct slice piece);
int ws_writeable(struct conn *c);
/* The other side closes, with this in its frame. */
int ws_peer_closes(struct conn *c, struct slice payload);
void ws_gone(struct conn *c);
void ws_expired(struct conn *c);
void ws_alive(struct conn *c);

/* headers.c: reading lws's table of headers. */
/* Appends the header with its repetitions joined by the separator; false when it is missing. */
bool header_add(
	struct lws *wsi, enum lws_token_indexes which, const char *separator, struct buf *to);
/* How often it is there. */
unsigned header_count(struct lws *wsi, enum lws_token_indexes which);

/* head.c: the first lines of an answer. */
void head_write(struct buf *to, const struct http_response *response, size_t body_size);
extern const char head_security[];
/* The same for lws's own answers. */
const struct lws_protocol_vhost_options *head_lws_options(void);
