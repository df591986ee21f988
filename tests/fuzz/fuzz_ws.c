/* A WebSocket's frames, cut in pieces as lws cuts them, with what we send and the passing of time
 * in between. The input is a row of acts: a byte of flags, and for a frame its length (u16), the
 * size of its pieces (a byte) and its payload. A plain model says what must be delivered and why
 * the connection must end. */
#include "wires.h"

#include "reference.h"

enum { ACT_FRAME_MAX = 1200, FIN = 4, BINARY = 8, CLOSE_SIZE = 4, BLOB_HEAD = 4 };

static struct {
	bool first, final, binary;
	size_t remaining;
} piece;

int lws_is_first_fragment(struct lws *wsi)
{
	(void)wsi;
	return piece.first;
}
int lws_is_final_fragment(struct lws *wsi)
{
	(void)wsi;
	return piece.final;
}
int lws_frame_is_binary(struct lws *wsi)
{
	(void)wsi;
	return piece.binary;
}
size_t lws_remaining_packet_payload(struct lws *wsi)
{
	(void)wsi;
	return piece.remaining;
}
int lws_hdr_fragment_length(struct lws *wsi, enum lws_token_indexes which, int at)
{
	(void)wsi, (void)which, (void)at;
	return 0;
}
int lws_hdr_total_length(struct lws *wsi, enum lws_token_indexes which)
{
	(void)wsi, (void)which;
	return 0;
}

/* What was said so far, as the model has it, and what came out. */
static struct {
	uint8_t message[ACT_FRAME_MAX];
	size_t n;
	bool in_message, binary;
	unsigned n_delivered, n_opened, n_closed;
	struct buf queued; /* what the queue took, as it goes over the wire */
} model;

static void opened(void *ctx, uint64_t conn, const struct ws_hello *hello)
{
	(void)ctx, (void)conn;
	HOLD(slice_is(hello->address, "192.0.2.1") && hello->cookie.n == 0);
	model.n_opened++;
}
static void delivered(void *ctx, uint64_t conn, struct slice text, struct slice blob)
{
	(void)ctx;
	model.n_delivered++;
	size_t head = model.binary ? BLOB_HEAD : 0;
	HOLD(model.binary == (blob.n > 0) && head + text.n + blob.n == model.n);
	HOLD(slice_equal(text, slice_of(model.message + head, text.n)));
	HOLD(slice_equal(blob, slice_of(model.message + head + text.n, blob.n)));
	HOLD(!model.binary || num_get_u32(model.message) == text.n);
	HOLD(reference_is_utf8(text.p, text.n));
	if (text.n > 0 && text.p[0] == '!')
		ws_close(wires_server(NULL), conn, WS_CLOSE_FLOOD);
}
static void closed(void *ctx, uint64_t conn)
{
	(void)ctx, (void)conn;
	model.n_closed++;
}

/* Why the connection was told to go: 0 as long as it was not. */
static unsigned told(void)
{
	if (wires_out.n < CLOSE_SIZE)
		return 0;
	const uint8_t *p = wires_out.p + wires_out.n - CLOSE_SIZE;
	return p[0] == 0x88 && p[1] == 2 ? num_get_u16(p + 2) : 0;
}

static bool is_over(const struct conn *c)
{
	return c->phase != PHASE_WS || c->close_code;
}

/* What is wrong with a whole message; 0 when nothing is. */
static unsigned message_fault(void)
{
	const uint8_t *text = model.message;
	size_t n = model.n;
	if (model.binary && (n < BLOB_HEAD || num_get_u32(text) >= n - BLOB_HEAD))
		return WS_CLOSE_UNSUPPORTED;
	if (model.binary) {
		n = num_get_u32(text);
		text += BLOB_HEAD;
	}
	return reference_is_utf8(text, n) ? 0 : WS_CLOSE_MALFORMED;
}

