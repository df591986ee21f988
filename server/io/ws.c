/* A WebSocket after its handshake. Frames go out as we encoded them, several in one write
 * (LWS_WRITE_HTTP is passed on raw by libwebsockets 4.1.6 to 4.3, ops-ws.c), so that a burst costs
 * one TLS record; only whole frames are written, because lws puts its own pongs between writes.
 * There is no rx flow control, which can spin at full speed over TLS there: who sends too much or
 * reads too slowly is closed. */
#include "io/ws.h"

#include "base/mem.h"
#include "base/meter.h"
#include "base/num.h"
#include "io/wire.h"

enum { CLOSE_SECONDS = 5, OP_CLOSE = 0x88 };

int ws_opened(struct conn *c)
{
	enum { COOKIE_MAX = 4096 };
	struct server *s = c->server;
	c->phase = PHASE_WS;
	c->opened = true;
	c->last_seen = s->now;
	s->n_ws++;
	wheel_set(c, s->settings.first_frame_seconds);
	struct buf cookie = BUF_MAX(COOKIE_MAX);
	header_add(c->wsi, WSI_TOKEN_HTTP_COOKIE, "; ", &cookie);
	struct ws_hello hello = {.cookie = buf_slice(&cookie),
		.address = c->peer ? slice_text(c->peer->text) : SLICE_NONE};
	s->handlers->ws_open(s->ctx, c->id, &hello);
	buf_done(&cookie);
	if (s->away)
		ws_close(s, c->id, WS_CLOSE_GOING_AWAY);
	return 0;
}

void ws_gone(struct conn *c)
{
	c->opened = false;
	c->phase = PHASE_DONE;
	c->server->n_ws--;
	c->server->handlers->ws_closed(c->server->ctx, c->id);
}

/* Says why, and waits for the other side to close. The close frame is our own: lws in Debian's
 * build closes twice after WRITEABLE said so, and the second time drops its close frame
 * (libwebsockets 4.1.6, service.c, "uv repeat test"). */
