/* The answer of an HTTP request: its head, its body, and what comes behind the body when the answer
 * was begun before all of it was there. Everything is written from WRITEABLE. Of an answer in
 * several pieces two are held at most: the one that is being written, and the next, which is asked
 * for when little is left of the first. */
#include "base/mem.h"
#include "base/meter.h"
#include "io/exchange.h"
#include "io/http.h"

enum { PIECE = 16384, PIECES_A_TURN = 8, LOW = 256 << 10 };

void http_let_go(struct http_held *held)
{
	if (held->let_go)
		held->let_go(held->it);
	*held = (struct http_held){0};
}

/* Copied, unless it lives on without. */
static void answer_body(struct exchange *x, const struct http_response *response)
{
	bool bodyless = x->request.method == HTTP_HEAD || response->status == 304;
	x->rest = bodyless ? SLICE_NONE : response->body;
	x->to_come = bodyless ? 0 : response->more;
	x->rest_held = response->held;
	x->behind = response->behind;
	if (response->keep_body || response->held.let_go)
		return;
	buf_add(&x->reply, x->rest);
	x->rest = buf_slice(&x->reply);
}

void http_reply(struct server *s, uint64_t id, const struct http_response *response)
{
	struct conn *c = map_get_u64(s->conns, id);
	struct http_held held = response->held, behind = response->behind;
	if (!c || !c->exchange || (c->phase != PHASE_WAITING && c->phase != PHASE_BODY)) {
		http_let_go(&held);
		http_let_go(&behind);
		return;
	}
	struct exchange *x = c->exchange;
	head_write(&x->head, response, response->body.n + response->more);
	answer_body(x, response);
	ASSERT(buf_check(&x->head) == ERR_OK && buf_check(&x->reply) == ERR_OK);
	c->phase = PHASE_ANSWER;
	wheel_set(c, http_seconds(c, x->rest.n));
	conn_want_write(c);
}

void http_reply_error(struct server *s, uint64_t id, enum err e)
{
	enum { TEXT_MAX = 128 };
	struct buf text = BUF_MAX(TEXT_MAX);
	buf_addf(&text, "{\"err\":\"%s\"}", err_word(e));
	meter_suspect(e);
	struct http_response response = {.status = err_status(e),
		.content_type = "application/json",
		.body = buf_slice(&text)};
	http_reply(s, id, &response);
	buf_done(&text);
}

void http_more(struct server *s, uint64_t id, struct slice bytes, struct http_held held)
{
	struct conn *c = map_get_u64(s->conns, id);
	struct exchange *x = c ? c->exchange : NULL;
	bool fits =
		x && c->phase == PHASE_ANSWER && x->wanted && bytes.n > 0 && bytes.n <= x->to_come;
	if (!fits) {
		http_let_go(&held);
		http_cut(s, id);
		return;
	}
	x->wanted = false;
	x->to_come -= bytes.n;
	x->next = bytes;
	x->next_held = held;
	wheel_set(c, http_seconds(c, x->rest.n + bytes.n));
	conn_want_write(c);
}

void http_cut(struct server *s, uint64_t id)
{
	struct conn *c = map_get_u64(s->conns, id);
	if (c && c->exchange && c->phase == PHASE_ANSWER)
		conn_kill(c);
}

/* The next piece: what is left of the head, then of the body. */
static struct slice answer_piece(struct exchange *x)
{
	struct slice piece = slice_part(buf_slice(&x->head), x->head_at, PIECE);
	if (piece.n) {
		x->head_at += piece.n;
		return piece;
	}
	if (x->rest.n == 0 && x->next.n > 0) {
		http_let_go(&x->rest_held);
		x->rest = x->next;
		x->rest_held = x->next_held;
		x->next = SLICE_NONE;
		x->next_held = (struct http_held){0};
	}
	piece = slice_part(x->rest, 0, PIECE);
	x->rest = slice_from(x->rest, piece.n);
	return piece;
}

/* lws declares the bytes without const and only reads them, of an answer over HTTP/1.1
 * (libwebsockets 4.1.6, lws_issue_raw). */
static bool answer_write(struct conn *c, struct slice piece)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} bytes = {.in = piece.p};
	return lws_write(c->wsi, bytes.out, piece.n, LWS_WRITE_HTTP) >= 0;
}

/* As much as the socket takes, up to so many pieces a turn: a turn for each costs more than the
 * piece. False: the connection is broken. */
static bool answer_pieces(struct conn *c)
{
	for (unsigned i = 0; i < PIECES_A_TURN; i++) {
		if (i > 0 && lws_send_pipe_choked(c->wsi))
			return true;
		struct slice piece = answer_piece(c->exchange);
		if (piece.n == 0)
			return true;
		if (!answer_write(c, piece))
			return false;
	}
	return true;
}

static size_t answer_left(const struct exchange *x)
{
	return x->head.n - x->head_at + x->rest.n + x->next.n;
}

static void answer_want_more(struct conn *c)
{
	struct server *s = c->server;
	struct exchange *x = c->exchange;
	if (x->to_come == 0 || x->wanted || x->next.n > 0 || x->rest.n > LOW)
		return;
	x->wanted = true;
	s->handlers->http_wanted(s->ctx, c->id, ++x->n_wanted, x->behind.it);
}

int http_writeable(struct conn *c)
{
	struct exchange *x = c->exchange;
	c->wants_write = false;
	if (c->phase != PHASE_ANSWER)
		return 0;
	if (!answer_pieces(c))
		return -1;
	if (answer_left(x) == 0 && x->to_come == 0 && !lws_send_pipe_choked(c->wsi)) {
		c->phase = PHASE_DONE;
		return -1;
	}
	http_goes_on(c);
	if (!x->large)
		wheel_set(c, c->server->settings.http_seconds);
	if (answer_left(x) > 0 || x->to_come == 0)
		conn_want_write(c);
	answer_want_more(c);
	return 0;
}
