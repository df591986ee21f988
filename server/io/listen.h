#pragma once
#include "io/http.h"
#include "io/loop.h"
#include "io/ws.h"

/* The listening side: connections accepted from a socket that the supervisor made, spoken to by
 * libwebsockets, in one of two ways: direct TLS (one HTTP request a connection, WebSockets
 * unrestricted), or plain HTTP/1.1 on a Unix socket behind the edge. What is refused and why is
 * told in listen.c. */
struct server;
struct site;

/* What the gate offers to the wires. No callback runs inside a call of ws.h or http.h. */
struct io_handlers {
	/* May this upgrade go on? Path, Origin, subprotocol, ceilings were checked before; this one
	 * looks at the cookie. Answers from memory only. */
	enum err (*ws_admit)(void *ctx, const struct ws_hello *hello);
	void (*ws_open)(void *ctx, uint64_t conn, const struct ws_hello *hello);
	/* One whole message, at most max_frame bytes: text in UTF-8, which may be empty; of a
	 * binary one also the blob behind its text, at least 1 byte, else SLICE_NONE. */
	void (*ws_message)(void *ctx, uint64_t conn, struct slice text, struct slice blob);
	/* Exactly once for each ws_open. */
	void (*ws_closed)(void *ctx, uint64_t conn);
	/* The headers of a request with a large body are here, and the body is coming: an answer
	 * now refuses it. Else http_request follows, or nothing when the client goes away. */
	void (*http_arriving)(void *ctx, const struct http_request *request);
	/* A whole request under a path that the site does not serve ("/api/..."): answer by
	 * http_reply. */
	void (*http_request)(void *ctx, const struct http_request *request);
	/* Of an answer that was begun with `more` little is left to write: the nth time, from 1.
	 * http_more or http_cut follows, now or later. `behind` is the answer's, and lives as long
	 * as it. */
	void (*http_wanted)(void *ctx, uint64_t id, unsigned nth, const void *behind);
};

/* Requests under one path may have larger bodies and answers, slower, and fewer at once. */
struct server_large {
	const char *path; /* "/api/file/"; NULL: there are none */
	uint32_t max_body, at_once, at_once_per_address, bytes_per_second;
};

struct server_settings {
	int listen_fd;
	bool edge; /* plain HTTP/1.1 from HAProxy on a Unix socket */
	const char *tls_cert, *tls_key, *tls_client_ca; /* PEM files; the last may be NULL */
	const char *public_origin;                      /* "https://luotsi.example" */
	const struct site *site;                        /* may be NULL */
	uint32_t max_frame, max_body;
	uint32_t max_connections, max_connections_per_address;
	struct outq_limits outq;
	struct server_large large;
	uint32_t first_frame_seconds, idle_seconds, ping_seconds, http_seconds;
};

/* Accepts nothing yet. NULL with a logged reason when the certificate cannot be used. handlers and
 * the texts in settings live longer than the server. Before the loop runs, and so is server_free
 * after it: lws is taken apart by running the loop. */
struct server *server_new(struct loop *loop, const struct server_settings *settings,
	const struct io_handlers *handlers, void *ctx);
/* From now on connections are accepted. A logged reason when the socket cannot be watched. */
MUST enum err server_start(struct server *server);
/* The first step of going: accepts no more, and reads no more messages of WebSockets. What was
 * delivered may still be answered; requests that are on their way in are delivered. */
void server_quiet(struct server *server);
/* The second, when nothing is owed to them: says 1001 to every WebSocket. To a client it means that
 * what was not answered was not begun. */
void server_send_away(struct server *server);
/* Is an HTTP request on its way, in or out? A connection that said nothing counts for four seconds.
 */
bool server_is_asked(const struct server *server);
/* The last: done runs when the last connection is gone or after grace_ms. */
void server_drain(struct server *server, uint64_t grace_ms, loop_fn *done, void *ctx);
void server_free(struct server **server);
/* Of the libwebsockets that this was built with: 4001006 is 4.1.6. */
unsigned server_lws_version(void);