/* One piece of a frame: the model first, then the server; they must agree. */
static void receive(struct conn *c, struct slice bytes, bool fin, bool starts_frame)
{
	size_t whole = model.n + bytes.n + piece.remaining;
	bool over = is_over(c), large = whole > c->server->settings.max_frame;
	unsigned before = model.n_delivered, reason = 0;
	piece.first = !model.in_message && starts_frame;
	piece.final = fin && piece.remaining == 0;
	HOLD(model.n + bytes.n <= sizeof(model.message) || over || large);
	if (bytes.n > 0 && model.n + bytes.n <= sizeof(model.message))
		memcpy(model.message + model.n, bytes.p, bytes.n);
	model.n = num_min(model.n + bytes.n, sizeof(model.message));
	if (large)
		reason = WS_CLOSE_TOO_LARGE;
	else if (piece.final)
		reason = message_fault();
	HOLD(ws_received(c, bytes) == 0);
	HOLD(c->in.cap <= 2 * c->server->settings.max_frame);
	HOLD(model.n_delivered - before == (!over && piece.final && reason == 0));
	if (!over && reason != 0)
		HOLD(c->phase == PHASE_GOODBYE && told() == reason);
	if (piece.final)
		model.n = 0;
}

static void act_frame(struct conn *c, struct reader *r, uint8_t flags)
{
	size_t size = reader_u16(r) % ACT_FRAME_MAX, cut = (size_t)reader_u8(r) + 1;
	bool starts_frame = true, fin = flags & FIN;
	struct slice payload = slice_part(r->rest, 0, size);
	if (!model.in_message)
		model.binary = piece.binary = flags & BINARY;
	for (size_t at = 0; at < payload.n || starts_frame; at += cut) {
		struct slice bytes = slice_part(payload, at, cut);
		piece.remaining = size - num_min(size, at + bytes.n);
		receive(c, bytes, fin, starts_frame);
		starts_frame = false;
	}
	/* A frame that never came whole keeps its message open, and nothing can follow it. */
	model.in_message = !(fin && payload.n == size);
	r->bad |= payload.n < size;
	r->rest = slice_from(r->rest, payload.n);
}

static void act_send(struct conn *c, uint8_t size)
{
	uint8_t text[255 * 8] = {0};
	memset(text, 'x', sizeof(text));
	AUTO(frame) struct frame *f = frame_new(slice_of(text, size * (size_t)8));
	bool over = is_over(c);
	bool taken = ws_send(c->server, c->id, f);
	HOLD(!over || !taken);
	HOLD(c->out.bytes <= c->server->settings.outq.max_bytes);
	if (taken)
		buf_add(&model.queued, frame_wire(f));
}

static void act_write(struct conn *c)
{
	(void)ws_writeable(c);
	(void)ws_writeable(c);
}

/* Everything written is what was queued, in its order, then at most one close frame. */
static void check_written(void)
{
	struct slice out = buf_slice(&wires_out);
	size_t n = told() != 0 ? out.n - CLOSE_SIZE : out.n;
	HOLD(slice_starts(buf_slice(&model.queued), slice_part(out, 0, n)));
}

static void act(struct conn *c, struct reader *r)
{
	uint8_t flags = reader_u8(r);
	switch (flags & 3) {
	case 0:
		act_send(c, reader_u8(r));
		return;
	case 1:
		act_write(c);
		return;
	case 2:
		ws_close(c->server, c->id, WS_CLOSE_SESSION);
		return;
	}
	act_frame(c, r, flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct io_handlers handlers = {
		.ws_open = opened, .ws_message = delivered, .ws_closed = closed};
	struct server *s = wires_server(&handlers);
	struct conn *c = wires_connect(s, "192.0.2.1");
	struct reader r = reader_of(slice_of(data, size));
	memset(&model, 0, sizeof(model));
	model.queued = BUF_MAX(4 << 20);
	HOLD(ws_opened(c) == 0);
	while (r.rest.n > 0 && !r.bad && wires_out.n < 1 << 20)
		act(c, &r);
	act_write(c);
	HOLD(!c->close_code || c->phase == PHASE_GOODBYE);
	check_written();
	wires_disconnect(c);
	HOLD(model.n_opened == 1 && model.n_closed == 1);
	buf_done(&model.queued);
	return 0;
}
