#pragma once
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "fuzz.h"
#include "io/exchange.h"

/* The listening side of server/io without a socket: a target defines the functions of lws that it
 * plays (the program's own come before the library's), and gives connections what lws would. Here
 * is what the targets share. */
static struct buf wires_out; /* what the server wrote */

int lws_write(struct lws *wsi, unsigned char *p, size_t n, enum lws_write_protocol how)
{
	(void)wsi;
	HOLD(how == LWS_WRITE_HTTP && n > 0);
	buf_add(&wires_out, slice_of(p, n));
	return (int)n;
}
int lws_callback_on_writable(struct lws *wsi)
{
	HOLD(wsi != NULL);
	return 0;
}
int lws_partial_buffered(struct lws *wsi)
{
	HOLD(wsi != NULL);
	return 0;
}
void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int seconds)
{
	(void)reason, (void)seconds;
	HOLD(wsi != NULL);
}
void lws_cancel_service(struct lws_context *context)
{
	(void)context;
}

static struct server *wires_server(const struct io_handlers *handlers)
{
	static struct server server;
	static const struct server_settings settings = {
		.public_origin = "https://localhost:8443",
		.max_frame = 600,
		.max_body = 500,
		.max_connections = 4,
		.max_connections_per_address = 4,
		.outq = {.max_bytes = 2000, .max_frames = 8},
		.first_frame_seconds = 10,
		.idle_seconds = 120,
		.ping_seconds = 45,
		.http_seconds = 20,
	};
	if (server.conns != NULL)
		return &server;
	server.settings = settings;
	server.handlers = handlers;
	server.conns = map_new();
	server.peers = map_new();
	wheel_init(&server);
	return &server;
}

static struct conn *wires_connect(struct server *s, const char *address)
{
	static uint8_t wsi;
	struct conn *c = conn_new(s, address);
	HOLD(c != NULL);
	c->wsi = (struct lws *)(void *)&wsi;
	wires_out = BUF_MAX(8 << 20);
	return c;
}

static void wires_disconnect(struct conn *c)
{
	struct server *s = c->server;
	conn_destroyed(c);
	HOLD(map_count(s->conns) == 0 && map_count(s->peers) == 0 && s->n_ws == 0);
	buf_done(&wires_out);
}