static int ws_refuse(struct conn *c, enum ws_close_code code)
{
	uint8_t frame[] = {OP_CLOSE, 2, (uint8_t)(code >> 8), (uint8_t)code};
	if (code != c->close_code) /* none that was waiting to be said: the frame itself is wrong */
		meter_suspect(ERR_MALFORMED);
	c->phase = PHASE_GOODBYE;
	outq_done(&c->out);
	wheel_set(c, CLOSE_SECONDS);
	return lws_write(c->wsi, frame, sizeof(frame), LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

/* A binary frame: the length of its text in 4 bytes, the text, the blob. */
static bool ws_split(struct slice frame, struct slice *ret_text, struct slice *ret_blob)
{
	enum { LENGTH = 4 };
	if (frame.n < LENGTH)
		return false;
	size_t n = num_get_u32(frame.p);
	struct slice rest = slice_from(frame, LENGTH);
	if (n >= rest.n)
		return false;
	*ret_text = slice_part(rest, 0, n);
	*ret_blob = slice_from(rest, n);
	return true;
}

static int ws_deliver(struct conn *c, struct slice text)
{
	struct server *s = c->server;
	struct slice blob = SLICE_NONE;
	if (c->binary && !ws_split(text, &text, &blob))
		return ws_refuse(c, WS_CLOSE_UNSUPPORTED);
	if (!slice_is_utf8(text))
		return ws_refuse(c, WS_CLOSE_MALFORMED);
	if (!c->first_seen)
		wheel_set(c, s->settings.ping_seconds);
	c->first_seen = true;
	s->handlers->ws_message(s->ctx, c->id, text, blob);
	return 0;
}

int ws_received(struct conn *c, struct slice piece)
{
	/* Who goes begins nothing more: that is what 1001 says to a client. */
	if (c->phase != PHASE_WS || c->close_code || c->server->quiet)
		return 0;
	c->last_seen = c->server->now;
	bool first = lws_is_first_fragment(c->wsi), final = lws_is_final_fragment(c->wsi);
	if (first) {
		buf_reset(&c->in);
		c->binary = lws_frame_is_binary(c->wsi) != 0;
	}
	if (c->in.n + piece.n + lws_remaining_packet_payload(c->wsi) >
		c->server->settings.max_frame)
		return ws_refuse(c, WS_CLOSE_TOO_LARGE);
	if (first && final)
		return ws_deliver(c, piece);
	buf_add(&c->in, piece);
	if (!final)
		return 0;
	struct buf whole = c->in;
	c->in = BUF_MAX(c->server->settings.max_frame);
	int r = ws_deliver(c, buf_slice(&whole));
	buf_done(&whole);
	return r;
}

int ws_peer_closes(struct conn *c, struct slice payload)
{
	enum { CODE = 2 };
	/* Both have said it: there is nothing to answer. */
	if (c->phase == PHASE_GOODBYE)
		return -1;
	/* lws judges the code, and nothing else of what the frame holds (libwebsockets 4.1.6,
	 * ops-ws.c). */
	bool good = slice_is_utf8(slice_from(payload, CODE));
	if (payload.n != 1 && good)
		return 0;
	(void)ws_refuse(c, good ? WS_CLOSE_PROTOCOL : WS_CLOSE_MALFORMED);
	return -1;
}

void ws_alive(struct conn *c)
{
	c->last_seen = c->server->now;
}

/* Whole frames, as many as fit; a frame that is larger goes alone. */
static bool ws_write_some(struct conn *c)
{
	uint8_t *gather = c->server->gather;
	size_t n = 0;
	struct frame *f;
	while ((f = outq_first(&c->out)) && frame_wire(f).n <= GATHER - n) {
		struct slice wire = frame_wire(f);
		memcpy(gather + n, wire.p, wire.n);
		n += wire.n;
		outq_shift(&c->out);
	}
	if (n || !f)
		return n == 0 || lws_write(c->wsi, gather, n, LWS_WRITE_HTTP) >= 0;
	struct frame *large = frame_ref(f);
	outq_shift(&c->out);
	bool good = lws_write(c->wsi, frame_bytes(large), frame_wire(large).n, LWS_WRITE_HTTP) >= 0;
	frame_unref(&large);
	return good;
}

int ws_writeable(struct conn *c)
{
	c->wants_write = false;
	if (c->phase != PHASE_WS)
		return 0;
	if (!lws_partial_buffered(c->wsi) && !ws_write_some(c))
		return -1;
	if (outq_first(&c->out) || lws_partial_buffered(c->wsi))
		conn_want_write(c);
	else if (c->close_code)
		return ws_refuse(c, c->close_code);
	return 0;
}

/* The reader is behind: what waits is forgotten, it will ask for the page after its last number. */
static void ws_too_slow(struct conn *c)
{
	outq_done(&c->out);
	meter_add(METER_slow_readers_closed, 1);
	ws_close(c->server, c->id, WS_CLOSE_SLOW);
}

bool ws_send(struct server *s, uint64_t id, struct frame *f)
{
	struct conn *c = map_get_u64(s->conns, id);
	if (!c || c->phase != PHASE_WS || c->close_code)
		return false;
	if (outq_push(&c->out, &s->settings.outq, f) != ERR_OK) {
		ws_too_slow(c);
		return false;
	}
	meter_add(METER_events_told, 1);
	conn_want_write(c);
	return true;
}

void ws_close(struct server *s, uint64_t id, enum ws_close_code code)
{
	struct conn *c = map_get_u64(s->conns, id);
	if (!c || c->phase != PHASE_WS || c->close_code)
		return;
	if (code == WS_CLOSE_POLICY)
		meter_suspect(ERR_MALFORMED);
	c->close_code = (uint16_t)code;
	wheel_set(c, CLOSE_SECONDS);
	conn_want_write(c);
}

size_t ws_count(const struct server *s)
{
	return s->n_ws;
}

static void ws_ping(struct conn *c)
{
	/* Quietly left out when the queue is full: then the reader is judged by its silence. */
	if (outq_push(&c->out, &c->server->settings.outq, frame_ping()) == ERR_OK)
		conn_want_write(c);
}

void ws_expired(struct conn *c)
{
	struct server *s = c->server;
	const struct server_settings *set = &s->settings;
	uint32_t silent = s->now - c->last_seen;
	if (c->close_code) {
		conn_kill(c);
	} else if (!c->first_seen) {
		ws_close(s, c->id, WS_CLOSE_FIRST_FRAME);
	} else if (silent >= set->idle_seconds) {
		ws_close(s, c->id, WS_CLOSE_IDLE);
	} else if (silent >= set->ping_seconds) {
		ws_ping(c);
		wheel_set(c, set->idle_seconds - silent);
	} else {
		wheel_set(c, set->ping_seconds - silent);
	}
}
