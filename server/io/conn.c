/* The life of a connection: made at accept, counted under its address, freed when lws says that its
 * own struct is gone. Closing from outside of a callback goes through lws's timer, never by a
 * pointer kept somewhere. */
#include <arpa/inet.h>

#include "base/mem.h"
#include "io/exchange.h"

struct conn *conn_new(struct server *s, const char *address)
{
	struct conn *c = MEM_NEW(struct conn);
	c->id = ++s->last_id;
	c->server = s;
	list_init(&c->slot);
	c->in = BUF_MAX(s->settings.max_frame);
	c->last_seen = s->now;
	if (!conn_set_peer(c, slice_text(address))) {
		mem_free(c);
		return NULL;
	}
	map_put_u64(s->conns, c->id, c);
	wheel_set(c, s->settings.http_seconds);
	return c;
}

static void conn_leave_peer(struct conn *c)
{
	struct peer *p = c->peer;
	c->peer = NULL;
	if (!p || --p->n > 0)
		return;
	map_take(c->server->peers, slice_text(p->text));
	mem_free(p);
}

bool conn_set_peer(struct conn *c, struct slice address)
{
	struct server *s = c->server;
	/* Behind the edge all come from one socket: the address is known with the request. */
	if (address.n == 0 || address.n >= sizeof(((struct peer *)NULL)->text))
		return true;
	struct peer *p = map_get(s->peers, address);
	if (p && p->n >= s->settings.max_connections_per_address)
		return false;
	if (!p) {
		p = MEM_NEW(struct peer);
		memcpy(p->text, address.p, address.n);
		map_put(s->peers, address, p);
	}
	p->n++;
	conn_leave_peer(c);
	c->peer = p;
	return true;
}

/* What is none could not be found again as it was put there: a text with a zero in it has two
 * lengths. */
static bool conn_is_address(const char *text, size_t n)
{
	uint8_t bytes[sizeof(struct in6_addr)];
	return strlen(text) == n &&
	       (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}

/* HAProxy says who the client is, and nobody else can speak on that socket. */
enum err conn_set_edge_peer(struct conn *c)
{
	static const char name[] = "x-luotsi-client:";
	char address[INET6_ADDRSTRLEN + 1] = {0};
	if (!c->server->settings.edge)
		return ERR_OK;
	int n = lws_hdr_custom_copy(c->wsi, address, INET6_ADDRSTRLEN, name, sizeof(name) - 1);
	if (n <= 0)
		return ERR_OK;
	if (!conn_is_address(address, (size_t)n))
		return ERR_MALFORMED;
	return conn_set_peer(c, slice_of(address, (size_t)n)) ? ERR_OK : ERR_RATE_LIMITED;
}

void conn_want_write(struct conn *c)
{
	if (c->wants_write || !c->wsi)
		return;
	c->wants_write = true;
	lws_callback_on_writable(c->wsi);
}

/* Without the wake-up lws looks at its timers only after the next traffic (libwebsockets 4.1.6,
 * libuv.c). */
void conn_kill(struct conn *c)
{
	enum { ASK_AGAIN_SECONDS = 2 };
	c->phase = PHASE_DONE;
	wheel_set(c, ASK_AGAIN_SECONDS);
	if (!c->wsi)
		return;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
	lws_cancel_service(c->server->lws);
}

void conn_destroyed(struct conn *c)
{
	struct server *s = c->server;
	if (c->opened)
		ws_gone(c);
	map_take_u64(s->conns, c->id);
	list_remove(&c->slot);
	http_leave_large(c);
	conn_leave_peer(c);
	exchange_free(&c->exchange);
	outq_done(&c->out);
	buf_done(&c->in);
	mem_free(c);
}
